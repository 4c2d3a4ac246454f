"""For which packages of a fleet a new build says something else; pure but for the databases.

A package whose streams are not among what differs has the same answer: it is not matched at all.
The others are matched under both builds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from scantling_analyzers.advisories.database.diff import differences
from scantling_analyzers.advisories.matching.matcher import Inventory
from scantling_analyzers.advisories.matching.subject import names_of
from scantling_common.outcomes import PackageEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from scantling_analyzers.advisories.matching.matcher import Matched, Matcher
    from scantling_common.outcomes import DistributionEntry, Finding
    from scantling_common.records.fleet import Package

MOST_KEYS: Final = 200_000
"""Over how many packages that differ it is no use to look which: then all are matched."""

Key = tuple[str, str]
"""Stream and name, as a database is asked."""


class Touched(msgspec.Struct, frozen=True):
    """What of two builds differs: these packages, or for ``everything`` who is asked at all.

    ``names`` are those of the keys: by them most packages are told to have nothing to do with it.
    """

    keys: frozenset[Key] = frozenset()
    names: frozenset[str] = frozenset()
    everything: bool = False


def touched(old: Path, new: Path) -> Touched:
    """Return what differs between two builds.

    Where a stream came or went, or repositories mean other products, other streams are asked.
    Raises :class:`~scantling_analyzers.advisories.database.errors.AdvisoriesError`.
    """
    keys: set[Key] = set()
    for each in differences(old, new):
        if each.kind != "package" or len(keys) >= MOST_KEYS:
            return Touched(everything=True)
        keys.add((each.stream, each.name))
    return Touched(frozenset(keys), frozenset(name for _, name in keys))


def changed(
    packages: Iterable[Package], differing: Touched, old: Matcher, new: Matcher
) -> Iterator[Package]:
    """Give those packages of which the new build says something else than the old one.

    What it says of their distribution counts for all of them.
    """
    systems: dict[DistributionEntry | None, bool] = {}
    for package in packages:
        entry = entry_of(package)
        distribution = package.body.distribution
        if distribution not in systems:
            systems[distribution] = _system(old, distribution) != _system(new, distribution)
        if systems[distribution]:
            yield package
            continue
        if not differing.everything and differing.names.isdisjoint(names_of(entry)):
            continue
        inventory = Inventory(packages=(entry,), distribution=distribution)
        if not differing.everything and not _is_touched(inventory, differing, new):
            continue
        if _answer(old.match(inventory)) != _answer(new.match(inventory)):
            yield package


def entry_of(package: Package) -> PackageEntry:
    """Return a package as it is matched, at no path of no image."""
    body = package.body
    return PackageEntry(
        name=package.name,
        version=package.version,
        type=package.type,
        purl=body.purl,
        path="",
        layer="",
        arch=package.arch,
        source_name=body.source_name,
        source_version=body.source_version,
        module=package.module,
        owner=package.owner,
        cpes=body.cpes,
        third_party=body.third_party,
    )


def _is_touched(inventory: Inventory, differing: Touched, matcher: Matcher) -> bool:
    return not differing.keys.isdisjoint(matcher.asked(inventory))


def _system(matcher: Matcher, distribution: DistributionEntry | None) -> tuple[object, ...]:
    """Return what is said of a distribution as such, as that nobody mends it any more."""
    coverage = matcher.match(Inventory(packages=(), distribution=distribution)).coverage
    return coverage.unsupported, coverage.missing, coverage.notes, coverage.end_of_life


def _answer(matched: Matched) -> bytes:
    """Return all that an image's outcome would say of it."""
    coverage = matched.coverage
    doubts = [doubt.advisories for doubt in matched.doubts]
    missing = coverage.unsupported, bool(coverage.left_out)
    findings = [_as_announced(each) for each in matched.findings]
    return msgspec.msgpack.encode((findings, missing, doubts))


def _as_announced(finding: Finding) -> Finding:
    """Return a finding without what changes every day for every vulnerability.

    A database's difference takes EPSS in steps of 0.01, too; a change of urgency shows by itself.
    """
    known = finding.vulnerability
    if known is None or known.epss is None:
        return finding
    coarse = replace(known, epss=round(known.epss, 2), epss_percentile=None)
    return replace(finding, vulnerability=coarse)
