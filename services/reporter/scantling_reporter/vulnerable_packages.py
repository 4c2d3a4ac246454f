"""How many vulnerabilities each package of an image has."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from scantling_reporter.merge.summary import is_suppressed

if TYPE_CHECKING:
    from scantling_common.outcomes import Outcome, PackageEntry


class VulnerablePackages:
    """Counts the different open vulnerabilities of packages, by package URL or else by name."""

    def __init__(self, outcome: Outcome | None) -> None:
        """Count in the outcome of risk type ``vulnerability``, None where there is none."""
        self._judged = outcome is not None and outcome.status in {"complete", "partial"}
        self._by_purl: defaultdict[str, set[str]] = defaultdict(set)
        self._by_name: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for finding in outcome.findings if outcome is not None else ():
            if is_suppressed(finding):
                continue
            known = finding.vulnerability
            if known is not None and known.purl:
                self._by_purl[known.purl].add(finding.id)
            else:
                self._by_name[finding.package, finding.version].add(finding.id)

    def number_of(self, package: PackageEntry) -> int | UnsetType:
        """Return how many a package has, one at two paths once.

        That there are none is said only where the analysis was made: one that is *unsupported*
        may have findings of the packages that could be judged.
        """
        named = self._by_name.get((package.name, package.version), set())
        number = len(named | self._by_purl.get(package.purl, set()))
        return number if number or self._judged else UNSET
