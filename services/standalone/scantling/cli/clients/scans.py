"""`scantling scans`: single images in analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from scantling.cli.clients.connection import (
    add_limit,
    add_project,
    api_of,
    command,
    group,
    project_of,
    show,
)

if TYPE_CHECKING:
    import argparse

STATES: Final = ("running", "returned", "expired", "idle", "cancelled")
COLUMNS: Final = {
    "IMAGE": lambda scan: scan["image"],
    "STATE": lambda scan: scan["state"],
    "STATUS": lambda scan: scan["status"],
    "SEQ": lambda scan: scan["seq"],
    "ATTEMPT": lambda scan: scan["attempt"],
    "RISKS": lambda scan: scan["risks"],
    "BEGUN": lambda scan: scan["started_at"],
    "REASON": lambda scan: scan["reason"],
}


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command."""
    scans = group(commands, "scans", "see single images in analysis")
    listing = command(scans, "list", list_scans)
    add_project(listing)
    add_limit(listing)
    listing.add_argument(
        "--state", choices=STATES, default="running", help="default: running; idle have ended"
    )


def list_scans(arguments: argparse.Namespace) -> int:
    """List the scans of a project."""
    query = {"project": project_of(arguments), "state": arguments.state}
    return show(arguments, api_of(arguments).pages("/scans", query, limit=arguments.limit), COLUMNS)
