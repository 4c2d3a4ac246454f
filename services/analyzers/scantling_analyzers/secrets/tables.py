"""Tables: rows of values under a head that says what each column holds.

These are files of values between delimiters (RFC 4180), tables of Markdown and of database clients,
and rows that a statement of SQL inserts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.secrets.candidate import Candidate
from scantling_analyzers.secrets.names import class_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scantling_analyzers.secrets.rule import Rule

MAX_ROWS: Final = 20_000
"""Rows of one table that are looked at."""

MAX_ROW: Final = 8192
"""Bytes of a row that are looked at."""

MAX_INSERTED: Final = 1024 * 1024
"""Bytes of the rows of one statement that are looked at."""

_NAMED: Final = re.compile(rb"[\w .\-/()\[\]#@]{0,64}")
_TELLING: Final = frozenset({"password", "secret", "token", "api-key", "credential"})
"""What a column is named after that holds secrets; a mere *key* tells rows apart."""

_DELIMITERS: Final = (b",", b";", b"\t", b"|")
_CELLS: Final = {
    delimiter: re.compile(
        rb'[ ]{0,8}(?:"(?P<quoted>(?:[^"\n]|""){0,4096})"[ ]{0,8}|(?P<plain>[^\n'
        + within
        + rb"]{0,4096}))"
        rb"(?P<end>" + within + rb"|\r?$)"
    )
    for delimiter, within in ((b",", b","), (b";", b";"), (b"\t", rb"\t"), (b"|", rb"\|"))
}
_PIECE: Final = re.compile(
    rb"'(?P<single>(?:[^'\\]|\\.|''){0,4096}+)'|\"(?P<double>(?:[^\"\\]|\\.){0,4096}+)\""
    rb"|(?P<mark>[(),;])|[^\s'\"(),;]{1,4096}+",
    re.DOTALL,
)
"""What the rows of a statement are made of."""

_DRESS: Final = b" \t`*_'\"[]"
"""What stands around names of columns, and around cells of Markdown."""


class _Cell(NamedTuple):
    """A value in a row: its column, counted from 0, its place, and the quote before it."""

    column: int
    start: int
    end: int
    quote: bytes


def rows(rule: Rule, text: bytes, match: re.Match[bytes], path: str) -> Iterator[Candidate]:
    """Yield what the rows of a table have in columns that are named after secrets.

    ``match`` is where its head is (group ``head``), and ends where its rows begin.
    """
    columns, cells = _READERS[rule.table](text, match)
    telling = {number: name for number, name in enumerate(columns) if class_of(name) in _TELLING}
    if not telling or len(columns) < _FEWEST:
        return
    for cell in cells:
        if cell.column in telling and cell.start < cell.end:
            yield Candidate(
                rule=rule,
                start=cell.start,
                end=cell.end,
                value=text[cell.start : cell.end],
                name=telling[cell.column],
                quote=cell.quote,
                path=path,
            )


_FEWEST: Final = 2
"""Columns of a table."""

_Table = tuple[list[bytes], "Iterator[_Cell]"]
"""Names of columns, and cells row by row."""


def _delimited(text: bytes, match: re.Match[bytes]) -> _Table:
    head = match["head"]
    delimiter = max(_DELIMITERS, key=head.count)
    columns = [name.strip(_DRESS) for name in head.split(delimiter)]
    if not all(_NAMED.fullmatch(name) for name in columns):
        return [], iter(())
    return columns, _cells(text, match.end(), delimiter)


def _ruled(text: bytes, match: re.Match[bytes]) -> _Table:
    """Return a table whose head is ruled off: the lines below that have a bar are its rows."""
    columns = [name.strip(_DRESS) for name in match["head"].strip(b" \t\r").strip(b"|").split(b"|")]
    return columns, _cells(text, match.end(), b"|")


def _cells(text: bytes, position: int, delimiter: bytes) -> Iterator[_Cell]:
    pattern = _CELLS[delimiter]
    for _ in range(MAX_ROWS):
        start = text.find(b"\n", position) + 1
        if not start or start >= len(text):
            return
        position = text.find(b"\n", start, start + MAX_ROW)
        end = position if position >= 0 else min(len(text), start + MAX_ROW)
        position = end
        if delimiter == b"|":
            if b"|" not in text[start:end]:
                return
            bar = text.find(b"|", start, end)
            start = bar + 1 if not text[start:bar].strip() else start
        yield from _cells_of_row(text, pattern, start, end)


def _cells_of_row(text: bytes, pattern: re.Pattern[bytes], start: int, end: int) -> Iterator[_Cell]:
    column = 0
    while start < end:
        found = pattern.match(text, start, end)
        if found is None:
            return
        quote = b'"' if found["quoted"] is not None else b""
        first, last = found.span("quoted" if quote else "plain")
        while first < last and text[first] in _DRESS:
            first += 1
        while first < last and text[last - 1] in _DRESS:
            last -= 1
        yield _Cell(column, first, last, quote)
        column += 1
        start = found.end()


def _inserted(text: bytes, match: re.Match[bytes]) -> _Table:
    columns = [name.strip(_DRESS) for name in match["head"].split(b",")]
    return columns, _cells_inserted(text, match.end())


def _cells_inserted(text: bytes, position: int) -> Iterator[_Cell]:
    depth = column = 0
    for piece in _PIECE.finditer(text, position, position + MAX_INSERTED):
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
            start, end = piece.span(kind) if kind else piece.span()
            yield _Cell(column, start, end, text[start - 1 : start] if kind else b"")


_READERS: Final[dict[str, Callable[[bytes, re.Match[bytes]], _Table]]] = {
    "delimited": _delimited,
    "ruled": _ruled,
    "inserted": _inserted,
}
