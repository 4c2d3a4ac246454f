"""From the alternatives of an OVAL definition to statements about packages; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.advisories.feeds.bounds import EVERY
from scantling_analyzers.advisories.feeds.rpm_statements import (
    MAX_STATEMENTS,
    Statements,
    statement,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.advisories.feeds.bounds import Range
    from scantling_analyzers.advisories.feeds.hardened_xml import Element
    from scantling_analyzers.advisories.feeds.oval_criteria import Alternative
    from scantling_analyzers.advisories.feeds.oval_publishers import Publisher
    from scantling_analyzers.advisories.feeds.reasons import Reasons
    from scantling_analyzers.advisories.models import Event, FixState, Statement

_UNAFFECTED: Final = "oval:com.redhat.unaffected:"
_NOT_APPLICABLE: Final = "not applicable"
_BY_WORDS: Final[tuple[tuple[str, FixState], ...]] = (
    ("not affected", "not_affected"),
    ("out of support", "end_of_life"),
    ("end of life", "end_of_life"),
    ("end of standard support", "end_of_life"),
    ("will not fix", "will_not_fix"),
    ("ignored", "will_not_fix"),
    ("defer", "deferred"),
    ("under investigation", "under_investigation"),
    ("may need fixing", "under_investigation"),
    ("needs triage", "under_investigation"),
)
"""Words of comments (Ubuntu) and of resolutions (Red Hat), in lower case, the first that fits."""
_PENDING: Final = "pending"
_UPPER: Final = frozenset({"fixed", "last_affected"})


def statements_of(
    definition: Element,
    alternatives: Iterable[Alternative],
    publisher: Publisher,
    reasons: Reasons,
    path: str,
) -> tuple[Statement, ...]:
    """Return what a definition says; what is left out is added to ``reasons``."""
    resolutions = _resolutions(definition)
    not_applicable = _NOT_APPLICABLE in definition.said("metadata", "patchable").lower()
    unaffected = not_applicable or definition.get("id").startswith(_UNAFFECTED)
    found = Statements()
    for each in alternatives:
        ranges = _range(each.events)
        if ranges is None:
            reasons.add("unsupported_format", "two limits of one kind for a version", each.name)
            continue
        version = next((text for kind, text in ranges if kind in _UPPER), "")
        places = publisher.places(definition, each.stream, version, path)
        if not places:
            reasons.add("unknown_stream", "a package of no release that is known", each.name)
        for place in places:
            told, state = ranges, _state(each, ranges, resolutions)
            if not each.affects or unaffected:
                told, state = EVERY, "not_affected"
            elif place.stream.startswith("ubuntu:") and len(places) > 1:
                # The fix is one of extended support: whoever has not that has none.
                told, state = EVERY, "not_fixed"
            said = statement(
                stream=place.stream,
                name=each.name,
                ranges=told,
                state=state,
                arch="src" if publisher.of_sources else "",
                module=each.module,
                repositories=place.repositories,
            )
            if each.exact and each.affects:
                said = replace(said, ranges=(), versions=each.exact)
            if len(found) >= MAX_STATEMENTS:
                reasons.add("too_many", f"more than {MAX_STATEMENTS} packages")
                return found.every()
            found.add(said, each.arches or ("",))
    return found.every()


def _range(events: tuple[Event, ...] | None) -> Range | None:
    """Return the range of limits that hold together, None where two of a kind are given."""
    lower = [each for each in events or () if each[0] == "introduced"]
    upper = [each for each in events or () if each[0] in _UPPER]
    distinct = list(dict.fromkeys(upper))
    if len(set(lower)) > 1 or len(distinct) > 1:
        return None
    return (*(lower[:1] or EVERY), *distinct)


def _state(each: Alternative, ranges: Range, resolutions: dict[str, FixState]) -> FixState:
    comment = each.comment.lower()
    if ranges[-1][0] == "fixed":
        return "not_fixed" if _PENDING in comment else ""
    if each.name in resolutions:
        return resolutions[each.name]
    return next((state for words, state in _BY_WORDS if words in comment), "not_fixed")


def _resolutions(definition: Element) -> dict[str, FixState]:
    """Return what Red Hat says of packages without a fix (``advisory/affected/resolution``)."""
    found: dict[str, FixState] = {}
    for resolution in definition.every("metadata", "advisory", "affected", "resolution"):
        words = resolution.get("state").lower()
        state = next((state for known, state in _BY_WORDS if known in words), None)
        for component in resolution.every("component"):
            found[component.text.rpartition("/")[2]] = state or "not_fixed"
    return found
