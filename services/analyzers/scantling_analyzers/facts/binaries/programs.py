"""Programs that are known by what they hold, because no package manager installed them.

A file is looked at if its name suggests a rule, and only what is data in it: strings lie there,
and the code of a large program stays untouched. Search is for fixed bytes; what a rule's
expression is matched with is the little around them, so that the work is linear in the file.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.binaries.elf import (
    ALLOCATED,
    NO_BITS,
    SECTION_CODE,
    SEGMENT_CODE,
)
from scantling_analyzers.facts.binaries.rules.languages import LANGUAGES
from scantling_analyzers.facts.binaries.rules.libraries import LIBRARIES
from scantling_analyzers.facts.binaries.rules.rule import SERIES
from scantling_analyzers.facts.binaries.rules.servers import SERVERS
from scantling_analyzers.facts.binaries.rules.tools import TOOLS
from scantling_analyzers.facts.binaries.windows import windows
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.reading import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scantling_analyzers.facts.binaries.elf import Elf
    from scantling_analyzers.facts.binaries.rules.rule import Rule, Sign

FOUND_BY: Final = "program-content"
RULES: Final = (*SERVERS, *LANGUAGES, *TOOLS, *LIBRARIES)
MAX_SEARCHED_BYTES: Final = 512 * 1024 * 1024
MAX_PLACES: Final = 1000
"""How many places of a sign's fixed bytes are looked at; real programs have a few dozen."""
AROUND_BYTES: Final = 1100
"""How much before and after such a place a version may stand."""

_UNREADABLE: Final = frozenset({b".eh_frame", b".eh_frame_hdr", b".gcc_except_table", b".rela.dyn"})
"""Tables of numbers that hold no text."""
_COMPILER: Final = b".comment"
_GROUP: Final = re.compile(rb"\(\?P<\w+>")
_VERSIONED: Final = re.compile(rb"([A-Za-z][A-Za-z-]{1,40}?)[-_.]?v?[0-9][0-9A-Za-z.+_-]{0,40}")
"""How a program is called beside another version of itself: ``redis-server-7``, ``nginx-1.22``."""


class _Suggested(NamedTuple):
    rule: Rule
    series: bytes


class _Tables(NamedTuple):
    by_name: Mapping[bytes, Sequence[int]]
    patterns: Sequence[tuple[int, re.Pattern[bytes]]]
    any_pattern: re.Pattern[bytes]


@cache
def _tables() -> _Tables:
    """Return the rules by file name; made at the first use, for imports cost every command."""
    by_name: dict[bytes, list[int]] = {}
    patterns = []
    for number, rule in enumerate(RULES):
        for name in (*rule.files, *rule.shared):
            by_name.setdefault(name, []).append(number)
        if rule.pattern:
            patterns.append((number, re.compile(rule.pattern)))
    either = b"|".join(_GROUP.sub(b"(?:", pattern.pattern) for _, pattern in patterns)
    return _Tables(by_name, patterns, re.compile(either))


def suggested(path: bytes) -> list[_Suggested]:
    """Return the rules that a file's name suggests, in order; a version behind it is none of it."""
    name = path[path.rfind(b"/") + 1 :]
    tables = _tables()
    found = dict.fromkeys(tables.by_name.get(name, ()), b"")
    if not found and (versioned := _VERSIONED.fullmatch(name)):
        found = dict.fromkeys(tables.by_name.get(versioned[1], ()), b"")
    # Most files fit no pattern: one look tells.
    for number, pattern in tables.patterns if tables.any_pattern.fullmatch(name) else ():
        if match := pattern.fullmatch(name):
            found[number] = match.groupdict().get("series") or b""
    return [_Suggested(RULES[number], found[number]) for number in sorted(found)]


def expected(path: bytes) -> tuple[str, ...]:
    """Return the programs that a file's name promises, which no others are called by."""
    name = path[path.rfind(b"/") + 1 :]
    return tuple(each.rule.name for each in suggested(path) if name not in each.rule.shared)


def packages(elf: Elf, rules: Sequence[_Suggested], path: str) -> Iterator[Package]:
    """Yield a package for each rule that the content fulfils, as type ``generic``.

    Raises :class:`Unreadable` (``too_large``, ``too_many``) where it was not looked through.
    """
    content = _texts(elf)
    families: set[str] = set()
    for rule, series in rules:
        if rule.family in families:
            continue
        version = _version(content, rule, series)
        if version:
            families.update(filter(None, (rule.family,)))
            yield Package(
                path=path,
                name=rule.name,
                version=value(version, "a version"),
                type="generic",
                cpe=rule.cpe,
                found_by=FOUND_BY,
            )


def _texts(elf: Elf) -> list[memoryview]:
    """Return where texts may stand: sections of data, or segments, none of it twice."""
    spans = [
        (section.offset, section.offset + section.size)
        for section in elf.sections
        if section.kind != NO_BITS
        and section.name not in _UNREADABLE
        and (section.flags & (ALLOCATED | SECTION_CODE) == ALLOCATED or section.name == _COMPILER)
    ]
    spans = spans or [
        (segment.offset, segment.offset + segment.size)
        for segment in elf.segments
        if not segment.flags & SEGMENT_CODE
    ]
    spans = spans or [(s.offset, s.offset + s.size) for s in elf.segments]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    found = [elf.data[start:end] for start, end in merged]
    size = sum(part.nbytes for part in found)
    if size > MAX_SEARCHED_BYTES:
        message = f"the program has {size} bytes of data, {MAX_SEARCHED_BYTES} are searched"
        raise Unreadable(message, code="too_large")
    return found


def _version(content: Sequence[memoryview], rule: Rule, series: bytes) -> bytes:
    if rule.identity and not _contains(content, rule.identity):
        return b""
    left_out: Unreadable | None = None
    for sign in rule.signs:
        found: set[bytes] = set()
        try:
            for version in _matches(content, sign, series):
                if not sign.alone:
                    return version
                found.add(version)
        except Unreadable as error:
            left_out = error
            continue
        if len(found) == 1:
            return found.pop()
    if left_out is not None:
        raise left_out
    return b""


def _contains(content: Sequence[memoryview], text: bytes) -> bool:
    return any(text in window for part in content for _, window in windows(part, len(text)))


@lru_cache(maxsize=512)
def _expression(pattern: bytes, series: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern.replace(SERIES, re.escape(series)))


def _matches(content: Sequence[memoryview], sign: Sign, series: bytes) -> Iterator[bytes]:
    near = sign.near.replace(SERIES, series)
    expression = _expression(sign.version, series)
    places = 0
    for part in content:
        for _, window in windows(part, AROUND_BYTES):
            at = window.find(near)
            while at >= 0:
                places += 1
                if places > MAX_PLACES:
                    message = f"more than {MAX_PLACES} places that may tell a program's version"
                    raise Unreadable(message, code="too_many")
                end = at + len(near)
                if match := _around(expression, window, at, end):
                    yield match[1]
                at = window.find(near, end)


def _around(
    expression: re.Pattern[bytes], window: bytes, start: int, end: int
) -> re.Match[bytes] | None:
    """Return the match that holds the bytes from ``start`` to ``end``, not one beside them."""
    at = max(0, start - AROUND_BYTES)
    while match := expression.search(window, at, end + AROUND_BYTES):
        if match.start() > start:
            return None
        if match.end() >= end:
            return match
        at = match.start() + 1
    return None
