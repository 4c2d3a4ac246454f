"""What a check says: how much it raises or lowers the score, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from scantling_common.risks import Severity


class Said(NamedTuple):
    """One reason: ``weight`` is added to the logarithm of the odds that a value is a secret.

    ``severity`` replaces the rule's where it is not None.
    """

    weight: float
    reason: str
    severity: Severity | None = None


REFUSED: Final = -20.0
"""The weight of what rules a secret out."""
