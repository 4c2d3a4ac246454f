"""The image list: which index answers a query, and what is filtered afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.http.paging import scope_of
from scantling_common.records.reporter import REPORTS, ReportRow
from scantling_common.store.port import Range
from scantling_common.store.tokens import decode_token, encode_token
from scantling_reporter.api.latest import LatestTags

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from scantling_common.store.repository import Repository
    from scantling_reporter.api.models import ImagesQuery

EXAMINED: Final = 5_000
"""How many rows one request looks at; a page may be short, its token goes on."""

_BATCH: Final = 500
_LAST: Final = "\U0010ffff"
_INDEXES: Final = {
    "organization": "organization",
    "registry": "registry",
    "tag": "tag",
    "digest": "digest",
    "platform": "platform",
    "size": "size",
    "updated": "updated",
    "status": "status",
    "analyzed_at": "analyzed",
    "severity": "severity",
}
_LARGEST_FIRST: Final = frozenset({"size", "updated", "analyzed_at", "severity"})


def range_of(query: ImagesQuery, project: str) -> Range:
    """Return the part of an index in whose order the rows of a query are read; pure."""
    descending = (query.order or _default_order(query)) == "descending"
    if query.sort == "repository":
        by_registry = bool(query.registry)
        return Range(
            index="registry" if by_registry else "repository",
            prefix=(project, False, query.registry) if by_registry else (project, False),
            start=query.repository or None,
            end=f"{query.repository}{_LAST}" if query.repository else None,
            descending=descending,
        )
    bounded = query.sort == "updated"
    return Range(
        index=_INDEXES[query.sort],
        prefix=(project, False),
        start=_milliseconds(query.updated_after) if bounded else None,
        end=_milliseconds(query.updated_before) if bounded else None,
        descending=descending,
    )


def shows(query: ImagesQuery, row: ReportRow) -> bool:
    """Tell whether a row is one that a query asks for; pure."""
    return (
        (not query.registry or row.registry == query.registry)
        and row.repository.startswith(query.repository)
        and query.organization in {"", row.organization}
        and query.tag in {"", row.tag}
        and query.digest in {"", row.image}
        and query.platform in {"", row.platform}
        and (query.size_min is None or row.size >= query.size_min)
        and (query.size_max is None or row.size <= query.size_max)
        and (query.status is None or row.status == query.status)
        and _named(query.search, row)
        and _updated(query, row)
        and _found(query, row)
    )


async def rows_of(
    rows: Repository[ReportRow],
    query: ImagesQuery,
    project: str,
    registries: Collection[str] | None = None,
) -> tuple[list[ReportRow], str]:
    """Return a page of rows and the token of the next one, empty at the end.

    ``registries`` are the only ones whose rows are asked for, None where all are.
    """
    latest = LatestTags(rows, project) if query.latest_only else None
    range_ = range_of(query, project)
    asked = query.model_dump_json(exclude={"page_token", "page_size"})
    scope = f"{scope_of(REPORTS, range_)} {asked}"
    parts = len(REPORTS.index(range_.index).fields) - len(range_.prefix) + 1
    after = decode_token(query.page_token, scope, parts=parts) if query.page_token else None
    found: list[ReportRow] = []
    examined = 0
    while examined < EXAMINED:
        page = await rows.page(replace(range_, after=after), limit=_BATCH)
        for row in page.records:
            examined += 1
            after = rows.key_of(range_, row)
            wanted = shows(query, row) and (registries is None or row.registry in registries)
            if wanted and (latest is None or await latest.shows(row)):
                found.append(row)
            if len(found) == query.page_size:
                return found, encode_token(after, scope)
        if page.next is None or after is None:
            return found, ""
    return found, encode_token(after, scope) if after is not None else ""


def _default_order(query: ImagesQuery) -> str:
    return "descending" if query.sort in _LARGEST_FIRST else "ascending"


def _named(search: str, row: ReportRow) -> bool:
    if not search:
        return True
    wanted = search.lower()
    return wanted in f"{row.repository}:{row.tag}".lower() or wanted in row.image


def _updated(query: ImagesQuery, row: ReportRow) -> bool:
    after, before = _milliseconds(query.updated_after), _milliseconds(query.updated_before)
    if after is None and before is None:
        return True
    return (after is None or row.updated_at >= after) and (
        before is None or 0 < row.updated_at < before
    )


def _found(query: ImagesQuery, row: ReportRow) -> bool:
    if query.risk is None and query.severity is None:
        return True
    summary = row.body.summary
    counts = [summary.get(query.risk, {})] if query.risk is not None else [*summary.values()]
    return any(
        count > 0 and query.severity in {None, severity}
        for each in counts
        for severity, count in each.items()
    )


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
