"""``/api/v1/vulnerabilities``: what the images of a project have, and which have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import asdict, replace

from scantling_common.http.endpoints import endpoint
from scantling_common.http.messages import read_query, respond
from scantling_common.http.paging import scope_of
from scantling_common.http.problems import NotFound
from scantling_common.records.fleet import (
    SEVERITY_NUMBERS,
    VULNERABILITIES,
    Vulnerability,
    severity_number,
    vulnerability_id,
)
from scantling_common.store.port import Range
from scantling_common.store.tokens import decode_token, encode_token
from scantling_reporter.api.models import (
    HitImage,
    VulnerabilitiesQuery,
    VulnerabilityDetail,
    VulnerabilityItem,
    VulnerabilityPage,
    VulnerabilityQuery,
)
from scantling_reporter.api.projects import project_of
from scantling_reporter.fleet.affected import AffectedWalk

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from scantling_common.records.fleet import KnownVulnerability
    from scantling_common.store.port import Key
    from scantling_reporter.api.places import Places
    from scantling_reporter.fleet.affected import AffectedImage
    from scantling_reporter.fleet.holdings import FleetRecords

    LookUp = Callable[[str], Awaitable[KnownVulnerability | None]]
    """Looks a vulnerability up in the advisories, by any of its names."""

EXAMINED: Final = 2_000
"""How many records one request looks at; a page may be short, its token goes on."""

_WORDS: Final = {number: word for word, number in SEVERITY_NUMBERS.items()}
_BATCH: Final = 200


class Vulnerabilities:
    """Lists vulnerabilities, and shows one with the images that have it."""

    def __init__(self, records: FleetRecords, places: Places, known: LookUp | None = None) -> None:
        """Read from the records of the fleet, and of what no image has from the advisories."""
        self._known = known
        self._records = records
        self._places = places
        self._walk = AffectedWalk(records)

    @endpoint(
        "GET",
        "/api/v1/vulnerabilities",
        summary="List the vulnerabilities of a project's images",
        role="viewer",
        query=VulnerabilitiesQuery,
        response=VulnerabilityPage,
    )
    async def listing(self, request: web.Request) -> web.StreamResponse:
        """List vulnerabilities that an image has."""
        query = read_query(request, VulnerabilitiesQuery)
        project = project_of(request, query.project)
        range_ = range_of(query, project)
        asked = query.model_dump_json(exclude={"page_token", "page_size", "project"})
        scope = f"{scope_of(VULNERABILITIES, range_)} {asked}"
        parts = len(VULNERABILITIES.index(range_.index).fields) - len(range_.prefix) + 1
        after = decode_token(query.page_token, scope, parts=parts) if query.page_token else None
        found, position = await self._listed(query, replace(range_, after=after))
        token = encode_token(position, scope) if position is not None else ""
        items = [VulnerabilityItem.model_validate(_item(record)) for record in found]
        return respond(VulnerabilityPage(items=items, next_page_token=token))

    @endpoint(
        "GET",
        "/api/v1/vulnerabilities/{vulnerability}",
        summary="Read a vulnerability and the images that have it",
        role="viewer",
        query=VulnerabilityQuery,
        response=VulnerabilityDetail,
    )
    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show a vulnerability by its id or another name, and a page of images.

        One that no image has is shown as the advisories know it, without images.
        """
        query = read_query(request, VulnerabilityQuery)
        project = project_of(request, query.project)
        named = request.match_info["vulnerability"]
        record = await self._named(project, named) or await self._looked_up(project, named)
        if record is None:
            message = f"no image of project {project} has, or had lately, {named[:160]!r}"
            if self._known is not None:
                message += ", and no advisories at hand know it"
            raise NotFound(message, hint="names are ids as CVE-2021-44228, or their aliases")
        scope = f"affected {record.id} {query.suppressed}"
        after = decode_token(query.page_token, scope, parts=2) if query.page_token else None
        images, position = await self._walk.page(
            record.id, after, size=query.page_size, suppressed=query.suppressed
        )
        placements = await self._places.of(project, (each.image for each in images))
        token = encode_token(position, scope) if position is not None else ""
        known = record.body.known
        detail = {
            **_item(record),
            "project": project,
            "description": record.body.description,
            "scores": [asdict(score) for score in known.scores],
            "vector": known.vector,
            "score_source": known.score_source,
            "modified": known.modified,
            "weaknesses": known.weaknesses,
            "references": known.references,
            "due": known.due,
            "ransomware": known.ransomware,
            "epss_percentile": known.epss_percentile,
            "items": [_image(each, placements[each.image]) for each in images],
            "next_page_token": token,
        }
        return respond(VulnerabilityDetail.model_validate(detail))

    async def _listed(
        self, query: VulnerabilitiesQuery, range_: Range
    ) -> tuple[list[Vulnerability], Key | None]:
        """Return records that an image has now, and the position behind the last if any."""
        found: list[Vulnerability] = []
        examined, position = 0, range_.after
        async for record in self._records.vulnerabilities.each(range_, batch=_BATCH):
            if len(found) == query.page_size or examined == EXAMINED:
                return found, position
            examined += 1
            position = self._records.vulnerabilities.key_of(range_, record)
            if _shows(query, record) and await self._walk.any(record.id):
                found.append(record)
        return found, None

    async def _looked_up(self, project: str, named: str) -> Vulnerability | None:
        """Return what the advisories know of a vulnerability, as a record that is stored nowhere.

        Images may have it by another name than the one that was asked for.
        """
        found = await self._known(named) if self._known is not None else None
        if found is None:
            return None
        id_ = vulnerability_id(project, found.id)
        return await self._records.vulnerabilities.get(id_) or Vulnerability(
            id=id_,
            project=project,
            vulnerability=found.id,
            severity=severity_number(found.severity),
            exploited=bool(found.body.known.exploited_since),
            epss=found.body.known.epss or 0.0,
            published=found.body.known.published,
            analyzed_at=0,
            body=found.body,
        )

    async def _named(self, project: str, named: str) -> Vulnerability | None:
        vulnerabilities = self._records.vulnerabilities
        record = await vulnerabilities.get(vulnerability_id(project, named))
        if record is not None:
            return record
        range_ = Range(index="name", prefix=(project, named.upper()))
        names = (await self._records.names.page(range_, limit=10)).records
        found = await vulnerabilities.get_many([name.vulnerability for name in names])
        # An alias of several is one of the worst of them.
        return max(found, key=lambda each: (each.severity, each.vulnerability), default=None)


