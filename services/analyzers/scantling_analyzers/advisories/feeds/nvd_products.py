"""From the configurations of the National Vulnerability Database to statements; pure.

A configuration is a tree of two levels: nodes, each a list of CPE names with bounds. A name that is
``vulnerable`` is what the vulnerability is in; the others are what it has to run on or with.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from scantling_analyzers.advisories.feeds.bounds import EVERY
from scantling_analyzers.advisories.models import Statement
from scantling_analyzers.advisories.names import normalised_name
from scantling_analyzers.advisories.streams import CPE
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.advisories.models import Event

MAX_MATCHES: Final = 100_000
"""How many CPE names one vulnerability may have."""

_PARTS: Final = 13
_SPLIT: Final = re.compile(r"(?<!\\):")
_ANY: Final = frozenset({"*", ""})
_NO_VERSION: Final = "-"
_FOREIGN: Final = re.compile(
    r"microsoft:.*|apple:.*|google:(?:android|chrome_os)|ibm:(?:aix|i|os_400|z/os|zos|vios)|"
    r"(?:oracle|sun):(?:solaris|sunos)|hpe?:(?:hp-ux|tru64|openvms)|freebsd:.*|openbsd:.*|"
    r"netbsd:.*|vmware:esxi?|(?:novell|microfocus):netware|sco:.*|sgi:irix|.*:(?:windows|macos)"
)
"""Operating systems, as ``vendor:product``, that no image of Linux has."""
_FOREIGN_SOFTWARE: Final = frozenset(
    {"windows", "macos", "mac_os_x", "mac_os", "iphone_os", "ios", "ipados", "android", "iphone"}
)
"""Target software of programs that are built for another system."""


class CpeMatch(msgspec.Struct, gc=False, rename="camel"):
    """A CPE name with bounds (CVE API 2.0, ``cpeMatch``)."""

    criteria: str
    vulnerable: bool = False
    version_start_including: str | None = None
    version_start_excluding: str | None = None
    version_end_including: str | None = None
    version_end_excluding: str | None = None


class Node(msgspec.Struct, gc=False, rename="camel"):
    """CPE names, of which one (``OR``) or all (``AND``) have to be there."""

    operator: str | None = None
    negate: bool = False
    cpe_match: list[CpeMatch] | None = None


class Configuration(msgspec.Struct, gc=False):
    """Nodes, of which one (``OR``, or nothing said) or all (``AND``) have to apply."""

    nodes: list[Node] | None = None
    operator: str | None = None
    negate: bool | None = None


class Left(NamedTuple):
    """Why something of the configurations was left out: a code and a message."""

    code: str
    message: str


class _Name(NamedTuple):
    part: str
    product: str
    version: str
    update: str
    target: str


def statements_of(
    configurations: Iterable[Configuration], left: dict[Left, None]
) -> tuple[Statement, ...]:
    """Return one statement for each product, and add to ``left`` what could not be used.

    Where several things have to come together, each vulnerable one of them is affected if the
    others can be there on Linux at all; what they are is not looked for.
    """
    products: dict[str, _Product] = {}
    for match in _vulnerable(configurations, left):
        name = _name(match.criteria)
        if name is None:
            left[Left("malformed", f"no CPE name: {word(match.criteria[:100])}")] = None
        elif name.part != "a":
            continue
        elif name.target in _FOREIGN_SOFTWARE:
            left[Left("other_platform", f"{name.product} is for {name.target}")] = None
        elif not products.setdefault(name.product, _Product()).add(name, match):
            left[Left("no_versions", f"{name.product}: no version is given")] = None
    return tuple(each.statement(name) for name, each in products.items() if each)


class _Product:
    """What is said of the versions of one product."""

    def __init__(self) -> None:
        self.ranges: dict[tuple[Event, ...], None] = {}
        self.versions: dict[str, None] = {}

    def __bool__(self) -> bool:
        return bool(self.ranges or self.versions)

    def add(self, name: _Name, match: CpeMatch) -> bool:
        """Add what a name says; return if it says anything."""
        if name.version == _NO_VERSION:
            return False
        if name.version not in _ANY:
            self.versions.update(dict.fromkeys(_versions(name)))
            return True
        bounds = tuple(_bounds(match))
        if any(not version for _, version in bounds):
            return False
        self.ranges[bounds or EVERY] = None
        return True

    def statement(self, product: str) -> Statement:
        return Statement(
            stream=CPE, name=product, ranges=tuple(self.ranges), versions=tuple(self.versions)
        )


def _vulnerable(
    configurations: Iterable[Configuration], left: dict[Left, None]
) -> Iterator[CpeMatch]:
    """Yield what is vulnerable in configurations that can be on Linux."""
    count = 0
    for configuration in configurations:
        nodes = configuration.nodes or []
        if configuration.negate or any(node.negate for node in nodes):
            left[Left("negated", "a configuration that holds where something is not there")] = None
            continue
        together = (configuration.operator or "OR").upper() == "AND"
        if together and not all(map(_possible, nodes)):
            left[Left("other_platform", "only on other systems than Linux")] = None
            continue
        for node in nodes:
            matches = node.cpe_match or []
            count += len(matches)
            if count > MAX_MATCHES:
                left[Left("too_many", f"more than {MAX_MATCHES} CPE names")] = None
                return
            if _is_and(node) and not all(map(_can_be_here, matches)):
                left[Left("other_platform", "only on other systems than Linux")] = None
                continue
            yield from (match for match in matches if match.vulnerable)


def _is_and(node: Node) -> bool:
    return (node.operator or "OR").upper() == "AND"


def _possible(node: Node) -> bool:
    """Say whether a node can apply on Linux, as one of several that have to."""
    matches = node.cpe_match or []
    choose = all if _is_and(node) else any
    return not matches or choose(map(_can_be_here, matches))


def _can_be_here(match: CpeMatch) -> bool:
    name = _name(match.criteria)
    return name is None or name.part != "o" or not _FOREIGN.fullmatch(name.product)


def _name(criteria: str) -> _Name | None:
    """Return the fields of a CPE name (CPE 2.3, formatted string), None where it is none."""
    parts = _SPLIT.split(criteria) if len(criteria) <= 1_000 else []  # noqa: PLR2004  # as text.word
    if len(parts) != _PARTS or parts[:2] != ["cpe", "2.3"] or parts[2] not in {"a", "o", "h"}:
        return None
    vendor, product, version, update = (part.replace("\\", "") for part in parts[3:7])
    if vendor in _ANY or product in _ANY:
        return None
    name = word(normalised_name(CPE, f"{vendor}:{product}"))
    return _Name(parts[2], name, word(version), word(update), parts[10].replace("\\", "").lower())


def _versions(name: _Name) -> Iterator[str]:
    """Yield a version with its update, in both of the ways in which projects write them."""
    if name.update in {*_ANY, _NO_VERSION}:
        yield name.version
    else:
        yield f"{name.version}{name.update}"
        yield f"{name.version}-{name.update}"


def _bounds(match: CpeMatch) -> Iterator[Event]:
    start = match.version_start_including or match.version_start_excluding
    if not start and not match.version_end_including and not match.version_end_excluding:
        return
    yield "introduced", word(start) if start else "0"
    if match.version_end_excluding:
        yield "fixed", word(match.version_end_excluding)
    elif match.version_end_including:
        yield "last_affected", word(match.version_end_including)
