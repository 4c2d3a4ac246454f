"""`scantling task`: scans of many images, followed and steered."""

from __future__ import annotations

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
    show_json,
    show_one,
    show_table,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from scantling.client.api import Api, Json

ENDED_BADLY: Final = ("failed", "unsupported", "partial", "skipped")
COLUMNS: Final = {
    "TASK": lambda task: task["id"],
    "PROJECT": lambda task: task["project"],
    "KIND": lambda task: task["kind"],
    "STATE": lambda task: task["state"],
    "IMAGES": lambda task: task["counts"]["total"],
    "DONE": lambda task: f"{task['progress']:.0%}",
    "FAILED": lambda task: task["counts"]["failed"],
    "BEGUN": lambda task: task["created_at"],
}
_SCOPE: Final = ("registry", "repository", "tag", "repository_kind")


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command."""
    tasks = group(commands, "task", "start, follow and steer scans of many images")
    listing = command(tasks, "list", list_tasks)
    add_project(listing, every=True)
    add_limit(listing)
    starting = command(tasks, "start", start)
    add_project(starting)
    starting.add_argument("--registry", metavar="ID", help="only images of this registry")
    starting.add_argument("--repository", metavar="GLOB", help="only these repositories")
    starting.add_argument("--tag", metavar="GLOB", help="only these tags")
    starting.add_argument("--repository-kind", metavar="KIND")
    starting.add_argument("--updated-after", metavar="TIME", help="RFC 3339, with a zone")
    starting.add_argument("--updated-before", metavar="TIME", help="RFC 3339, with a zone")
    starting.add_argument("--latest-only", action="store_true", help="each repository's latest tag")
    add_filters(starting)
    for name, run in (
        ("show", show_one_task),
        ("pause", pause_task),
        ("resume", resume_task),
        ("cancel", cancel_task),
    ):
        command(tasks, name, run).add_argument("task", metavar="TASK", help="its id")


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Add what a manual scan may be limited to."""
    parser.add_argument(
        "--risk",
        type=types.risks,
        metavar="A,B",
        help="risk types (default: those of a push)",
    )
    parser.add_argument(
        "--platform", action="append", default=[], metavar="OS/ARCH", help="may be repeated"
    )
    parser.add_argument(
        "--images-per-hour", type=types.count, default=0, metavar="N", help="0: the registry's"
    )
    parser.add_argument(
        "--concurrent-scans", type=types.count, default=0, metavar="N", help="0: the server's"
    )


def start_task(api: Api, arguments: argparse.Namespace, *, images: Sequence[str] = ()) -> Json:
    """Start a task as the arguments say; ``images`` are the only ones, by digest."""
    scope = {name: getattr(arguments, name, None) for name in _SCOPE}
    body: Json = {
        "project": project_of(arguments),
        **({"risks": list(arguments.risk)} if arguments.risk else {}),
        "scope": {name: value for name, value in scope.items() if value},
        "images": list(images),
        "platforms": arguments.platform,
        "images_per_hour": arguments.images_per_hour,
        "concurrent_scans": arguments.concurrent_scans,
        "latest_only": getattr(arguments, "latest_only", False),
    }
    for name in ("updated_after", "updated_before"):
        if getattr(arguments, name, None):
            body[name] = getattr(arguments, name)
    return api.send("POST", "/tasks", body)


def list_tasks(arguments: argparse.Namespace) -> int:
    """List tasks, the newest first."""
    query = {"project": arguments.project}
    return show(arguments, api_of(arguments).pages("/tasks", query, limit=arguments.limit), COLUMNS)


def start(arguments: argparse.Namespace) -> int:
    """Start a scan of all images of a project, or of a selection."""
    return show_task(arguments, start_task(api_of(arguments), arguments))


def show_one_task(arguments: argparse.Namespace) -> int:
    """Show a task, and its images that were not scanned completely."""
    api, path = api_of(arguments), _path(arguments)
    task = api.get(path)
    items = [
        item
        for state in ENDED_BADLY
        for item in api.pages(f"{path}/items", {"state": state}, limit=1000)
    ]
    if arguments.format == "json":
        return show_json({**task, "items": items})
    show_task(arguments, task)
    if items:
        print()
        rows = [(item["image"], item["state"], item["reason"]) for item in items]
        show_table(("IMAGE", "STATE", "REASON"), rows)
    return 0


def pause_task(arguments: argparse.Namespace) -> int:
    """Pause a task."""
    return _steer(arguments, "pause")


def resume_task(arguments: argparse.Namespace) -> int:
    """Resume a paused task."""
    return _steer(arguments, "resume")


def cancel_task(arguments: argparse.Namespace) -> int:
    """Cancel a task; analyses under way finish."""
    return _steer(arguments, "cancel")


def show_task(arguments: argparse.Namespace, task: Json) -> int:
    """Print a task."""
    counts = ", ".join(f"{count} {state}" for state, count in task["counts"].items() if count)
    return show_one(
        arguments,
        task,
        [
            ("task", task["id"]),
            ("project", task["project"]),
            ("kind", task["kind"]),
            ("state", task["state"]),
            ("risks", task["risks"]),
            ("images", counts or "none"),
            ("done", f"{task['progress']:.0%}"),
        ],
    )


def _steer(arguments: argparse.Namespace, verb: str) -> int:
    return show_task(arguments, api_of(arguments).send("POST", f"{_path(arguments)}/{verb}"))


def _path(arguments: argparse.Namespace) -> str:
    from scantling.client.api import quoted

    return f"/tasks/{quoted(arguments.task)}"
