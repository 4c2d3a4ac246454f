"""`scantling image`: what registries hold, and what is wrong with it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scantling.cli import arguments as types
from scantling.cli.clients.connection import (
    add_limit,
    add_project,
    api_of,
    command,
    group,
    project_of,
    show,
)
from scantling.cli.clients.registry_access import KINDS
from scantling.cli.clients.task import add_filters, show_task, start_task
from scantling.cli.errors import UsageError
from scantling_common.risks import RISKS, SEVERITIES

if TYPE_CHECKING:
    import argparse

    from scantling.client.api import Api, Json

FORMATS: Final = ("table", "json", "cyclonedx", "spdx", "sarif", "csv", "html")
STATUSES: Final = ("complete", "partial", "unsupported", "failed", "unscanned")
SORTS: Final = (
    "repository",
    "registry",
    "organization",
    "tag",
    "digest",
    "platform",
    "size",
    "updated",
    "status",
    "analyzed_at",
    "severity",
)
_LIST_FILTERS: Final = (
    "registry",
    "repository_kind",
    "organization",
    "repository",
    "tag",
    "digest",
    "platform",
    "search",
    "status",
    "risk",
    "severity",
    "size_min",
    "size_max",
    "updated_after",
    "updated_before",
    "sort",
    "order",
)
LATEST: Final = "only the tag of each repository that was updated last"
TIME: Final = "with its zone: 2026-01-31T00:00:00Z"
MAX_MATCHES: Final = 1000


def _findings(image: Json) -> str:
    counts = dict.fromkeys(SEVERITIES, 0)
    for by_severity in image["summary"].values():
        for severity, count in by_severity.items():
            counts[severity] += count
    return ", ".join(f"{count} {severity}" for severity, count in counts.items() if count)


COLUMNS: Final = {
    "REGISTRY": lambda image: image["registry_name"],
    "REPOSITORY": lambda image: image["repository"],
    "TAG": lambda image: image["tag"],
    "PLATFORM": lambda image: image["platform"],
    "STATUS": lambda image: image["status"],
    "FINDINGS": _findings,
    "ANALYSED": lambda image: image["analyzed_at"],
    "DIGEST": lambda image: image["digest"],
}


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command."""
    images = group(commands, "image", "list images, read their reports, scan them")
    listing = command(images, "list", list_images)
    add_project(listing)
    add_limit(listing)
    _add_list_filters(listing)
    report = command(images, "report", read_report)
    report.add_argument("image", metavar="IMAGE", help="a digest, a repository, or repository:tag")
    add_project(report)
    report.add_argument("--risk", choices=RISKS, help="this risk type only; as JSON")
    report.add_argument("--placement", metavar="ID", help="of an image in several places")
    report.add_argument("-o", dest="output", metavar="FILE", type=types.path, help="write there")
    _replace_formats(report)
    scan = command(images, "scan", scan_images)
    scan.add_argument("images", metavar="IMAGE", nargs="+", help="a digest, or repository:tag")
    add_project(scan)
    add_filters(scan)


def _add_list_filters(listing: argparse.ArgumentParser) -> None:
    listing.add_argument("--registry", metavar="ID")
    listing.add_argument("--repository-kind", choices=KINDS, help="of registries of this kind")
    listing.add_argument("--organization", metavar="NAME", help="the repository's namespace")
    listing.add_argument("--repository", metavar="TEXT", help="what the repository begins with")
    listing.add_argument("--tag", metavar="TAG", help="exactly this tag")
    listing.add_argument("--digest", metavar="DIGEST", help="exactly this digest")
    listing.add_argument("--platform", metavar="OS/ARCH[/VARIANT]")
    listing.add_argument("--latest-only", action="store_true", help=LATEST)
    listing.add_argument("--search", metavar="TEXT", help="part of repository, tag or digest")
    listing.add_argument("--status", choices=STATUSES)
    listing.add_argument("--risk", choices=RISKS, help="with a finding of this risk type")
    listing.add_argument("--severity", choices=SEVERITIES, help="with a finding of this severity")
    listing.add_argument("--size-min", type=types.count, metavar="BYTES")
    listing.add_argument("--size-max", type=types.count, metavar="BYTES")
    listing.add_argument("--updated-after", metavar="TIME", help=TIME)
    listing.add_argument("--updated-before", metavar="TIME", help=TIME)
    listing.add_argument("--sort", choices=SORTS)
    listing.add_argument("--order", choices=("ascending", "descending"))


