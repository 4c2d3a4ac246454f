"""`scantling project`: the tenants of an installation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from scantling.cli.clients.confirmation import add_yes, confirm
from scantling.cli.clients.connection import add_limit, api_of, command, group, show, show_one

if TYPE_CHECKING:
    import argparse

COLUMNS: Final = {
    "PROJECT": lambda project: project["id"],
    "TITLE": lambda project: project["title"],
    "CREATED": lambda project: project["created_at"],
}


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command."""
    projects = group(commands, "project", "manage projects")
    add_limit(command(projects, "list", list_projects))
    create = command(projects, "create", create_project)
    create.add_argument("id", metavar="ID", help="lower-case letters, digits and dashes")
    create.add_argument("--title", default="", help="what people call it")
    change = command(projects, "set", set_project)
    change.add_argument("id", metavar="ID")
    change.add_argument("--title", required=True, help="what people call it")
    remove = command(projects, "remove", remove_project)
    remove.add_argument("id", metavar="ID")
    add_yes(remove)


def list_projects(arguments: argparse.Namespace) -> int:
    """List the projects that the token sees."""
    return show(arguments, api_of(arguments).pages("/projects", {}, limit=arguments.limit), COLUMNS)


def create_project(arguments: argparse.Namespace) -> int:
    """Make a project."""
    body = {"id": arguments.id, "title": arguments.title}
    made = api_of(arguments).send("POST", "/projects", body)
    return show_one(arguments, made, [("project", made["id"]), ("title", made["title"])])


def set_project(arguments: argparse.Namespace) -> int:
    """Change the title of a project."""
    from scantling.client.api import quoted

    path = f"/projects/{quoted(arguments.id)}"
    made = api_of(arguments).send("PATCH", path, {"title": arguments.title})
    return show_one(arguments, made, [("project", made["id"]), ("title", made["title"])])


def remove_project(arguments: argparse.Namespace) -> int:
    """Remove a project that has no registry any more."""
    from scantling.client.api import quoted

    api = api_of(arguments)
    path = f"/projects/{quoted(arguments.id)}"
    found = api.get(path)
    confirm(arguments, f"project {found['id']}", found["id"])
    api.send("DELETE", path)
    return show_one(arguments, found, [("removed", found["id"])])
