"""Statuses: which outcomes are analyses, and what an image's status is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

ImageStatus = Literal["failed", "unsupported", "partial", "complete"]

ANALYSES: Final = frozenset({"complete", "partial", "not_applicable", "stale"})
"""Statuses of outcomes for which somebody looked at the image."""

_WORST: Final[tuple[ImageStatus, ...]] = ("failed", "unsupported", "partial")


def is_analysis(status: str) -> bool:
    """Tell whether an outcome of this status can resolve findings.

    A *failed* or *unsupported* one looked at nothing: it never replaces one that did.
    """
    return status in ANALYSES


def image_status(attempts: Iterable[str]) -> ImageStatus:
    """Return the status of an image from those of the last attempt at each risk type.

    The worst counts; *not applicable* is set aside, *stale* by newer rules counts as complete.
    """
    seen = set(attempts)
    return next((status for status in _WORST if status in seen), "complete")
