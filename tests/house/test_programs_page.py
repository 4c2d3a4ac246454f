"""The page of programs lists exactly the programs that rules know, and their names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.facts.binaries.programs import RULES
from scantling_analyzers.facts.binaries.rules.languages import LANGUAGES
from scantling_analyzers.facts.binaries.rules.libraries import LIBRARIES
from scantling_analyzers.facts.binaries.rules.servers import SERVERS
from scantling_analyzers.facts.binaries.rules.tools import TOOLS

if TYPE_CHECKING:
    from pathlib import Path

PAGE: Final = "docs/explanation/programs.md"
GROUPS: Final = {
    "Servers": SERVERS,
    "Languages and runtimes": LANGUAGES,
    "Tools and applications": TOOLS,
    "Libraries": LIBRARIES,
}
_SECTION: Final = re.compile(r"^### (.+)\n((?:(?!#).*\n)*)", re.MULTILINE)
_ROW: Final = re.compile(r"^\| `([^`]+)` \| (.+) \|$", re.MULTILINE)


def listed(text: str) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """Return name and ``vendor:product`` of each row, by the heading above it."""
    return {
        heading: [(name, tuple(re.findall(r"`([^`]+)`", cpe))) for name, cpe in _ROW.findall(body)]
        for heading, body in _SECTION.findall(text)
    }


def test_the_page_lists_the_programs_of_the_rules_in_order(repository: Path) -> None:
    known = {
        heading: sorted({(rule.name, rule.cpe) for rule in rules})
        for heading, rules in GROUPS.items()
    }

    assert listed((repository / PAGE).read_text(encoding="utf-8")) == known


def test_no_rule_is_outside_of_the_groups_of_the_page() -> None:
    assert sorted(rule.name for rules in GROUPS.values() for rule in rules) == sorted(
        rule.name for rule in RULES
    )


def test_rows_are_read_by_heading() -> None:
    page = "# P\n| `x` | `v:p` |\n### A\n\n| `a` | `v:p`, `w:p` |\n### B\n| `b` | `v:p` |\n## C\n"

    assert listed(page + "| `c` | `v:p` |\n") == {
        "A": [("a", ("v:p", "w:p"))],
        "B": [("b", ("v:p",))],
    }
