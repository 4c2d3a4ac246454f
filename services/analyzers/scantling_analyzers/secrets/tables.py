"""Tables: rows of values under a head that says what each column holds.

These are files of values between delimiters (RFC 4180), tables of Markdown and of database clients,
and rows that a statement of SQL inserts. A row is one line, but in SQL.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.secrets.candidate import Candidate
from scantling_analyzers.secrets.names import class_of, qualifiers

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from scantling_analyzers.secrets.rule import Rule

_NAMED: Final = re.compile(rb"[\w .\-/()\[\]#@]{0,64}")
_TELLING: Final = frozenset({"password", "secret", "token", "api-key", "credential"})
"""What a column is named after that holds secrets; a mere *key* tells rows apart."""

_OF_OTHERS: Final = frozenset({"about", "hashed", "identifier", "public", "paging"})
"""What a name says that is none of a secret itself."""

_FEWEST: Final = 2
"""Columns of a table."""

_DELIMITERS: Final = (b",", b";", b"\t", b"|")
_CELLS: Final = {
    delimiter: re.compile(
        rb'[ ]*+(?:"(?P<quoted>(?:[^"\n]|"")*+)"[ ]*+|(?P<plain>[^\n'
        + re.escape(delimiter)
        + rb"]*+))(?:"
        + re.escape(delimiter)
        + rb"|\r?$)"
    )
    for delimiter in _DELIMITERS
}
_RULE: Final = re.compile(rb"[ \t]*+[|+]?[ \t]*+:?--")
"""How a line begins that rules off a head."""

_PIECE: Final = re.compile(
    rb"'(?P<single>(?:[^'\\]|\\.|'')*+)'|\"(?P<double>(?:[^\"\\]|\\.)*+)\"|(?P<mark>[(),;])"
    rb"|[^\s'\"(),;]++",
    re.DOTALL,
)
"""What the rows of a statement are made of."""

_DRESS: Final = b" \t\r`*_'\"[]"
"""What stands around names of columns, and around cells."""


class _Cell(NamedTuple):
    """A value in a row: its column, counted from 0, its place, and the quote before it."""

    column: int
    start: int
    end: int
    quote: bytes = b""


def rows(rule: Rule, text: bytes, match: re.Match[bytes], path: str) -> Iterator[Candidate]:
    """Yield what the rows of a table have in columns that are named after secrets.

    ``match`` is where its head is (group ``head``), and ends where its rows begin.
    """
    columns, cells = _READERS[rule.table](text, match)
    telling = {number: name for number, name in enumerate(columns) if _tells(name)}
    if not telling or len(columns) < _FEWEST:
        return
    for cell in cells(telling):
        start, end = _undressed(text, cell.start, cell.end)
        if start < end:
            yield Candidate(
                rule=rule,
                start=start,
                end=end,
                value=text[start:end],
                name=telling[cell.column],
                quote=cell.quote,
                path=path,
            )


def _tells(name: bytes) -> bool:
    return class_of(name) in _TELLING and qualifiers(name).isdisjoint(_OF_OTHERS)


_Table = tuple[list[bytes], "Callable[[Container[int]], Iterator[_Cell]]"]
"""Names of columns, and what reads the cells of some of them row by row."""


def _undressed(text: bytes, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _DRESS:
        start += 1
    while start < end and text[end - 1] in _DRESS:
        end -= 1
    return start, end


def _delimited(text: bytes, match: re.Match[bytes]) -> _Table:
    head = match["head"]
    delimiter = max(_DELIMITERS, key=head.count)
    columns = [name.strip(_DRESS) for name in head.split(delimiter)]
    if not all(_NAMED.fullmatch(name) for name in columns):
        columns = []

    def cells(telling: Container[int]) -> Iterator[_Cell]:
        for start, end in _lines(text, match.end()):
            yield from _of_row(text, (start, end), delimiter, telling)

    return columns, cells


def _ruled(text: bytes, match: re.Match[bytes]) -> _Table:
    """Read a table whose head is ruled off: the lines below that have a bar are its rows."""
    columns = [name.strip(_DRESS) for name in _without_bar(match["head"]).split(b"|")]

    def cells(telling: Container[int]) -> Iterator[_Cell]:
        for first, end in _lines(text, match.end()):
            line = text[first:end]
            if b"|" not in line or _RULE.match(line):
                return
            start = first + len(line) - len(_without_bar(line))
            yield from _of_row(text, (start, end), b"|", telling)

    return columns, cells


def _without_bar(line: bytes) -> bytes:
    return line.lstrip(b" \t").removeprefix(b"|")


def _lines(text: bytes, position: int) -> Iterator[tuple[int, int]]:
    """Yield the places of the lines that follow the one in which ``position`` is."""
    end = text.find(b"\n", position)
    while 0 <= end < len(text) - 1:
        start, end = end + 1, text.find(b"\n", end + 1)
        yield start, end if end >= 0 else len(text)


def _of_row(
    text: bytes, place: tuple[int, int], delimiter: bytes, telling: Container[int]
) -> Iterator[_Cell]:
    start, end = place
    if b'"' in text[start:end]:
        yield from _of_quoted_row(text, place, delimiter, telling)
        return
    for column, value in enumerate(text[start:end].split(delimiter)):
        if column in telling:
            yield _Cell(column, start, start + len(value))
        start += len(value) + len(delimiter)


def _of_quoted_row(
    text: bytes, place: tuple[int, int], delimiter: bytes, telling: Container[int]
) -> Iterator[_Cell]:
    start, end = place
    pattern, column = _CELLS[delimiter], 0
    while start < end:
        found = pattern.match(text, start, end)
        if found is None:
            return
        is_quoted = found["quoted"] is not None
        if column in telling:
            first, last = found.span("quoted" if is_quoted else "plain")
            yield _Cell(column, first, last, b'"' if is_quoted else b"")
        column, start = column + 1, found.end()


def _inserted(text: bytes, match: re.Match[bytes]) -> _Table:
    columns = [name.strip(_DRESS) for name in match["head"].split(b",")]

    def cells(telling: Container[int]) -> Iterator[_Cell]:
        # What is behind the next head is read with that.
        following = match.re.search(text, match.end())
        end = following.start() if following else len(text)
        return (cell for cell in _values(text, match.end(), end) if cell.column in telling)

    return columns, cells


def _values(text: bytes, position: int, end: int) -> Iterator[_Cell]:
    depth = column = 0
    for piece in _PIECE.finditer(text, position, end):
        mark = piece["mark"]
        if mark == b"(":
            depth, column = depth + 1, column if depth else 0
        elif mark == b")":
            depth -= 1
        elif mark == b",":
            column += depth == 1
        elif mark == b";" or not depth:
            return
        elif depth == 1:
            kind = next((name for name in ("single", "double") if piece[name] is not None), "")
            first, last = piece.span(kind) if kind else piece.span()
            yield _Cell(column, first, last, text[first - 1 : first] if kind else b"")


_READERS: Final[dict[str, Callable[[bytes, re.Match[bytes]], _Table]]] = {
    "delimited": _delimited,
    "ruled": _ruled,
    "inserted": _inserted,
}
