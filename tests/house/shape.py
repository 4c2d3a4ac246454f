"""How modules are named and how large they are, and what no file of the repository says."""

from __future__ import annotations

import re
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from tests.house.sources import Module

MAX_LINES: Final = 400
MAX_MEDIAN_LINES: Final = 150
NOT_NOUNS: Final = {"util", "utils", "helper", "helpers", "manager", "managers", "misc", "stuff"}
TEXT_SUFFIXES: Final = {
    ".py",
    ".md",
    ".sh",
    ".toml",
    ".yaml",
    ".yml",
    ".js",
    ".css",
    ".html",
    ".java",
}
_POSTPONED = re.compile(r"\b(TO[D]O|FI[X]ME|X[X]X|HA[C]K)\b")
_THIS_MACHINE = re.compile(r"(?<![\w.])/(work|root|home/\w+)/")


def names_that_say_nothing(modules: Iterable[Module]) -> Iterator[str]:
    """Find modules that are not named after the noun that they hold."""
    for module in modules:
        words = set(re.split(r"[._]", module.name))
        if said := words & NOT_NOUNS:
            yield f"{module.path} is named {', '.join(sorted(said))}"


def modules_too_long(modules: Iterable[Module]) -> Iterator[str]:
    """Find modules that hold more than one idea can need."""
    for module in modules:
        lines = module.text.count("\n")
        if lines > MAX_LINES:
            yield f"{module.path} has {lines} lines, {MAX_LINES} at most"


def median_too_long(modules: Sequence[Module]) -> Iterator[str]:
    """Tell if most modules are not small; those with a docstring only don't count."""
    sizes = [module.text.count("\n") for module in modules if len(module.tree.body) > 1]
    if sizes and median(sizes) > MAX_MEDIAN_LINES:
        yield f"the median module has {median(sizes)} lines, {MAX_MEDIAN_LINES} at most"


def unwanted_words(path: Path, text: str) -> Iterator[str]:
    """Find work that is postponed in a comment, and paths of one developer's machine."""
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _POSTPONED.search(line):
            yield f"{path}:{number} postpones: {found[0]}"
        if found := _THIS_MACHINE.search(line):
            yield f"{path}:{number} names a path of one machine: {found[0]}"
