"""`scantling registry`: what is watched."""

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
    show_one,
)
from scantling.cli.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from scantling.client.api import Api, Json

MAX_FILE: Final = 64 * 1024
MAX_REGISTRIES: Final = 10_000
COLUMNS: Final = {
    "ID": lambda registry: registry["id"],
    "PROJECT": lambda registry: registry["project"],
    "NAME": lambda registry: registry["name"],
    "URL": lambda registry: registry["url"],
    "ACCESS": lambda registry: registry["authorisation"],
    "SYNCED": lambda registry: registry["first_sync_at"] is not None,
}
SYNCS: Final = {
    "SYNC": lambda sync: sync["id"],
    "REGISTRY": lambda sync: sync["registry"],
    "STATE": lambda sync: sync["state"],
    "REASON": lambda sync: sync["reason"],
    "BEGUN": lambda sync: sync["started_at"],
}
KINDS: Final = ("private", "shared", "enterprise", "third-party")
_ID_LENGTH: Final = 32


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command."""
    registries = group(commands, "registry", "manage and sync registries")
    listing = command(registries, "list", list_registries)
    add_project(listing, every=True)
    add_limit(listing)
    _add_arguments(command(registries, "add", add_registry))
    for name, run in (("show", show_registry), ("remove", remove_registry)):
        parser = command(registries, name, run)
        parser.add_argument("registry", metavar="REGISTRY", help="its id, or its name")
        add_project(parser)
    sync = command(registries, "sync", sync_registry)
    sync.add_argument("registry", metavar="REGISTRY", nargs="?", help="its id, or its name")
    sync.add_argument("--repository", metavar="NAME", help="only this repository of it")
    add_project(sync)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("url", metavar="URL", help="https://HOST[:PORT]")
    add_project(parser)
    parser.add_argument("--username", default="", metavar="NAME")
    parser.add_argument(
        "--password-file",
        metavar="FILE",
        help="file that holds the password or token; - reads standard input",
    )
    parser.add_argument("--plain-http", action="store_true", help="it speaks http, unencrypted")
    parser.add_argument(
        "--allow-private", action="store_true", help="its address may be a private one"
    )
    parser.add_argument("--ca", metavar="FILE", help="certificates (PEM) to trust")
    parser.add_argument("--cert", metavar="FILE", help="client certificate (PEM), with its chain")
    parser.add_argument("--key", metavar="FILE", help="its key (PEM)")
    parser.add_argument(
        "--mirror", action="append", metavar="URL", help="ask this mirror first; may be repeated"
    )
    parser.add_argument("--region", default="", metavar="TEXT")
    parser.add_argument("--repository-kind", choices=KINDS, default="third-party")
    parser.add_argument("--untagged", action="store_true", help="list images without a tag, too")
    parser.add_argument("--no-scan-on-push", action="store_true", help="scan only when asked to")
    parser.add_argument(
        "--images-per-hour", type=types.count, default=0, metavar="N", help="0: no limit"
    )
    parser.add_argument(
        "--sync-hours", type=types.count, default=24, metavar="N", help="0: no periodic sync"
    )
    parser.add_argument("--webhook-auth", choices=("header", "path"), default="header")
    parser.add_argument("--webhook-header", default="Authorization", metavar="NAME")


def list_registries(arguments: argparse.Namespace) -> int:
    """List registries."""
    query = {"project": arguments.project}
    found = api_of(arguments).pages("/registries", query, limit=arguments.limit)
    return show(arguments, found, COLUMNS)


def add_registry(arguments: argparse.Namespace) -> int:
    """Add a registry; it is synced, and its webhook's secret is shown this once."""
    body: Json = {
        "project": project_of(arguments),
        "name": arguments.name,
        "url": arguments.url,
        "plain_http": arguments.plain_http,
        "allow_private": arguments.allow_private,
        "region": arguments.region,
        "repository_kind": arguments.repository_kind,
        "untagged": arguments.untagged,
        "scan_on_push": not arguments.no_scan_on_push,
        "images_per_hour": arguments.images_per_hour,
        "sync_hours": arguments.sync_hours,
        "webhook_auth": arguments.webhook_auth,
        "webhook_header": arguments.webhook_header,
    }
    if arguments.ca:
        body["ca"] = _read(arguments.ca)
    if arguments.mirror:
        body["mirrors"] = arguments.mirror
    if arguments.cert and arguments.key:
        client = {"certificate": _read(arguments.cert), "key": _read(arguments.key)}
        body["client_certificate"] = client
    elif arguments.cert or arguments.key:
        raise UsageError("--cert and --key go together")
    if arguments.password_file:
        password = _read(arguments.password_file).rstrip("\r\n")
        body["credential"] = {"username": arguments.username, "password": password}
    elif arguments.username:
        raise UsageError("--username needs --password-file")
    made = api_of(arguments).send("POST", "/registries", body)
    return _show(arguments, made)


def show_registry(arguments: argparse.Namespace) -> int:
    """Show a registry, and how it is told to send webhooks."""
    return _show(arguments, _found(api_of(arguments), arguments))


def remove_registry(arguments: argparse.Namespace) -> int:
    """Remove a registry, and all that is known of its images."""
    api = api_of(arguments)
    found = _found(api, arguments)
    api.send("DELETE", f"/registries/{found['id']}")
    return show_one(arguments, found, [("removed", found["name"])])


def sync_registry(arguments: argparse.Namespace) -> int:
    """Look for new and changed images: of a registry, or of all of the project."""
    api = api_of(arguments)
    body: Json = {"project": project_of(arguments)}
    if arguments.registry:
        body["registry"] = _found(api, arguments)["id"]
    if arguments.repository:
        body["repository"] = arguments.repository
    return show(arguments, api.send("POST", "/syncs", body)["items"], SYNCS)


def _found(api: Api, arguments: argparse.Namespace) -> Json:
    """Return the registry that is named, by id or by name in the project."""
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


def _show(arguments: argparse.Namespace, registry: Json) -> int:
    webhook = registry["webhook"]
    status = show_one(
        arguments,
        registry,
        [
            ("registry", registry["name"]),
            ("id", registry["id"]),
            ("project", registry["project"]),
            ("url", registry["url"]),
            ("access", f"{registry['authorisation']} {registry['authorisation_reason']}".strip()),
            ("first sync", registry["first_sync_at"] or "not yet"),
            ("scan on push", registry["scan_on_push"]),
            ("mirrors", ", ".join(registry["mirrors"]) or "none"),
            ("images per hour", registry["images_per_hour"] or "no limit"),
            ("webhook", webhook["url"]),
            ("webhook secret", webhook["secret"] or "(shown when it was made)"),
        ],
    )
    if arguments.format == "table":
        print("\nfor the configuration of the registry:\n")
        print(webhook["configuration"], end="")
    return status


def _read(name: str) -> str:
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
