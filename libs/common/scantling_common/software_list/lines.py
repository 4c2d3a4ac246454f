"""The lines of a list, each with its number: what they say, and which can't be understood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_common.software_list.errors import EntryInvalid
from scantling_common.software_list.parsing import parse_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_common.software_list.entry import Line

MAX_LINES: Final = 10_000
"""How many lines a list may have, comments left out."""


class Read(NamedTuple):
    """A line with its number, from 1, and what it says, or what is wrong with it."""

    number: int
    said: Line | EntryInvalid


def read_lines(lines: Iterable[str]) -> Iterator[Read]:
    """Read all lines that are neither empty nor comments."""
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        try:
            yield Read(number, parse_line(line.rstrip()))
        except EntryInvalid as error:
            yield Read(number, error)


def first_error(lines: Iterable[str], what: str) -> EntryInvalid | None:
    """Return the first error of lines, whose message begins with where it is; None without one.

    ``what`` is what the number counts, as in ``line`` of a file. The message says how many more
    there are.
    """
    wrong = [
        (read.number, read.said)
        for read in read_lines(lines)
        if isinstance(read.said, EntryInvalid)
    ]
    if not wrong:
        return None
    number, error = wrong[0]
    more = f"; {len(wrong) - 1} more are wrong" if len(wrong) > 1 else ""
    message = f"{what} {number}, column {error.column}: {error.message}{more}"
    return EntryInvalid(message, column=error.column, hint=error.hint)
