"""`scantling registry`: what is watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from scantling.cli import arguments as types
from scantling.cli.clients.confirmation import add_yes, confirm
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
from scantling.cli.clients.given_text import read_text
from scantling.cli.clients.registry_access import (
    KINDS,
    add_registry_argument,
    found_registry,
    show_whole,
)
from scantling.cli.clients.registry_change import add_changes
from scantling.cli.clients.registry_sync import add_syncs
from scantling.cli.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from scantling.client.api import Json

COLUMNS: Final = {
    "ID": lambda registry: registry["id"],
    "PROJECT": lambda registry: registry["project"],
    "NAME": lambda registry: registry["name"],
    "URL": lambda registry: registry["url"],
    "ACCESS": lambda registry: registry["authorisation"],
    "SYNCED": lambda registry: registry["first_sync_at"] is not None,
}


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command."""
    registries = group(commands, "registry", "manage and sync registries")
    listing = command(registries, "list", list_registries)
    add_project(listing, every=True)
    add_limit(listing)
    _add_arguments(command(registries, "add", add_registry))
    shown = command(registries, "show", show_registry)
    add_registry_argument(shown)
    add_changes(registries)
    add_syncs(registries)
    remove = command(registries, "remove", remove_registry)
    add_registry_argument(remove)
    add_yes(remove)


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
        body["ca"] = read_text(arguments.ca)
    if arguments.mirror:
        body["mirrors"] = arguments.mirror
    if arguments.cert and arguments.key:
        client = {"certificate": read_text(arguments.cert), "key": read_text(arguments.key)}
        body["client_certificate"] = client
    elif arguments.cert or arguments.key:
        raise UsageError("--cert and --key go together")
    if arguments.password_file:
        password = read_text(arguments.password_file).rstrip("\r\n")
        body["credential"] = {"username": arguments.username, "password": password}
    elif arguments.username:
        raise UsageError("--username needs --password-file")
    made = api_of(arguments).send("POST", "/registries", body)
    return show_whole(arguments, made)


def show_registry(arguments: argparse.Namespace) -> int:
    """Show a registry, and how it is told to send webhooks."""
    return show_whole(arguments, found_registry(api_of(arguments), arguments))


def remove_registry(arguments: argparse.Namespace) -> int:
    """Remove a registry, and all that is known of its images."""
    api = api_of(arguments)
    found = found_registry(api, arguments)
    confirm(arguments, f"registry {found['name']} ({found['url']})", found["name"])
    api.send("DELETE", f"/registries/{found['id']}")
    return show_one(arguments, found, [("removed", found["name"])])
