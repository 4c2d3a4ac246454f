"""The prefilter by hyperscan: all rules in one pass over the text."""

from __future__ import annotations

import contextlib
import re
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
    from collections.abc import Sequence
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
    """A compiled database and the memory that scanning with it takes."""

    def __init__(self, rules: Sequence[Rule], cache: Path | None = None) -> None:
        """Compile the rules' patterns, or load what is kept of them in ``cache``.

        Patterns that hyperscan can't compile are searched one by one.
        """
        each, loaded, self._others = _sorted_out(expressions(rules), cache)
        self._numbers = [expression.number for expression in each]
        self._database, self._scratch = loaded

    def hits(self, data: bytes | memoryview) -> Hits:
        """Return where the rules may match."""
        found: list[tuple[int, int]] = []
        previous: dict[int, int] = {}
        kept: dict[int, int] = {}
        calls = 0

        def keep(number: int, _start: int, end: int, _flags: int, _context: Any) -> bool | None:
            nonlocal calls
            calls += 1
            if previous.get(number, -2) + 1 != end or end - kept[number] >= _STEP:
                found.append((end, number))
                kept[number] = end
            previous[number] = end
            return True if len(found) > MAX_HITS or calls > MAX_CALLS else None

        complete = True
        searched: Any = data  # any buffer will do, whatever the library's annotation says
        try:
            self._database.scan(searched, keep, 0, None, self._scratch)
        except hyperscan.ScanTerminated:
            complete = False
        if not found and self._others is None:
            return NOTHING
        numbers = self._numbers
        spread = [(end, numbers[number]) for end, number in found[:MAX_HITS]]
        if self._others is not None:
            others = self._others.hits(data)
            spread.extend(others.found)
            complete = complete and others.complete
        spread.sort()
        return Hits(spread, complete)


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


def _sorted_out(
    each: list[Expression], cache: Path | None
) -> tuple[list[Expression], _Loaded, PatternPrefilter | None]:
    """Return the patterns that hyperscan compiles, compiled, and a prefilter of the others."""
    try:
        return each, _database(each, cache), None
    except hyperscan.error:
        good = [one for one in each if not one.custom or _compiles(one)]
        bad = [expression for expression in each if expression not in good]
        return good, _database(good, cache), PatternPrefilter.of(bad)


def _compiles(expression: Expression) -> bool:
    try:
        _compile([broadened(expression.pattern)])
    except hyperscan.error:
        return False
    return True


def _database(each: Sequence[Expression], cache: Path | None) -> _Loaded:
    patterns = [broadened(expression.pattern) for expression in each]
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
