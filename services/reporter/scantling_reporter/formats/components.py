"""The packages of a report as bills of materials list them: each once, with all its places."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from msgspec import UnsetType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scantling_reporter.report import Report, ReportPackage

REFERENCE_DIGITS: Final = 24
"""How many hexadecimal digits of a hash tell components of one document apart."""


@dataclass(frozen=True, slots=True)
class Component:
    """One package at one or more paths.

    ``reference`` is made of what it is, so that it is the same in every document that lists it.
    """

    reference: str
    package: ReportPackage
    places: Sequence[ReportPackage]

    @property
    def licenses(self) -> tuple[str, ...]:
        """Return the licences that it has at any of its places."""
        if len(self.places) == 1:
            return self.package.licenses
        return tuple(dict.fromkeys(text for place in self.places for text in place.licenses))

    @property
    def sha1(self) -> str:
        """Return the SHA-1 of its file, empty where it has none or several."""
        different = {place.sha1 for place in self.places}
        return different.pop() if len(different) == 1 else ""


def components_of(report: Report) -> list[Component]:
    """Return the components of a report's software, in the order of their first path.

    A package that the operating system brought in one place and somebody else in another is two
    components: only one of them is a part of the system's package.
    """
    outcome = report.outcomes.get("software")
    if outcome is None or isinstance(outcome.packages, UnsetType):
        return []
    grouped: dict[tuple[str, ...], list[ReportPackage]] = {}
    for each in outcome.packages:
        key = (each.type, each.name, each.version, each.arch, each.purl, each.owner)
        grouped.setdefault(key, []).append(each)
    return [Component(_reference(key), places[0], places) for key, places in grouped.items()]


def contents_of(components: Iterable[Component]) -> Mapping[str, list[str]]:
    """Return which components are a part of which package of the system, by reference.

    What has an owner that is not among the components is not in it: it stands for itself.
    """
    components = list(components)
    by_name: dict[str, list[str]] = {}
    for each in components:
        by_name.setdefault(f"{each.package.type}:{each.package.name}", []).append(each.reference)
    contents: dict[str, list[str]] = {}
    for each in components:
        if not each.package.owner:
            continue
        for owner in by_name.get(each.package.owner, ()):
            if owner != each.reference:
                contents.setdefault(owner, []).append(each.reference)
    return contents


def split_version(version: str) -> tuple[str, str, str]:
    """Return epoch, version and release of a system package, empty where it has none."""
    epoch, colon, rest = version.partition(":")
    if not colon or not epoch.isdecimal():
        epoch, rest = "", version
    upstream, dash, release = rest.rpartition("-")
    return (epoch, upstream, release) if dash else (epoch, rest, "")


def _reference(key: tuple[str, ...]) -> str:
    text = "\x00".join(key).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:REFERENCE_DIGITS]
