"""How an item of a task ends: the worst of its scan's outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

WORST: Final = ("failed", "unsupported", "partial", "complete")
"""The statuses of an image, the worst first."""

OPEN: Final = ("waiting", "running")
"""The states of an item that has not ended."""

STATES: Final = (*OPEN, "complete", "partial", "unsupported", "failed", "skipped", "cancelled")
"""All states of an item: each is a count of its task."""


def worst(outcomes: Mapping[str, str]) -> tuple[str, str]:
    """Return the status of a scan, and the risk that it comes from ("" where it is complete).

    *Not applicable* counts as complete; a status that is not known counts as failed.
    """
    ranked = sorted(
        (WORST.index(status) if status in WORST else 0, risk)
        for risk, status in outcomes.items()
        if status != "not_applicable"
    )
    if not ranked:
        return "complete", ""
    position, risk = ranked[0]
    return WORST[position], "" if WORST[position] == "complete" else risk
