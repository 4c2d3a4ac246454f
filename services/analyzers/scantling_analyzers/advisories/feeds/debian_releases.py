"""Streams of Debian by code names, and what Debian's words for a package mean; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.codenames import DEBIAN
from scantling_analyzers.advisories.models import Statement

if TYPE_CHECKING:
    from scantling_analyzers.advisories.models import Event, FixState

URGENCIES: Final = frozenset({"unimportant", "low", "medium", "high"})
"""Words by which the security tracker judges a package; others are states of its work."""


def stream_of(codename: str, distribution: str = "debian") -> str | None:
    """Return the stream of a release by its code name, None for one that is not known."""
    number = DEBIAN.get(codename)
    return f"{distribution}:{number}" if number is not None else None


def statement(
    stream: str, name: str, bounds: tuple[Event, ...], state: FixState = "", urgency: str = ""
) -> Statement:
    """Return what is said of a source package."""
    return Statement(
        stream=stream,
        name=name,
        name_of="source",
        ranges=(bounds,),
        state=state,
        severity=urgency if urgency in URGENCIES else "",
    )
