"""`scantling list`: what a project allows, forbids, and leaves unchecked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from scantling.cli.clients.connection import (
    add_project,
    api_of,
    command,
    group,
    project_of,
    show_json,
)
from scantling.cli.clients.given_text import read_text
from scantling.cli.errors import UsageError
from scantling.cli.list_lines import entries_of

if TYPE_CHECKING:
    import argparse

    from scantling.client.api import Json

NAMES: Final = ("weak-passwords", "unchecked-paths", "disallowed-software", "approved-bases")
MAX_LIST: Final = 12 * 1024 * 1024


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command."""
    lists = group(commands, "list", "read, replace and remove the lists of a project")
    get = command(lists, "get", get_list)
    put = command(lists, "set", set_list)
    unset = command(lists, "unset", unset_list)
    for parser in (get, put, unset):
        parser.add_argument("name", choices=NAMES)
        add_project(parser)
    put.add_argument(
        "file", metavar="FILE", help="one entry a line, # begins a comment; - is standard input"
    )


def get_list(arguments: argparse.Namespace) -> int:
    """Print the entries of a list, one a line."""
    query = {"project": project_of(arguments)}
    found = api_of(arguments).get(f"/lists/{arguments.name}", query)
    if not found["entries"]:
        state = "set, and has no entries" if found["hash"] else "not set"
        print(f"scantling: {arguments.name} is {state}", file=sys.stderr)
    return _show(arguments, found)


def set_list(arguments: argparse.Namespace) -> int:
    """Replace a list; it applies to scans that start from now on."""
    text = read_text(arguments.file, MAX_LIST)
    where = "standard input" if arguments.file == "-" else arguments.file
    body = {"entries": entries_of(arguments.name, text, UsageError, where)}
    path = f"/lists/{arguments.name}"
    query = {"project": project_of(arguments)}
    return _show(arguments, api_of(arguments).send("PUT", path, body, query))


def unset_list(arguments: argparse.Namespace) -> int:
    """Remove a list; it applies to scans that start from now on."""
    path = f"/lists/{arguments.name}"
    query = {"project": project_of(arguments)}
    return _show(arguments, api_of(arguments).send("DELETE", path, query=query))


def _show(arguments: argparse.Namespace, found: Json) -> int:
    if arguments.format == "json":
        return show_json(found)
    from scantling_reporter.formats.terminal import safe

    for entry in found["entries"]:
        print(safe(entry))
    return 0
