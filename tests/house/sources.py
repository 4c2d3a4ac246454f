"""The members' modules and what each imports, read without importing any."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMON: Final = "scantling_common"
STANDALONE: Final = "scantling"
SERVICES: Final = (
    "scantling_sync",
    "scantling_dispatcher",
    "scantling_analyzers",
    "scantling_reporter",
)
MEMBERS: Final = {
    COMMON: "libs/common",
    "scantling_sync": "services/sync",
    "scantling_dispatcher": "services/dispatcher",
    "scantling_analyzers": "services/analyzers",
    "scantling_reporter": "services/reporter",
    STANDALONE: "services/standalone",
}
"""Package of each member, and its folder in the repository."""


@dataclass(frozen=True)
class Import:
    """One imported name; for ``from a import b`` both ``a`` and ``a.b`` may be modules."""

    target: str
    line: int
    parent: str = ""

    def within(self, package: str) -> bool:
        """Tell whether this imports ``package``, something of it, or a module under it."""
        return is_within(self.target, package) or is_within(self.parent, package)


@dataclass(frozen=True)
class Module:
    """A module of a member: its dotted name, its file, its text."""

    name: str
    path: Path
    text: str

    @property
    def package(self) -> str:
        """Return the member's package."""
        return self.name.partition(".")[0]

    @cached_property
    def tree(self) -> ast.Module:
        """Return the syntax tree."""
        return ast.parse(self.text, str(self.path))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Return all imports, also those inside functions and for type checking only."""
        return tuple(self._imports())

    def at(self, line: int) -> str:
        """Return ``file:line``, as editors open it."""
        return f"{self.path}:{line}"

    def _imports(self) -> Iterator[Import]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name, node.lineno)
            elif isinstance(node, ast.ImportFrom):
                parent = self._absolute(node)
                for alias in node.names:
                    yield Import(f"{parent}.{alias.name}", node.lineno, parent)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if node.level == 0:
            return node.module or ""
        parts = self.name.split(".")
        # A package's own level is the package; a module's is its parent.
        up = node.level - 1 if self.path.name == "__init__.py" else node.level
        base = parts[: len(parts) - up]
        return ".".join([*base, node.module] if node.module else base)


def is_within(name: str, package: str) -> bool:
    """Tell whether a dotted name is ``package`` or under it."""
    return name == package or name.startswith(f"{package}.")


def read_members(root: Path) -> list[Module]:
    """Read every module of every member under ``root``, in a stable order."""
    modules: list[Module] = []
    for package, folder in MEMBERS.items():
        for path in sorted((root / folder / package).rglob("*.py")):
            parts = list(path.relative_to(root / folder).with_suffix("").parts)
            if parts[-1] == "__init__":
                parts.pop()
            modules.append(Module(".".join(parts), path, path.read_text(encoding="utf-8")))
    return modules
