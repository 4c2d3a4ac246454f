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
from scantling.cli.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from scantling.client.api import Json


def images_of(found: Json) -> str:
    """Return where an image is, its digest where that is nowhere any more."""
    places = [f"{row['repository']}:{row['tag'] or row['digest']}" for row in found["placements"]]
    return ", ".join(places) or str(found["digest"])


COLUMNS: Final = {
    "PACKAGE": lambda found: found["name"],
    "VERSION": lambda found: found["version"],
    "TYPE": lambda found: found["type"],
    "PART OF": lambda found: found["owner"],
    "IMAGES": images_of,
}


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command."""
    parser = command(commands, "search", search_packages)
    parser.add_argument(
        "package",
        metavar="PACKAGE",
        nargs="?",
        default="",
        help="its name, with * its beginning; or with a constraint: 'log4j-core < 2.17'",
    )
    parser.add_argument(
        "--version",
        metavar="CONSTRAINT",
        default="",
        help="'< 2.17', '>= 1.0, < 2', or exactly 1.2",
    )
    parser.add_argument("--purl", metavar="PURL", default="", help="pkg:TYPE/NAME[@VERSION]")
    parser.add_argument("--type", metavar="TYPE", default="", help="deb, maven, npm, …")
    parser.add_argument(
        "--path", metavar="PATTERN", default="", help="where it is: a path, or with * and ?"
    )
    add_project(parser)
    add_limit(parser)


def search_packages(arguments: argparse.Namespace) -> int:
    """Find the images that contain a package."""
    if not (arguments.package or arguments.purl or arguments.path):
        raise UsageError("what is searched for? name a package, --purl or --path")
    query = {
        "project": project_of(arguments),
        # A constraint beside the name is one text with it, unless it stands in an option.
        ("package" if arguments.version or arguments.purl else "q"): arguments.package,
        "version": arguments.version,
        "purl": arguments.purl,
        "type": arguments.type,
        "path": arguments.path,
    }
    hits = list(api_of(arguments).pages("/search", query, limit=arguments.limit))
    columns = dict(COLUMNS)
    if arguments.path:
        columns["PATH"] = lambda found: found["paths"]
    if not all(each["certain"] for each in hits):
        columns["SURE"] = lambda found: found["certain"]
    return show(arguments, hits, columns)
