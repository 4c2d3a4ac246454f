"""``errors.md``: every stable code, of errors that have a name and of what is only reported."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Final

from scantling.reference.reported_codes import REPORTED
from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMBERS: Final = (
    "scantling_common",
    "scantling_sync",
    "scantling_dispatcher",
    "scantling_analyzers",
    "scantling_reporter",
    "scantling",
)
_INTRODUCTION: Final = """\
# Error codes

Generated from the code by `make docs`. A code is stable: it stands in the messages of commands,
in problems of the HTTP API, in outcomes and in logs.

| code | what |
|---|---|
"""


def error_codes() -> str:
    """Return the document."""
    for member in MEMBERS:
        _import_all(member)
    meanings: dict[str, dict[str, None]] = {}
    for kind in _descendants(ScantlingError):
        if kind.__module__.partition(".")[0] in MEMBERS:
            meanings.setdefault(kind.code, {})[_meaning(kind)] = None
    for code, meaning in REPORTED.items():
        meanings.setdefault(code, {})[meaning] = None
    rows = [f"| `{code}` | {' '.join(texts)} |" for code, texts in sorted(meanings.items())]
    return _INTRODUCTION + "\n".join(rows) + "\n"


def _import_all(member: str) -> None:
    """Import every module of a member, so that all of its errors exist."""
    package = importlib.import_module(member)
    for found in pkgutil.walk_packages(package.__path__, f"{member}."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)


def _descendants(kind: type[ScantlingError]) -> Iterator[type[ScantlingError]]:
    """Give all classes below one, in a stable order."""
    for below in sorted(kind.__subclasses__(), key=lambda each: (each.__module__, each.__name__)):
        yield below
        yield from _descendants(below)


def _meaning(kind: type[ScantlingError]) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0].replace("|", "\\|")
