"""The prefilter by hyperscan: all rules in one pass over the text."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import hyperscan

from scantling_analyzers.secrets.database_cache import DatabaseCache
from scantling_analyzers.secrets.prefilter import (
    MAX_HITS,
    NOTHING,
    Hits,
    PatternPrefilter,
    expressions,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from scantling_analyzers.secrets.prefilter import Expression
    from scantling_analyzers.secrets.rule import Rule

_FLAGS: Final = hyperscan.HS_FLAG_MULTILINE | hyperscan.HS_FLAG_PREFILTER
"""Lines begin and end at line breaks; what hyperscan can't do it may leave out of a pattern."""


_BOUNDS: Final = re.compile(r"(?<!\\)\{(\d+),(\d+)\}\??")
_HIGH: Final = 20
"""Bounds from which on patterns are searched without them."""

MAX_CALLS: Final = 2_000_000
"""Matches of one text that hyperscan tells of: each end of each pattern is one."""

_STEP: Final = 1024
"""Of ends that follow each other without a gap, which are those of one long match, one in so many
bytes is kept: fewer than two windows share."""


class HyperscanPrefilter:
    """Compiled databases and the memory that scanning with them takes.

    One is for the whole text. Patterns with a stem that others have, too, are one pattern in it,
    that matches wherever one of them does: many with a beginning that is often met would take
    longer than all others. Which of them match is told by another database, with which no more is
    scanned than the lines where one does.
    """

    def __init__(self, rules: Sequence[Rule], cache: Path | None = None) -> None:
        """Compile the rules' patterns, or load what is kept of them in ``cache``.

        Patterns that hyperscan can't compile are searched one by one.
        """
        each = expressions(rules)
        self._others: PatternPrefilter | None = None
        try:
            self._load(each, cache)
        except hyperscan.error:
            bad = [one for one in each if one.custom and not _compiles(one)]
            self._load([one for one in each if one not in bad], cache)
            self._others = PatternPrefilter.of(bad)

    def _load(self, each: Sequence[Expression], cache: Path | None) -> None:
        stems = Counter(one.stem for one in each if one.stem)
        direct = [one for one in each if stems[one.stem] <= 1]
        shared = [one for one in each if stems[one.stem] > 1]
        self._direct = [one.number for one in direct]
        self._shared = [one.number for one in shared]
        self._lines = max((one.lines for one in shared), default=1)
        self._all = _database([*(one.pattern for one in direct), *_together(shared)], cache)
        self._exact = _database([one.pattern for one in shared], cache) if shared else self._all

    def hits(self, text: bytes) -> Hits:
        """Return where the rules may match."""
        heard = _Heard()
        complete = heard.scan(self._all, text)
        if not heard.found and self._others is None:
            return NOTHING
        known = len(self._direct)
        found = [(end, self._direct[number]) for end, number in heard.found if number < known]
        if len(found) < len(heard.found):
            ends = sorted(end for end, number in heard.found if number >= known)
            exact = _Heard()
            for start, end in _lines_at(text, ends, self._lines):
                if not exact.scan(self._exact, text[start:end], start):
                    complete = False
                    break
            found.extend((end, self._shared[number]) for end, number in exact.found)
        if self._others is not None:
            others = self._others.hits(text)
            found.extend(others.found)
            complete = complete and others.complete
        found.sort()
        return Hits(found[:MAX_HITS], complete and len(found) <= MAX_HITS)


