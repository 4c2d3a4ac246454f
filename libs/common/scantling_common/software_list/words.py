"""The words of a line: ``name``, ``key=value``, and values in double quotes, with their columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_common.software_list.errors import EntryInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD: Final = re.compile(
    r"""(?:(?P<key>[A-Za-z0-9_-]+)=)?+(?:"(?P<quoted>(?:[^"\\]|\\["\\])*+)"|(?P<bare>[^\s"]++))"""
)
_ESCAPED: Final = re.compile(r"\\([\"\\])")
_KEY_ALONE: Final = re.compile(r"([A-Za-z0-9_-]+)=(?=\s|$)")


class Word(NamedTuple):
    """A word; ``column`` is that of its value, from 1; ``quoted`` where it stands in quotes."""

    key: str
    value: str
    column: int
    quoted: bool


def words_of(line: str) -> Iterator[Word]:
    """Yield the words of a line. Raises :class:`EntryInvalid`."""
    place = _next(line, 0)
    while place < len(line):
        match = _WORD.match(line, place)
        if match is None:
            raise _unreadable(line, place)
        end = match.end()
        if end < len(line) and not line[end].isspace():
            message = f"{line[end]!r} follows a word without a space"
            hint = 'write a value with spaces as reason="no place for \\"this\\""'
            raise EntryInvalid(message, column=end + 1, hint=hint)
        quoted, bare = match["quoted"], match["bare"]
        yield Word(
            key=match["key"] or "",
            value=bare if quoted is None else _ESCAPED.sub(r"\1", quoted),
            column=match.start("bare" if quoted is None else "quoted") + 1,
            quoted=quoted is not None,
        )
        place = _next(line, end)


def _next(line: str, place: int) -> int:
    while place < len(line) and line[place].isspace():
        place += 1
    return place


def _unreadable(line: str, place: int) -> EntryInvalid:
    alone = _KEY_ALONE.match(line, place)
    if alone:
        hint = f"write {alone[1]}=VALUE, without a space"
        return EntryInvalid(f"{alone[1]} has no value", column=alone.end() + 1, hint=hint)
    quote = line.find('"', place)
    hint = r'end it with ", and write \" and \\ for these characters themselves'
    return EntryInvalid("a quoted value is not ended", column=quote + 1, hint=hint)
