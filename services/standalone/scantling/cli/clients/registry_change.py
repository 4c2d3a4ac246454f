"""`scantling registry set`, `rotate-secret` and `check`: what changes of a registry."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final

from scantling.cli import arguments as types
from scantling.cli.clients.connection import api_of, command
from scantling.cli.clients.given_text import read_text
from scantling.cli.clients.registry_access import (
    KINDS,
    add_registry_argument,
    found_registry,
    show_whole,
)
from scantling.cli.errors import UsageError

if TYPE_CHECKING:
    from scantling.client.api import Json

_PLAIN: Final = (
    "name",
    "url",
    "plain_http",
    "allow_private",
    "region",
    "repository_kind",
    "untagged",
    "scan_on_push",
    "images_per_hour",
    "sync_hours",
    "webhook_auth",
    "webhook_header",
)
"""The arguments that are sent as they are."""


def add_changes(registries: argparse._SubParsersAction[Any]) -> None:
    """Add the commands."""
    change = command(registries, "set", set_registry)
    add_registry_argument(change)
    _add_connection(change)
    _add_settings(change)
    add_registry_argument(command(registries, "rotate-secret", rotate_secret))
    add_registry_argument(command(registries, "check", check_registry))


def _add_connection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", metavar="NAME", help="another name")
    parser.add_argument("--url", metavar="URL", help="another address; give the password again")
    credential = parser.add_mutually_exclusive_group()
    credential.add_argument(
        "--password-file",
        metavar="FILE",
        help="file that holds the new password or token; - reads standard input",
    )
    credential.add_argument("--no-credential", action="store_true", help="ask anonymously")
    parser.add_argument("--username", metavar="NAME", help="goes with --password-file")
    _add_switch(parser, "plain-http", "it speaks http, unencrypted")
    _add_switch(parser, "allow-private", "its address may be a private one")
    ca = parser.add_mutually_exclusive_group()
    ca.add_argument("--ca", metavar="FILE", help="certificates (PEM) to trust")
    ca.add_argument("--no-ca", action="store_true", help="trust what the system trusts")
    certificate = parser.add_mutually_exclusive_group()
    certificate.add_argument("--cert", metavar="FILE", help="client certificate (PEM), its chain")
    certificate.add_argument("--no-cert", action="store_true", help="show no client certificate")
    parser.add_argument("--key", metavar="FILE", help="the key (PEM) that goes with --cert")
    mirrors = parser.add_mutually_exclusive_group()
    mirrors.add_argument(
        "--mirror", action="append", metavar="URL", help="the mirrors instead; may be repeated"
    )
    mirrors.add_argument("--no-mirrors", action="store_true", help="ask no mirror")


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--region", metavar="TEXT")
    parser.add_argument("--repository-kind", choices=KINDS)
    _add_switch(parser, "untagged", "list images without a tag, too")
    _add_switch(parser, "scan-on-push", "a push starts a scan")
    parser.add_argument("--images-per-hour", type=types.count, metavar="N", help="0: no limit")
    parser.add_argument("--sync-hours", type=types.count, metavar="N", help="0: no periodic sync")
    parser.add_argument("--webhook-auth", choices=("header", "path"))
    parser.add_argument("--webhook-header", metavar="NAME")
    parser.add_argument(
        "--webhook-secret-file",
        metavar="FILE",
        help="file that holds a secret of your own (rotate-secret draws one)",
    )


def _add_switch(parser: argparse.ArgumentParser, name: str, what: str) -> None:
    parser.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, default=None, help=what)


def set_registry(arguments: argparse.Namespace) -> int:
    """Change a registry; what is not named stays."""
    body = _changes(arguments)
    if not body:
        raise UsageError("nothing is to be changed", hint="`scantling registry set --help`")
    api = api_of(arguments)
    found = found_registry(api, arguments)
    return show_whole(arguments, api.send("PATCH", f"/registries/{found['id']}", body))


def rotate_secret(arguments: argparse.Namespace) -> int:
    """Draw a new webhook secret, shown this once; the old one is no good from now on."""
    api = api_of(arguments)
    found = found_registry(api, arguments)
    made = api.send("POST", f"/registries/{found['id']}/webhook-secret")
    return show_whole(arguments, made)


def check_registry(arguments: argparse.Namespace) -> int:
    """Ask the registry now whether it lets us in."""
    api = api_of(arguments)
    found = found_registry(api, arguments)
    return show_whole(arguments, api.send("POST", f"/registries/{found['id']}/check"))


def _changes(arguments: argparse.Namespace) -> Json:
    """Return the body of the change: only what was named on the command line."""
    body: Json = {
        name: getattr(arguments, name) for name in _PLAIN if getattr(arguments, name) is not None
    }
    if arguments.password_file:
        password = read_text(arguments.password_file).rstrip("\r\n")
        body["credential"] = {"username": arguments.username or "", "password": password}
    elif arguments.username is not None:
        raise UsageError("--username needs --password-file")
    elif arguments.no_credential:
        body["credential"] = None
    if bool(arguments.cert) != bool(arguments.key):
        raise UsageError("--cert and --key go together")
    if arguments.cert:
        client = {"certificate": read_text(arguments.cert), "key": read_text(arguments.key)}
        body["client_certificate"] = client
    elif arguments.no_cert:
        body["client_certificate"] = None
    if arguments.ca or arguments.no_ca:
        body["ca"] = read_text(arguments.ca) if arguments.ca else ""
    if arguments.mirror or arguments.no_mirrors:
        body["mirrors"] = arguments.mirror or []
    if arguments.webhook_secret_file:
        body["webhook_secret"] = read_text(arguments.webhook_secret_file).rstrip("\r\n")
    return body