class _Heard:
    """What scans tell of one text: places behind matches, and what matches there."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int]] = []
        self._previous: dict[int, int] = {}
        self._kept: dict[int, int] = {}
        self._calls = 0
        self._begin = self._behind = self._end = 0

    def scan(self, loaded: _Loaded, text: bytes, begin: int = 0) -> bool:
        """Scan what begins at ``begin``, and tell whether that was all that is there.

        What ends where something was scanned before was told then.
        """
        self._begin, self._behind, self._end = begin, self._end, begin + len(text)
        try:
            loaded.database.scan(text, self._keep, 0, None, loaded.scratch)
        except hyperscan.ScanTerminated:
            return False
        return True

    def _keep(
        self, number: int, _start: int, end: int, _flags: int, _context: object
    ) -> bool | None:
        self._calls += 1
        end += self._begin
        if end <= self._behind:
            return None
        if self._previous.get(number, -2) + 1 != end or end - self._kept[number] >= _STEP:
            self.found.append((end, number))
            self._kept[number] = end
        self._previous[number] = end
        return True if len(self.found) > MAX_HITS or self._calls > MAX_CALLS else None


def _together(shared: Iterable[Expression]) -> list[str]:
    """Return for each stem the pattern of it and all that follows it."""
    behind: dict[str, list[str]] = {}
    for one in shared:
        behind.setdefault(one.stem, []).append(one.pattern.partition(one.stem)[2])
    return [f"{stem}(?:{'|'.join(rest)})" for stem, rest in behind.items()]


def _lines_at(text: bytes, offsets: Iterable[int], lines: int) -> Iterator[tuple[int, int]]:
    """Yield the lines in which ascending offsets lie, each with the ``lines`` - 1 before it.

    An offset just behind a line break belongs to the line before. No line is the last one of two.
    """
    stop = 0
    for offset in offsets:
        last = max(offset - 1, 0)
        if last < stop:
            continue
        start = text.rfind(b"\n", 0, last) + 1
        for _ in range(lines - 1):
            start = text.rfind(b"\n", 0, max(start - 1, 0)) + 1
        stop = text.find(b"\n", last) + 1 or len(text)
        yield start, stop


def broadened(pattern: str) -> str:
    """Return a pattern without its higher bounds: it matches more, and takes fewer states."""
    return _BOUNDS.sub(_unbounded, pattern)


def _unbounded(match: re.Match[str]) -> str:
    low, high = int(match[1]), int(match[2])
    if high < _HIGH:
        return match[0]
    return ("*", "+")[low] if low <= 1 else f"{{{low},}}"


class _Loaded(NamedTuple):
    """A database that this machine can scan with, and the memory that this takes."""

    database: hyperscan.Database
    scratch: hyperscan.Scratch


def _compiles(expression: Expression) -> bool:
    try:
        _compile([broadened(expression.pattern)])
    except hyperscan.error:
        return False
    return True


def _database(each: Sequence[str], cache: Path | None) -> _Loaded:
    patterns = [broadened(pattern) for pattern in each]
    kept = DatabaseCache(cache, _made_by()) if cache else None
    if kept is not None and (found := kept.find(patterns)) is not None:
        # What another processor's features were compiled in can't be used: it is made anew.
        with contextlib.suppress(hyperscan.error):
            return _loaded(found)
    compiled = _compile(patterns)
    if kept is not None:
        kept.keep(patterns, compiled)
    return _loaded(compiled)


def _loaded(compiled: bytes) -> _Loaded:
    """Return a database that was scanned with once: some of what is wrong is told only then."""
    database = hyperscan.loadb(compiled, mode=hyperscan.HS_MODE_BLOCK)
    scratch = hyperscan.Scratch(database)
    database.scan(b"\n", match_event_handler=_unheard, scratch=scratch)
    return _Loaded(database, scratch)


def _unheard(_number: int, _start: int, _end: int, _flags: int, _context: Any) -> None:
    return None


def _made_by() -> str:
    """Return what databases are compiled by and for: versions, and features of the processor."""
    probe = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    probe.compile(expressions=[b"a"], ids=[0], elements=1, flags=[0])
    return f"hyperscan {version('hyperscan')} {probe.info()!r}"


def _compile(patterns: Sequence[str]) -> bytes:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[pattern.encode() for pattern in patterns],
        ids=list(range(len(patterns))),
        elements=len(patterns),
        flags=[_FLAGS] * len(patterns),
    )
    return hyperscan.dumpb(database)
