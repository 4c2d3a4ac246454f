"""Which registry a command is about, and how it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling.cli.clients.connection import add_project, project_of, show_one

if TYPE_CHECKING:
    import argparse

    from scantling.client.api import Api, Json

KINDS: Final = ("private", "shared", "enterprise", "third-party")
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
