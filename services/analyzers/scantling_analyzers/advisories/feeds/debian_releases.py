"""Streams of Debian by code names, and what Debian's words for a package mean; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.codenames import DEBIAN
from scantling_analyzers.advisories.models import Statement

if TYPE_CHECKING:
    from scantling_analyzers.advisories.models import Event, FixState

URGENCIES: Final = frozenset({"unimportant", "low", "medium", "high"})
"""Words by which the security tracker judges a package; others are states of its work."""
LISTS: Final = ("DSA", "DLA")
"""Lists of announcements: of a release while it is supported, and of its long-term support."""
LONG_TERM: Final = {
    "debian:6": "2014-05-31",
    "debian:7": "2016-04-26",
    "debian:8": "2018-06-17",
    "debian:9": "2020-07-18",
    "debian:10": "2022-08-01",
    "debian:11": "2024-08-15",
    "debian:12": "2026-06-11",
}
"""When long-term support began (Debian's wiki, LTS): from then on the other list has the fixes."""


def lists_of(stream: str, kind: str, newest: str) -> tuple[str, ...]:
    """Return the lists that a release needs, as far as one of a kind tells until a date."""
    began = LONG_TERM.get(stream, "")
    return LISTS if kind == LISTS[1] or (began and began <= newest) else LISTS[:1]


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