def list_images(arguments: argparse.Namespace) -> int:
    """List images with their status and findings."""
    query = {name: getattr(arguments, name) for name in _LIST_FILTERS}
    query["latest_only"] = "true" if arguments.latest_only else None
    query["project"] = project_of(arguments)
    found = api_of(arguments).pages("/images", query, limit=arguments.limit)
    return show(arguments, found, COLUMNS)


def read_report(arguments: argparse.Namespace) -> int:
    """Read the report of an image."""
    api, project = api_of(arguments), project_of(arguments)
    digest, places = _resolved(api, project, arguments.image)
    if len(places) > 1 and not arguments.placement:
        raise _ambiguous(arguments.image, places)
    placement = arguments.placement or "".join(place["placement"] for place in places)
    query = {"project": project, "placement": placement}
    path = f"/images/{digest}/report"
    if arguments.risk:
        document = api.text(f"{path}/{arguments.risk}", query)
    else:
        document = api.text(path, {**query, "format": arguments.format})
    if arguments.output is None:
        sys.stdout.write(document.decode().rstrip("\n") + "\n")
        return 0
    try:
        Path(arguments.output).write_bytes(document)
    except OSError as error:
        raise UsageError(f"{arguments.output}: {error.strerror}") from error
    return 0


def scan_images(arguments: argparse.Namespace) -> int:
    """Scan images now, anew."""
    api, project = api_of(arguments), project_of(arguments)
    digests = [_resolved(api, project, image)[0] for image in arguments.images]
    return show_task(arguments, start_task(api, arguments, images=digests))


def _resolved(api: Api, project: str, named: str) -> tuple[str, list[Json]]:
    """Return the digest of an image, and its places where a repository was named."""
    from scantling.client.errors import ApiError

    if named.startswith(("sha256:", "sha512:")):
        from scantling_common.images.digests import parse_digest

        return parse_digest(named), []
    repository, _, tag = named.partition(":")
    rows = list(
        api.pages("/images", {"project": project, "repository": repository}, limit=MAX_MATCHES)
    )
    found = [
        row for row in rows if row["repository"] == repository and (not tag or row["tag"] == tag)
    ]
    if not found:
        raise ApiError(
            404,
            "not_found",
            f"project {project} has no image {named!r}",
            hint="`scantling image list` shows them; --project names another project",
        )
    if len({row["digest"] for row in found}) > 1:
        images = ", ".join(f"{row['tag']} {row['platform']} {row['digest']}" for row in found[:20])
        raise ApiError(
            409,
            "ambiguous",
            f"{named!r} is several images: {images}",
            hint="name the one that you mean by its digest",
        )
    return found[0]["digest"], found


def _ambiguous(named: str, places: list[Json]) -> Exception:
    from scantling.client.errors import ApiError

    shown = ", ".join(f":{place['tag']} ({place['placement']})" for place in places[:20])
    return ApiError(
        409,
        "ambiguous",
        f"{named!r} is one image in {len(places)} places: {shown}",
        hint="add :tag, or --placement ID",
    )


def _replace_formats(parser: argparse.ArgumentParser) -> None:
    """Let a report have all of its formats."""
    for action in parser._actions:  # noqa: SLF001  # argparse has no other way to find an option
        if action.dest == "format":
            action.choices = FORMATS
