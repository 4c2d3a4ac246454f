"""The vendor table: advisories of vendors without a feed, as CSV or JSON; see feeds.md."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.json_documents import BROKEN, bounded, listing_of, reason
from scantling_analyzers.advisories.feeds.links import references
from scantling_analyzers.advisories.feeds.vendor_columns import (
    COLUMNS,
    LISTS,
    REQUIRED,
    VendorRow,
    WrongCell,
    row_of,
)
from scantling_analyzers.advisories.models import Advisory, Coverage, Refused, Score
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.models import Said, Statement

NAME: Final = "vendor-table"
VERSION: Final = 1
"""The version of the JSON form, in its field ``vendor_table``."""
MAX_ROWS: Final = 1_000_000
MAX_LINE: Final = 100_000
"""How many characters a line may have."""
MAX_SHOWN: Final = 200
"""How many errors are named; further ones are counted."""

_CSV: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:#[^\n]*\n|[ \t\r]*\n)*([a-z_\", ]{1,400})\r?\n")
_JSON: Final = re.compile(rb'\s*\{\s*"vendor_table"\s*:')


class _Table(msgspec.Struct, gc=False):
    vendor_table: int
    rows: list[msgspec.Raw]


_TABLE: Final = msgspec.json.Decoder(_Table)


class _Group(NamedTuple):
    """What rows of one advisory have in common."""

    advisory: str
    vulnerabilities: tuple[str, ...]


class VendorTableFeed:
    """Reads a table row by row; a row with an error is left out, and every error is named."""

    name = NAME

    def recognises(self, path: str, head: bytes) -> bool:
        """Say whether a document begins with the columns of a table, or says that it is one."""
        del path
        if _JSON.match(head) is not None:
            return True
        found = _CSV.match(head)
        if found is None:
            return False
        columns = {each.strip(b' "') for each in found[1].split(b",")}
        return {b"distribution", b"release", b"package"} <= columns

    def read(self, document: Document) -> Iterable[Said]:
        """Yield the advisories of all rows that can be used, and every error of the others."""
        data = document.data()
        if _JSON.match(data[:1000]) is not None:
            return _said(_of_json(data))
        return _said(_of_csv(data.decode("utf-8-sig", "backslashreplace")))


_Found = tuple[str, VendorRow | tuple[WrongCell, ...]]
"""Where a row is, and what it says or what is wrong with it."""


def _said(rows: Iterable[_Found]) -> Iterator[Said]:
    groups: dict[_Group, dict[Statement, None]] = {}
    firsts: dict[str, tuple[str, VendorRow]] = {}
    streams: dict[str, None] = {}
    errors = 0
    for place, found in rows:
        wrong = _conflicts(place, found, firsts) if isinstance(found, VendorRow) else found
        for each in wrong:
            errors += 1
            if errors <= MAX_SHOWN:
                message = f"{place}, column {each.column}: {word(each.message)}"
                yield Refused(feed=NAME, record=place, code="malformed", message=message)
        if isinstance(found, VendorRow) and not wrong:
            streams[found.stream] = None
            for group in _groups(found):
                groups.setdefault(group, {}).update(_spoken(found))
    if errors > MAX_SHOWN:
        message = f"{errors - MAX_SHOWN} further errors"
        yield Refused(feed=NAME, record="further rows", code="too_many", message=message)
    for group, statements in groups.items():
        yield _advisory(group, firsts[group.advisory][1], tuple(statements))
    yield from (Coverage(feed=NAME, stream=stream) for stream in streams)


def _groups(row: VendorRow) -> Iterator[_Group]:
    """Yield what a row belongs to: its advisory, or each of its vulnerabilities."""
    if row.statement is None:
        return
    if row.advisory:
        yield _Group(row.advisory, row.vulnerabilities)
    else:
        yield from (_Group(each, ()) for each in row.vulnerabilities)


def _spoken(row: VendorRow) -> dict[Statement, None]:
    return {row.statement: None} if row.statement is not None else {}


def _conflicts(
    place: str, row: VendorRow, firsts: dict[str, tuple[str, VendorRow]]
) -> tuple[WrongCell, ...]:
    """Return where a row says something else of its advisory than the first one did."""
    wrong: list[WrongCell] = []
    for group in _groups(row):
        where, first = firsts.setdefault(group.advisory, (place, row))
        if not row.advisory:
            continue  # Of a vulnerability several vendors may say several things.
        for column in ("published", "url", "title"):
            ours, theirs = getattr(row, column), getattr(first, column)
            if ours != theirs:
                message = f"{group.advisory} has another one in {where}"
                wrong.append(WrongCell(column, message))
    return tuple(wrong)


def _advisory(group: _Group, first: VendorRow, statements: tuple[Statement, ...]) -> Advisory:
    source = first.stream.partition(":")[0]
    words = dict.fromkeys(each.severity for each in statements if each.severity)
    return Advisory(
        id=group.advisory,
        feed=NAME,
        vulnerabilities=group.vulnerabilities,
        title=first.title,
        published=first.published,
        scores=tuple(Score(source=source, kind="word", text=each) for each in words),
        references=references([("ADVISORY", first.url)] if first.url else []),
        statements=statements,
    )


def _of_csv(text: str) -> Iterator[_Found]:
    columns: tuple[str, ...] = ()
    rows = 0
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.rstrip("\r")
        if not line.strip(" \t,") or line.startswith("#"):
            continue
        place = f"line {number}"
        rows += 1
        if rows > MAX_ROWS:
            raise FeedUnreadable(f"more than {MAX_ROWS} rows")
        cells = _cells(line)
        if isinstance(cells, WrongCell):
            yield place, (cells,)
        elif not columns:
            columns = _columns(cells, place)
        elif len(cells) != len(columns):
            message = f"{len(cells)} cells, the table has {len(columns)} columns"
            yield place, (WrongCell(columns[min(len(cells), len(columns)) - 1], message),)
        else:
            yield place, row_of(dict(zip(columns, cells, strict=True)))
    if not columns:
        raise FeedUnreadable("a table without its line of columns")


def _cells(line: str) -> list[str] | WrongCell:
    """Return the cells of one line: a cell has no line break, so that every error has its line."""
    if len(line) > MAX_LINE:
        return WrongCell(COLUMNS[0], f"more than {MAX_LINE} characters")
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as error:
        return WrongCell(COLUMNS[0], f"not readable as CSV: {error}")


def _columns(cells: list[str], place: str) -> tuple[str, ...]:
    """Return the columns by their names; raises :class:`FeedUnreadable`."""
    columns = tuple(cell.strip() for cell in cells)
    unknown = [word(each) or "(empty)" for each in columns if each not in COLUMNS]
    missing = [each for each in REQUIRED if each not in columns]
    if unknown or missing or len(set(columns)) != len(columns):
        problem = (
            f"unknown columns: {', '.join(unknown[:20])}"
            if unknown
            else f"missing columns: {', '.join(missing)}"
            if missing
            else "a column twice"
        )
        raise FeedUnreadable(f"{place}: {problem}", hint=f"columns are {', '.join(COLUMNS)}")
    return columns


def _of_json(data: bytes) -> Iterator[_Found]:
    table = listing_of(_TABLE, data, "no vendor table")
    if table.vendor_table != VERSION:
        raise FeedUnreadable(f"a vendor table of version {table.vendor_table}, {VERSION} is known")
    for number, raw in enumerate(bounded(table.rows, MAX_ROWS, "rows"), start=1):
        place = f"row {number}"
        try:
            cells = msgspec.json.decode(raw, type=dict[str, str | list[str] | None])
        except BROKEN as error:
            message = f"not an object of texts: {reason(error)}"
            yield place, (WrongCell(COLUMNS[0], message),)
            continue
        unknown = [name for name in cells if name not in COLUMNS]
        wrong = [WrongCell(word(name[:80]), "there is no such column") for name in unknown[:20]]
        wrong += [
            WrongCell(name, "it is no list")
            for name, value in cells.items()
            if isinstance(value, list) and name in COLUMNS and name not in LISTS
        ]
        yield place, (tuple(wrong) if wrong else row_of(_texts(cells)))


def _texts(cells: Mapping[str, str | list[str] | None]) -> dict[str, str]:
    return {
        name: " ".join(value) if isinstance(value, list) else value or ""
        for name, value in cells.items()
    }
