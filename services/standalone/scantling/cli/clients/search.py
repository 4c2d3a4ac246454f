"""`scantling search`: which images contain a package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from scantling.cli.clients.connection import (
    add_limit,
    add_project,
    api_of,
    command,
    project_of,
    show,
)

if TYPE_CHECKING:
    import argparse

    from scantling.client.api import Json


def _images(found: Json) -> str:
    places = [f"{row['repository']}:{row['tag'] or row['digest']}" for row in found["placements"]]
    return ", ".join(places) or found["digest"]


COLUMNS: Final = {
    "PACKAGE": lambda found: found["name"],
    "VERSION": lambda found: found["version"],
    "TYPE": lambda found: found["type"],
    "PART OF": lambda found: found["owner"],
    "IMAGES": _images,
}


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command."""
    parser = command(commands, "search", search_packages)
    parser.add_argument("package", metavar="PACKAGE", help="its name; with * its beginning")
    parser.add_argument("--version", metavar="VERSION", help="exactly this version")
    add_project(parser)
    add_limit(parser)


def search_packages(arguments: argparse.Namespace) -> int:
    """Find the images that contain a package."""
    query = {
        "project": project_of(arguments),
        "package": arguments.package,
        "version": arguments.version,
    }
    return show(
        arguments, api_of(arguments).pages("/search", query, limit=arguments.limit), COLUMNS
    )
