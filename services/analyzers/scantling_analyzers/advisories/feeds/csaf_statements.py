"""From the product statuses of a CSAF vulnerability to statements about packages; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.advisories.feeds.bounds import EVERY, until
from scantling_analyzers.advisories.feeds.csaf_document import Status
from scantling_analyzers.advisories.feeds.csaf_places import place_of
from scantling_analyzers.advisories.feeds.csaf_products import Component, Problem, component_of
from scantling_analyzers.advisories.feeds.rpm_names import SOURCES
from scantling_analyzers.advisories.feeds.rpm_statements import (
    MAX_STATEMENTS,
    Statements,
    statement,
)
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.feeds.bounds import Range
    from scantling_analyzers.advisories.feeds.csaf_document import (
        ForProducts,
        Groups,
        Vulnerability,
    )
    from scantling_analyzers.advisories.feeds.csaf_places import Place, Vendor
    from scantling_analyzers.advisories.feeds.csaf_products import Products
    from scantling_analyzers.advisories.feeds.reasons import Reasons
    from scantling_analyzers.advisories.models import FixState, Statement

FIXED: Final = ("fixed", "first_fixed", "recommended")
"""Statuses whose products have the fix; SUSE names the version to update to ``recommended``."""
AFFECTED: Final = ("known_affected", "first_affected", "last_affected")

_WITHOUT_FIX: Final[dict[str, FixState]] = {
    "no_fix_planned": "will_not_fix",
    "none_available": "not_fixed",
    "fix_planned": "not_fixed",
}
"""What a remediation's category says of the products that it names, unless its text says more."""
_BY_WORDS: Final[tuple[tuple[str, FixState], ...]] = (
    ("out of support", "end_of_life"),
    ("end of life", "end_of_life"),
    ("will not fix", "will_not_fix"),
    ("deferred", "deferred"),
    ("under investigation", "under_investigation"),
)
"""Red Hat's words for why there is no fix, in lower case."""
_IMPACT: Final = "impact"


class _Told(NamedTuple):
    """A product of a status, resolved."""

    status: str
    id: str
    place: Place
    component: Component


class Teller:
    """Tells statements of vulnerabilities; what it can't tell is added to the reasons."""

    def __init__(self, vendor: Vendor, products: Products, reasons: Reasons) -> None:
        """Make one for a document."""
        self._vendor = vendor
        self._products = products
        self._reasons = reasons

    def statements(self, vulnerability: Vulnerability) -> tuple[Statement, ...]:
        """Return what is said of packages."""
        states = _states(vulnerability, self._products.groups)
        severities = _severities(vulnerability, self._products.groups)
        told = list(self._told(vulnerability.product_status or Status()))
        binaries = {
            (each.place, each.component.module)
            for each in told
            if each.status in FIXED and each.component.arch not in SOURCES
        }
        found = Statements()
        for each in told:
            part = each.component
            is_source = part.arch in SOURCES
            if is_source and each.status in FIXED and (each.place, part.module) in binaries:
                # All packages that were built of it are listed, with versions of their own.
                continue
            ranges, state = _range(each, states)
            found.add(
                statement(
                    stream=each.place.stream,
                    name=part.name,
                    ranges=ranges,
                    state=state,
                    arch="src" if is_source else "",
                    module=part.module,
                    repositories=each.place.repositories,
                    severity=severities.get(each.id, ""),
                ),
                (part.arch,),
            )
        return found.every()

    def _told(self, status: Status) -> Iterator[_Told]:
        count = 0
        for kind in (*FIXED, *AFFECTED, "known_not_affected", "under_investigation"):
            ids: list[str] = getattr(status, kind) or []
            for product_id in ids:
                count += 1
                if count > MAX_STATEMENTS:
                    self._reasons.add("too_many", f"more than {MAX_STATEMENTS} products")
                    return
                try:
                    yield self._one(kind, product_id)
                except Problem as problem:
                    self._reasons.add(problem.code, problem.message, product_id)

    def _one(self, kind: str, product_id: str) -> _Told:
        parts = self._products.parts(product_id)
        component = component_of(parts, with_version=kind in FIXED)
        platform = parts[-1]
        place = place_of(self._vendor, platform.name, platform.cpe, component.evr)
        if place is None:
            raise Problem("unknown_stream", "a product that is no release of a distribution")
        return _Told(kind, product_id, place, component)


def _range(told: _Told, states: dict[str, FixState]) -> tuple[Range, FixState]:
    evr = told.component.evr
    if told.status in FIXED:
        return until(evr), ""
    if told.status == "known_not_affected":
        return EVERY, "not_affected"
    if told.status == "under_investigation":
        return EVERY, "under_investigation"
    state = states.get(told.id, "not_fixed")
    if told.status == "last_affected" and evr:
        return (("introduced", "0"), ("last_affected", evr)), state
    if told.status == "first_affected" and evr:
        return (("introduced", evr),), state
    return EVERY, state


def _states(vulnerability: Vulnerability, groups: Groups) -> dict[str, FixState]:
    """Return why there is no fix, by product."""
    states: dict[str, FixState] = {}
    for each in vulnerability.remediations or ():
        state = _WITHOUT_FIX.get(each.category)
        if state is None:
            continue
        details = each.details[:1000].lower()
        told = next((found for words, found in _BY_WORDS if words in details), state)
        for product in each.products(groups):
            states[product] = told
    return states


def _severities(vulnerability: Vulnerability, groups: Groups) -> dict[str, str]:
    """Return the publisher's severity by product, where it is not the same for all."""
    impacts = impacts_of(vulnerability)
    if len({each.details for each in impacts}) < 2:  # noqa: PLR2004  # differing ones
        return {}
    severities: dict[str, str] = {}
    for each in impacts:
        severities.update(dict.fromkeys(each.products(groups), word(each.details)))
    return severities


def impacts_of(vulnerability: Vulnerability) -> list[ForProducts]:
    """Return the threats that say how bad it is, with a word."""
    return [
        each
        for each in vulnerability.threats or ()
        if each.category == _IMPACT and each.details and len(each.details) < 100  # noqa: PLR2004  # a word, no prose
    ]
