"""`scantling token`: who may ask the server for what."""

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
    show_one,
)

if TYPE_CHECKING:
    import argparse

ROLES: Final = ("viewer", "operator", "admin")
COLUMNS: Final = {
    "ID": lambda token: token["id"],
    "NAME": lambda token: token["name"],
    "ROLE": lambda token: token["role"],
    "PROJECT": lambda token: token["project"],
    "CREATED": lambda token: token["created_at"],
}


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command."""
    tokens = group(commands, "token", "make, list and revoke tokens")
    create = command(tokens, "create", create_token)
    create.add_argument("name", metavar="NAME")
    create.add_argument("--role", choices=ROLES, default="viewer", help="default: viewer")
    add_project(create)
    listing = command(tokens, "list", list_tokens)
    add_project(listing, every=True)
    add_limit(listing)
    revoke = command(tokens, "revoke", revoke_token)
    revoke.add_argument("id", metavar="ID")


def create_token(arguments: argparse.Namespace) -> int:
    """Make a token (--project '*': for all); it is shown this once."""
    body = {"name": arguments.name, "role": arguments.role, "project": project_of(arguments)}
    made = api_of(arguments).send("POST", "/tokens", body)
    facts = [(name, made[name]) for name in ("id", "name", "role", "project", "token")]
    return show_one(arguments, made, facts)


def list_tokens(arguments: argparse.Namespace) -> int:
    """List tokens: without --project those of the token's own grant."""
    query = {"project": arguments.project}
    return show(
        arguments, api_of(arguments).pages("/tokens", query, limit=arguments.limit), COLUMNS
    )


def revoke_token(arguments: argparse.Namespace) -> int:
    """Revoke a token; it is no good any more within five seconds."""
    from scantling.client.api import quoted

    api_of(arguments).send("DELETE", f"/tokens/{quoted(arguments.id)}")
    return show_one(arguments, {"id": arguments.id}, [("revoked", arguments.id)])
