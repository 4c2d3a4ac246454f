"""What a member declares against what it imports, and what the lock files pin."""

from __future__ import annotations

import re
import sys
import tomllib
from typing import TYPE_CHECKING, Final

from tests.house.sources import MEMBERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.house.sources import Module

LOCKS: Final = ("requirements/run.txt", "requirements/dev.txt")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ELSEWHERE = re.compile(r"://|^\s*(-i|-f|-e|--index-url|--extra-index-url|--find-links|.* @ )")


def canonical(requirement: str) -> str:
    """Return the normalised distribution name that a requirement begins with (PEP 503)."""
    match = _NAME.match(requirement.strip())
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""


def declared(root: Path, package: str) -> set[str]:
    """Return the distributions that a member declares, optional ones included."""
    project = tomllib.loads((root / MEMBERS[package] / "pyproject.toml").read_text())["project"]
    requirements: list[str] = list(project.get("dependencies", ()))
    for extra in project.get("optional-dependencies", {}).values():
        requirements += extra
    return {canonical(requirement) for requirement in requirements}


def undeclared_imports(
    root: Path, modules: Iterable[Module], distributions: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Find imports beyond the standard library, the member itself, and what it declares.

    ``distributions`` maps a top-level module to the distributions that bring it.
    """
    allowed: dict[str, set[str]] = {}
    for module in modules:
        if module.package not in allowed:
            allowed[module.package] = declared(root, module.package)
        for found in module.imports:
            top = found.target.partition(".")[0]
            if top in sys.stdlib_module_names or top == module.package:
                continue
            brought_by = {canonical(name) for name in distributions.get(top, (top,))}
            if not brought_by & allowed[module.package]:
                yield f"{module.at(found.line)} {module.package} does not declare {top}"


def unpinned(root: Path) -> Iterator[str]:
    """Find declared dependencies of members that are not pinned for running."""
    pinned = {
        canonical(line) for line in (root / LOCKS[0]).read_text().splitlines() if "==" in line
    }
    own = {canonical(package) for package in MEMBERS}
    for package in MEMBERS:
        for name in sorted(declared(root, package) - pinned - own):
            yield f"{package} declares {name}, which {LOCKS[0]} does not pin: run `make lock`"


def unlocked_lines(name: str, text: str) -> Iterator[str]:
    """Find lines of a lock file that pin no version, have no hash, or say where from."""
    for logical in text.replace("\\\n", " ").splitlines():
        if not logical.strip() or logical.startswith("#"):
            continue
        if _ELSEWHERE.search(logical):
            yield f"{name} says where a distribution comes from: {logical.strip()[:80]}"
        elif "==" not in logical or "--hash=sha256:" not in logical:
            yield f"{name} has no version or no hash for: {logical.strip()[:80]}"
