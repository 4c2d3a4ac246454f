"""The codes of refusals are stable, so each is in the reference."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

import scantling_analyzers.advisories.feeds as package
from scantling.reference.reported_codes import REPORTED

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACES: Final = {"Problem": 0, "Left": 0, "add": 0, "_refused": 1, "refused": 1}
"""Which argument is the code, by the name of what is called."""


def made(tree: ast.AST) -> Iterator[str]:
    """Find codes that stand in calls, by position or by name."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = str(getattr(node.func, "attr", "") or getattr(node.func, "id", ""))
        place = PLACES.get(name)
        if place is not None and len(node.args) > max(place, 1):
            yield from _texts(node.args[place])
        yield from (
            text for each in node.keywords if each.arg == "code" for text in _texts(each.value)
        )


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value


def test_codes_of_refusals_are_in_the_reference() -> None:
    folder = Path(package.__path__[0])
    codes = {code for file in folder.glob("*.py") for code in made(ast.parse(file.read_text()))}

    assert {"malformed", "range_git", "unknown_stream", "no_versions", "negated"} <= codes
    assert codes - set(REPORTED) == set()
