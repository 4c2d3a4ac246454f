"""What errata of rpm distributions have in common, whatever form they come in; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.advisories.streams import type_of
from scantling_common.versions.keys import find
from scantling_common.versions.schemes import Scheme

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.advisories.models import Statement

WORDS: Final = frozenset({"critical", "important", "moderate", "low", "none"})
"""The severities of Red Hat's errata and of its rebuilds."""

_MODULE: Final = re.compile(r"(?<![\w.:/-])(\w[\w.+-]{0,60}:[\w.+-]{1,40})(?![\w:/])", re.ASCII)
_TITLE_LENGTH: Final = 500
_BOUNDS: Final = 2


def modules_of(title: str) -> tuple[str, ...]:
    """Return the module streams that a title names (``Important: nodejs:18 security update``)."""
    return tuple(dict.fromkeys(_MODULE.findall(title[:_TITLE_LENGTH])))


def severity_of(title: str) -> str:
    """Return the severity with which Red Hat and its rebuilds begin a title, or nothing."""
    found = title[:_TITLE_LENGTH].partition(": ")[0].strip()
    return found if found.lower() in WORDS else ""


def built_in_module(version: str) -> bool:
    """Say whether a version's release names a module build (``.module+el8``, ``.module_el8``)."""
    return ".module+" in version or ".module_" in version


def in_modules(statement: Statement, modules: tuple[str, ...]) -> Iterator[Statement]:
    """Yield a statement for each of the modules, where its fix was built in one.

    The module that a package is of is not told where an erratum is of two: the package's own
    label decides.
    """
    fixed = (text for bounds in statement.ranges for kind, text in bounds if kind == "fixed")
    if modules and any(built_in_module(version) for version in fixed):
        for module in modules:
            yield replace(statement, module=module)
    else:
        yield statement


def earliest_builds(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Return statements without those that say of a later build of a fix that it is the fix.

    An erratum lists the fixed version of a package once for each time it was built (for 8.4, for
    8.5): each of them has the fix, so that what is older than the earliest one is affected.
    Versions that differ in more than their release are of different branches: all are kept.
    """
    kept: dict[object, Statement] = {}
    for statement in statements:
        version = _only_fix(statement)
        if version is None:
            kept.setdefault(statement, statement)
            continue
        branch = (replace(statement, ranges=()), version.rpartition("-")[0])
        known = kept.get(branch)
        if known is None or _older(version, _only_fix(known) or ""):
            kept[branch] = statement
    return tuple(kept.values())


def _only_fix(statement: Statement) -> str | None:
    """Return the version that an rpm package is fixed in, where nothing else is said of it."""
    if type_of(statement.stream) != "rpm" or statement.versions or len(statement.ranges) != 1:
        return None
    bounds = statement.ranges[0]
    if len(bounds) != _BOUNDS or bounds[0] != ("introduced", "0") or bounds[1][0] != "fixed":
        return None
    return bounds[1][1]


def _older(version: str, than: str) -> bool:
    ours, theirs = find(Scheme.RPM, version), find(Scheme.RPM, than)
    return ours is not None and theirs is not None and ours < theirs
