"""Which registry a command is about, how it is shown, and the files that its settings come from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scantling.cli.clients.connection import add_project, project_of, show_one
from scantling.cli.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from scantling.client.api import Api, Json

KINDS: Final = ("private", "shared", "enterprise", "third-party")
MAX_FILE: Final = 64 * 1024
MAX_REGISTRIES: Final = 10_000
_ID_LENGTH: Final = 32


def add_registry_argument(parser: argparse.ArgumentParser) -> None:
    """Add the registry that a command is about, and the project in which its name is one."""
    parser.add_argument("registry", metavar="REGISTRY", help="its id, or its name")
    add_project(parser)


def found_registry(api: Api, arguments: argparse.Namespace) -> Json:
    """Return the registry that is named, by id or by name in the project.

    Raises :class:`~scantling.client.errors.ClientError`.
    """
    from scantling.client.api import quoted
    from scantling.client.errors import ApiError

    named = arguments.registry
    if len(named) == _ID_LENGTH and named.isalnum():
        return api.get(f"/registries/{quoted(named)}")
    project = project_of(arguments)
    for registry in api.pages("/registries", {"project": project}, limit=MAX_REGISTRIES):
        if registry["name"] == named:
            return registry
    raise ApiError(
        404,
        "not_found",
        f"project {project} has no registry {named!r}",
        hint="`scantling registry list` shows them; --project names another project",
    )


def show_whole(arguments: argparse.Namespace, registry: Json) -> int:
    """Print a registry, and what to put into its configuration."""
    webhook, hours = registry["webhook"], registry["sync_hours"]
    status = show_one(
        arguments,
        registry,
        [
            ("registry", registry["name"]),
            ("id", registry["id"]),
            ("project", registry["project"]),
            ("url", registry["url"]),
            ("access", f"{registry['authorisation']} {registry['authorisation_reason']}".strip()),
            ("password", "set" if registry["has_credential"] else "none"),
            ("first sync", registry["first_sync_at"] or "not yet"),
            ("scan on push", registry["scan_on_push"]),
            ("mirrors", ", ".join(registry["mirrors"]) or "none"),
            ("images per hour", registry["images_per_hour"] or "no limit"),
            ("synced", f"every {hours} h" if hours else "when asked"),
            ("webhook", webhook["url"]),
            ("webhook secret", webhook["secret"] or "(shown when it was made)"),
        ],
    )
    if arguments.format == "table":
        print("\nfor the configuration of the registry:\n")
        print(webhook["configuration"], end="")
    return status


def read_text(name: str) -> str:
    """Return what a file holds, at most 64 KiB; ``-`` is standard input.

    Raises :class:`UsageError`.
    """
    try:
        if name == "-":
            data = sys.stdin.buffer.read(MAX_FILE + 1)
        else:
            with Path(name).expanduser().open("rb") as file:
                data = file.read(MAX_FILE + 1)
        text = data.decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text in UTF-8"
        raise UsageError(f"{name}: {reason}") from error
    if len(data) > MAX_FILE:
        raise UsageError(f"{name} has more than {MAX_FILE:,} bytes")
    return text
