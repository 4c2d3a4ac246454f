"""The pack of rules for malware that comes with the product."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scantling_analyzers.rule_packs.content import rules_of_path

if TYPE_CHECKING:
    from scantling_analyzers.rule_packs.configured import RuleFiles

OWN: Final = "scantling"
"""The name of the pack of the product."""


@cache
def own_rules() -> RuleFiles:
    """Return the pack of the product."""
    folder = Path(str(files("scantling_analyzers.malware").joinpath("rules")))
    (rules,) = rules_of_path(OWN, folder)
    return rules
