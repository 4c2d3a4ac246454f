"""The commands that ask a server: each a client of the HTTP API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scantling.cli.clients import (
    image,
    lists,
    project,
    registry,
    scans,
    search,
    task,
    token,
    vulnerability,
)

if TYPE_CHECKING:
    import argparse


def add_parsers(commands: argparse._SubParsersAction[Any]) -> None:
    """Add all of them."""
    for module in (project, registry, image, scans, task, lists, search, vulnerability, token):
        module.add_parser(commands)
