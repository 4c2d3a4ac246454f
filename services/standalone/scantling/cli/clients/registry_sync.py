"""`scantling registry sync`, `syncs` and `follow`: looking for new and changed images."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Final

from scantling.cli.clients.connection import (
    add_limit,
    add_project,
    api_of,
    command,
    project_of,
    show,
)
from scantling.cli.clients.registry_access import KINDS, found_registry

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from scantling.client.api import Api, Json

EVERY_SECONDS: Final = 0.5
"""How often a sync that is followed is looked at."""

UNFINISHED: Final = frozenset({"queued", "running"})
NOT_DONE: Final = 3
"""The exit status where a sync failed, or some of its repositories did."""


def _progress(sync: Json) -> str:
    return f"{sync['repositories_done']}/{sync['repositories_total']}"


COLUMNS: Final = {
    "SYNC": lambda sync: sync["id"],
    "REGISTRY": lambda sync: sync["registry"],
    "REPOSITORY": lambda sync: sync["repository"] or "all",
    "REASON": lambda sync: sync["reason"],
    "STATE": lambda sync: sync["state"],
    "REPOSITORIES": _progress,
    "NEW": lambda sync: sync["images_new"],
    "GONE": lambda sync: sync["placements_gone"],
    "BEGUN": lambda sync: sync["started_at"],
    "ENDED": lambda sync: sync["ended_at"],
    "ERROR": lambda sync: sync["error"],
}


def add_syncs(registries: argparse._SubParsersAction[Any]) -> None:
    """Add the commands."""
    sync = command(registries, "sync", sync_registry)
    sync.add_argument("registry", metavar="REGISTRY", nargs="?", help="its id, or its name")
    sync.add_argument("--repository", metavar="NAME", help="only this repository of it")
    sync.add_argument("--repository-kind", choices=KINDS, help="all registries of this kind")
    sync.add_argument("--wait", action="store_true", help="follow the syncs until they end")
    add_project(sync)
    syncs = command(registries, "syncs", list_syncs)
    syncs.add_argument("registry", metavar="REGISTRY", nargs="?", help="its id, or its name")
    add_project(syncs)
    add_limit(syncs)
    follow = command(registries, "follow", follow_syncs)
    follow.add_argument("syncs", metavar="SYNC", nargs="+", help="its id")


def sync_registry(arguments: argparse.Namespace) -> int:
    """Look for new and changed images: of a registry, or of all of the project."""
    api = api_of(arguments)
    body: Json = {"project": project_of(arguments)}
    if arguments.registry:
        body["registry"] = found_registry(api, arguments)["id"]
    for name in ("repository", "repository_kind"):
        if getattr(arguments, name):
            body[name] = getattr(arguments, name)
    started = api.send("POST", "/syncs", body)["items"]
    if not arguments.wait:
        return show(arguments, started, COLUMNS)
    return _follow(arguments, api, [sync["id"] for sync in started])


def list_syncs(arguments: argparse.Namespace) -> int:
    """List syncs, the newest first: of a registry, or of all of the project."""
    api = api_of(arguments)
    query = {"project": project_of(arguments)}
    if arguments.registry:
        query["registry"] = found_registry(api, arguments)["id"]
    return show(arguments, api.pages("/syncs", query, limit=arguments.limit), COLUMNS)


def follow_syncs(arguments: argparse.Namespace) -> int:
    """Wait until syncs have ended or broken off; status 3 where one is not done."""
    return _follow(arguments, api_of(arguments), arguments.syncs)


def _follow(arguments: argparse.Namespace, api: Api, ids: Iterable[str]) -> int:
    ended = [_ended(api, id_) for id_ in ids]
    show(arguments, ended, COLUMNS)
    for line in _faults(ended):
        print(f"scantling: {line}", file=sys.stderr)
    return 0 if all(sync["state"] == "done" for sync in ended) else NOT_DONE


def _ended(api: Api, id_: str) -> Json:
    """Return a sync once it has ended; on a terminal its progress is shown until then.

    One that broke off and waits for another try is not waited for: that may be hours.
    """
    from scantling.client.api import quoted

    shows = sys.stderr.isatty()
    while True:
        sync = api.get(f"/syncs/{quoted(id_)}")
        if shows:
            print(f"\r{sync['state']:8} {_progress(sync)} repositories", end="", file=sys.stderr)
        if sync["state"] not in UNFINISHED or (sync["state"] == "queued" and sync["error"]):
            if shows:
                print(file=sys.stderr)
            return sync
        time.sleep(EVERY_SECONDS)


def _faults(syncs: Iterable[Json]) -> Iterator[str]:
    from scantling_reporter.formats.terminal import safe

    for sync in syncs:
        if sync["state"] in UNFINISHED:
            yield safe(f"{sync['id']} is tried again at {sync['not_before']}: {sync['error']}")
        for repository, error in sorted(sync["errors"].items()):
            yield safe(f"{repository}: {error}")
