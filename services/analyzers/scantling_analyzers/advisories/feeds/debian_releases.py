"""Debian's releases by their code names, and what Debian's words for a package mean; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.models import Statement

if TYPE_CHECKING:
    from scantling_analyzers.advisories.models import Event, FixState

UNSTABLE: Final = "sid"
RELEASES: Final = {
    "woody": "3.0",
    "sarge": "3.1",
    "etch": "4",
    "lenny": "5",
    "squeeze": "6",
    "wheezy": "7",
    "jessie": "8",
    "stretch": "9",
    "buster": "10",
    "bullseye": "11",
    "bookworm": "12",
    "trixie": "13",
    "forky": "14",
    "duke": "15",
    UNSTABLE: UNSTABLE,
}
"""Code name and number, as Debian publishes them (wiki, DebianReleases)."""

URGENCIES: Final = frozenset({"unimportant", "low", "medium", "high"})
"""Words by which the security tracker judges a package; others are states of its work."""


def stream_of(codename: str, distribution: str = "debian") -> str | None:
    """Return the stream of a release by its code name, None for one that is not known."""
    number = RELEASES.get(codename)
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
