"""Each collection has one owner, and only that service's modules write it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from tests.house.sources import COMMON, is_within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.house.sources import Module

RECORDS: Final = "scantling_common.records"
WRITERS: Final = {
    "scantling_sync": "sync",
    "scantling_dispatcher": "dispatcher",
    "scantling_analyzers": "extractor",
    "scantling_reporter": "reporter",
}
VERBS: Final = {"insert", "replace", "set_fields", "delete", "claim", "bulk"}


def owners(modules: Iterable[Module]) -> dict[str, str]:
    """Return the owner by the constant of each collection: ``X = Collection(name, owner, …)``."""
    found: dict[str, str] = {}
    for module in modules:
        if not is_within(module.name, RECORDS):
            continue
        for node in module.tree.body:
            if not isinstance(node, ast.Assign | ast.AnnAssign) or not (
                owner := _owner(node.value)
            ):
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update({target.id: owner for target in targets if isinstance(target, ast.Name)})
    return found


def collections_named_twice(modules: Iterable[Module]) -> Iterator[str]:
    """Find names that two collections share: they would be one."""
    seen: dict[str, str] = {}
    for module in modules:
        if module.package != COMMON:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.expr) and _owner(node):
                assert isinstance(node, ast.Call)
                name = ast.literal_eval(node.args[0])
                if name in seen:
                    yield f"{module.at(node.lineno)} {name} is declared at {seen[name]} too"
                seen[name] = module.at(node.lineno)


def foreign_writes(modules: Iterable[Module]) -> Iterator[str]:
    """Find writes to a collection of another service, directly or by a repository of it.

    It sees what one module shows: ``store.insert(IMAGES, …)``, and ``….insert(…)`` on a name or
    attribute that was assigned ``Repository(store, IMAGES, …)``. Behind that stands the store's
    own guard at run time.
    """
    modules = list(modules)
    owner_of = owners(modules)
    for module in modules:
        writer = WRITERS.get(module.package)
        if writer is None:
            continue
        repositories = _repositories(module.tree)
        for node in ast.walk(module.tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr not in VERBS:
                continue
            written = {repositories.get(_last_name(node.func.value) or "")}
            written |= {_last_name(argument) for argument in node.args[:1]}
            for collection in written:
                owner = owner_of.get(collection or "", writer)
                if owner != writer:
                    yield f"{module.at(node.lineno)} {writer} writes {collection} of {owner}"


def _owner(node: ast.expr | None) -> str | None:
    if not (isinstance(node, ast.Call) and _last_name(node.func) == "Collection"):
        return None
    arguments = [
        *node.args,
        *(keyword.value for keyword in node.keywords if keyword.arg == "owner"),
    ]
    strings = [item.value for item in arguments if isinstance(item, ast.Constant)]
    owner = strings[1] if len(strings) > 1 else None
    return owner if isinstance(owner, str) else None


def _repositories(tree: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        call = node.value
        if _last_name(call.func) != "Repository" or len(call.args) < 2:
            continue
        collection = _last_name(call.args[1])
        for target in node.targets:
            name = _last_name(target)
            if name and collection:
                found[name] = collection
    return found


def _last_name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return None