def range_of(query: VulnerabilitiesQuery, project: str) -> Range:
    """Return the part of an index in whose order the records of a query are read; pure."""
    descending = (query.order or _default_order(query)) == "descending"
    if query.sort == "severity" and query.exploited:
        prefix: tuple[str | int | bool, ...] = (project, True)
        return Range(index="exploited", prefix=prefix, descending=descending)
    if query.sort == "severity" and query.severity is not None:
        prefix = (project, severity_number(query.severity))
        return Range(index="severity", prefix=prefix, descending=descending)
    index = "vulnerability" if query.sort == "id" else query.sort
    return Range(index=index, prefix=(project,), descending=descending)


def _default_order(query: VulnerabilitiesQuery) -> str:
    return "ascending" if query.sort == "id" else "descending"


def _shows(query: VulnerabilitiesQuery, record: Vulnerability) -> bool:
    severity = query.severity is None or record.severity == severity_number(query.severity)
    return severity and (record.exploited or not query.exploited)


def _item(record: Vulnerability) -> dict[str, Any]:
    known = record.body.known
    return {
        "id": record.vulnerability,
        "title": record.body.title,
        "severity": _WORDS[record.severity],
        "aliases": known.aliases,
        "score": known.score,
        "exploited_since": known.exploited_since,
        "epss": known.epss,
        "published": known.published,
    }


def _image(each: AffectedImage, placements: list[Any]) -> HitImage:
    row = each.row
    return HitImage.model_validate(
        {
            "digest": each.image,
            "severity": row.severity,
            "fixable": row.fixable,
            "suppressed": row.suppressed,
            "packages": [asdict(package) for package in row.body.packages],
            "package_count": row.body.count,
            "placements": placements,
        }
    )
