"""``disallowed-software.md``: the default list of software that is not allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.risks.compliance.applied import default_rules
from scantling_common.software_list.entry import SYSTEM, SYSTEM_TYPES

if TYPE_CHECKING:
    from scantling_common.software_list.entry import SoftwareEntry

_INTRODUCTION: Final = """\
# Software that is not allowed by default

Generated from the code by `make docs`. This applies to projects without a list
`disallowed-software`, and where a list says `include default`
([Forbid software](../how-to/forbid-software.md)). The first line that is about a piece of software
decides.
"""
_HEADER: Final = "| name | types | severity | reason |\n|---|---|---|---|"


def software_list() -> str:
    """Return the document."""
    groups: dict[str, list[str]] = {}
    for rule in default_rules():
        groups.setdefault(rule.entry.id, []).append(_row(rule.entry))
    sections = (f"## {name}\n\n{_HEADER}\n" + "\n".join(rows) for name, rows in groups.items())
    return _INTRODUCTION + "\n" + "\n\n".join(sections) + "\n"


def _row(entry: SoftwareEntry) -> str:
    types = entry.types
    if types >= SYSTEM_TYPES:
        types = types - SYSTEM_TYPES | {SYSTEM}
    return f"| `{entry.name}` | {', '.join(sorted(types))} | {entry.severity} | {entry.reason} |"
