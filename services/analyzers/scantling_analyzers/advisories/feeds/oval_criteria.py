"""From the criteria of an OVAL definition to what is affected, alternative by alternative; pure.

Criteria are a tree of AND and OR over tests. It is brought into the form *any of these*, where each
alternative says of one package in one release which versions are affected. What can't be
said that way is left out, and why is told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.advisories.feeds.oval_document import SIGNATURE
from scantling_analyzers.advisories.feeds.rpm_names import plain_evr
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.feeds.hardened_xml import Element
    from scantling_analyzers.advisories.feeds.oval_document import Referred, State, Test
    from scantling_analyzers.advisories.feeds.oval_publishers import Publisher
    from scantling_analyzers.advisories.feeds.reasons import Reasons
    from scantling_analyzers.advisories.models import Event, EventKind

MAX_ALTERNATIVES: Final = 100_000
"""How many alternatives a definition may have, and any part of it."""
MAX_STEPS: Final = 1_000_000
FEW: Final = 100
_PARTS: Final = frozenset({"criteria", "criterion", "extend_definition"})
_MODULE: Final = re.compile(r"Module ([^\s:]{1,100}:[^\s:]{1,100}) is enabled")
_ARCH: Final = re.compile(r"Oracle Linux arch is (\w{1,20})$")
NOTHING: Final = frozenset({"0:0-0", "0", "0:0", "0-0"})
"""Versions that no package has: SUSE says with them that none is affected, or that all are."""


class Alternative(NamedTuple):
    """What must be true together; what is empty is not said.

    ``events`` is None where no version is named. ``comment`` is that of the package's criterion.
    """

    stream: str = ""
    name: str = ""
    events: tuple[Event, ...] | None = None
    exact: tuple[str, ...] = ()
    arches: tuple[str, ...] = ()
    module: str = ""
    comment: str = ""
    affects: bool = True


class TooMany(Exception):
    """Criteria that have more alternatives than are read."""


TRUE: Final = (Alternative(),)
FALSE: Final[tuple[Alternative, ...]] = ()
_NOTHING: Final = {
    "less than": Alternative(affects=False),
    "equals": Alternative(affects=False),
    "greater than": Alternative(events=(("introduced", "0"),)),
    "greater than or equal": Alternative(events=(("introduced", "0"),)),
}
"""What an operation with a version that no package has says."""
_LIMITS: Final[dict[tuple[str, bool], EventKind]] = {
    ("less than", False): "fixed",
    ("greater than or equal", True): "fixed",
    ("less than or equal", False): "last_affected",
    ("greater than", True): "last_affected",
    ("greater than or equal", False): "introduced",
    ("less than", True): "introduced",
    # Ranges have no bound that leaves out its version: that one counts as affected.
    ("greater than", False): "introduced",
    ("less than or equal", True): "introduced",
}
"""What an operation is as a bound; the second is whether the criterion is negated."""


class Criteria:
    """Resolves the criteria of the definitions of one document."""

    def __init__(self, referred: Referred, publisher: Publisher, reasons: Reasons) -> None:
        """Make it for a definition; why something is left out is added to ``reasons``."""
        self._referred = referred
        self._publisher = publisher
        self._reasons = reasons
        self._steps = 0

    def alternatives(self, criteria: Element) -> tuple[Alternative, ...]:
        """Return what is affected: alternatives that name a package.

        Raises :class:`TooMany`.
        """
        found: dict[int, tuple[Alternative, ...]] = {}
        left: list[tuple[Element, bool]] = [(criteria, False)]
        while left:
            each, seen = left.pop()
            if each.name != "criteria":
                found[id(each)] = self._criterion(each)
                continue
            parts = [child for child in each.children if child.name in _PARTS]
            if seen:
                found[id(each)] = self._criteria(each, [found.pop(id(part)) for part in parts])
            else:
                left.append((each, True))
                left += ((part, False) for part in parts)
        return tuple(each for each in found[id(criteria)] if each.name)

    def _criteria(
        self, criteria: Element, parts: list[tuple[Alternative, ...]]
    ) -> tuple[Alternative, ...]:
        """Return the alternatives of criteria from those of their parts."""
        operator = criteria.get("operator") or "AND"
        if criteria.get("negate") == "true":
            self._reasons.add("unsupported_format", "criteria that must not hold")
            return FALSE
        if operator == "OR":
            joined = _distinct([one for part in parts for one in part])
            if len(joined) > MAX_ALTERNATIVES:
                raise TooMany
            return joined
        if operator != "AND":
            self._reasons.add("unsupported_format", "criteria neither of AND nor of OR", operator)
            return FALSE
        found: tuple[Alternative, ...] = TRUE
        # The smallest first: an impossible one ends it at once.
        for part in sorted(parts, key=len):
            found = _distinct(list(self._both(found, part)))
        return found

    def _both(
        self, ones: tuple[Alternative, ...], others: tuple[Alternative, ...]
    ) -> Iterator[Alternative]:
        self._steps += len(ones) * len(others)
        if len(ones) * len(others) > MAX_ALTERNATIVES or self._steps > MAX_STEPS:
            raise TooMany
        for one in ones:
            for other in others:
                both = self._joined(one, other)
                if both is not None:
                    yield both

    def _joined(self, one: Alternative, other: Alternative) -> Alternative | None:
        """Return both in one, None where they contradict or can't be said of one package."""
        if one is TRUE[0]:
            return other
        if other is TRUE[0]:
            return one
        if one.name and other.name and one.name != other.name:
            both = f"{one.name}, {other.name}"
            self._reasons.add("unsupported_format", "two packages that must both be there", both)
            return None
        arches = one.arches or other.arches
        if one.arches and other.arches:
            arches = tuple(each for each in one.arches if each in other.arches)
        if _differ(one.stream, other.stream) or _differ(one.module, other.module):
            return None
        if one.arches and other.arches and not arches:
            return None
        events = one.events if other.events is None else other.events
        if one.events is not None and other.events is not None:
            events = (*one.events, *other.events)
        return Alternative(
            stream=one.stream or other.stream,
            name=one.name or other.name,
            events=events,
            exact=one.exact or other.exact,
            arches=arches,
            module=one.module or other.module,
            comment=one.comment or other.comment,
            affects=one.affects and other.affects,
        )

    def _criterion(self, criterion: Element) -> tuple[Alternative, ...]:
        if criterion.name == "extend_definition":
            # That the release is installed: the publisher's documents are of one each.
            return TRUE
        comment = criterion.get("comment").strip()
        negated = criterion.get("negate") == "true"
        meant = self._meant(comment)
        if meant is not None:
            # All but this release, or this module, can't be said.
            return FALSE if negated and meant != TRUE else meant
        test = self._referred.tests.get(criterion.get("test_ref"))
        if test is None:
            self._reasons.add("malformed", "a test that is not there", criterion.get("test_ref"))
            return FALSE
        # What runs and what is in files can't be told of packages: these alone decide.
        return self._package(test, comment, negated=negated) if test.is_of_packages else TRUE

    def _package(self, test: Test, comment: str, *, negated: bool) -> tuple[Alternative, ...]:
        states = [self._referred.states.get(id_) for id_ in test.states]
        names = self._referred.names.get(test.object, ())
        if None in states or not names or not all(names):
            what = "a test of an object or a state that is not there"
            self._reasons.add("malformed", what, comment)
            return FALSE
        if test.negative or (negated and not states):
            self._reasons.add("unsupported_format", "a package that must not be there", comment)
            return FALSE
        told: Alternative | None = TRUE[0]
        for id_, state in zip(test.states, states, strict=True):
            said = self._cached(id_, state, negated=negated, comment=comment) if state else None
            told = self._joined(told, said) if told is not None and said is not None else None
        if told is None:
            return FALSE
        if any(state.is_signature for state in states if state is not None):
            # Who signed a package is no reason for anything.
            comment = ""
        if len(names) == 1:
            return (told._replace(name=names[0], comment=comment),)
        return tuple(told._replace(name=name, comment=comment) for name in dict.fromkeys(names))

    def _cached(self, id_: str, state: State, *, negated: bool, comment: str) -> Alternative | None:
        """Return what a state says, which many tests refer to."""
        told = self._referred.told.get((id_, negated))
        if told is None:
            told = self._told(state, negated=negated, comment=comment)
            if told is not None:
                self._referred.told[id_, negated] = told
        return told

    def _meant(self, comment: str) -> tuple[Alternative, ...] | None:
        """Return what a comment says of the release or the module, None where nothing."""
        if module := _MODULE.match(comment):
            return (Alternative(module=word(module[1])),)
        if arch := _ARCH.match(comment):
            return (Alternative(arches=(arch[1],)),)
        product = self._publisher.product(comment)
        if product is None:
            return None
        stream = self._publisher.stream(product)
        if stream is not None:
            return (Alternative(stream=stream),)
        if not self._publisher.is_ignored(product):
            what = "a product that is no release of a distribution"
            self._reasons.add("unknown_stream", what, product)
        return FALSE

    def _told(self, state: State, *, negated: bool, comment: str) -> Alternative | None:
        """Return what a state says, None where it can't be said."""
        told: Alternative | None = Alternative(arches=state.arches)
        for entity, operation, value in state.entities:
            if entity == SIGNATURE:
                continue
            limit = _limit(entity, operation, value, negated=negated)
            if limit is None:
                what = f"a package of which {word(entity)} is {word(operation)} a value"
                self._reasons.add("unsupported_format", what, comment)
                return None
            told = self._joined(told, limit) if told is not None else None
        return told


def _distinct(found: list[Alternative]) -> tuple[Alternative, ...]:
    """Return few alternatives without repetitions: of releases that are one stream.

    Of many it would take longer than it saves.
    """
    return tuple(dict.fromkeys(found) if len(found) <= FEW else found)


def _differ(one: str, other: str) -> bool:
    return bool(one and other and one != other)


def _limit(entity: str, operation: str, value: str, *, negated: bool) -> Alternative | None:
    """Return which versions one entity of a state leaves, None where it can't be said."""
    if value in NOTHING and entity in {"evr", "version"} and not negated:
        return _NOTHING.get(operation)
    version = plain_evr(value) if entity == "evr" else ""
    if version and operation == "equals" and not negated:
        return Alternative(exact=(version,))
    kind = _LIMITS.get((operation, negated))
    return Alternative(events=((kind, version),)) if version and kind is not None else None
