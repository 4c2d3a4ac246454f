"""The analyzer of software information (requirement rows 4.5 and 1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.facts.models import ContentSets, Distribution
from scantling_analyzers.inventory.distribution import distribution_of
from scantling_analyzers.inventory.packages import READERS, packages_of
from scantling_analyzers.inventory.support import unsupported_reason
from scantling_analyzers.risks.omissions import omissions, status_of
from scantling_analyzers.risks.software.agreement import agreements
from scantling_common.outcomes import (
    DistributionEntry,
    Outcome,
    OutcomeError,
    Versions,
)

if TYPE_CHECKING:
    from scantling_analyzers.contract import ImageContent, Settings
    from scantling_common.risks import Risk

MAX_CONTENT_SETS: Final = 256
"""How many repositories of an image the outcome lists."""
_LONGEST: Final = 256


class SoftwareAnalyzer:
    """Lists the packages that are visible in an image, each with its package URL."""

    risk: Risk = "software"
    version = 5
    readers = READERS

    def analyze(self, image: ImageContent, settings: Settings) -> Outcome:
        """Return the packages in a stable order; *partial* where a database can't be read.

        *Unsupported* where the distribution's package manager is not known; what was found all
        the same, of languages, is listed.
        """
        distribution = distribution_of(image)
        packages = packages_of(image, distribution)
        content_sets = _content_sets(image)
        errors = omissions(image) + _too_many(content_sets)
        status, code, reason = status_of(errors)
        unsupported = unsupported_reason(distribution, {entry.type for entry in packages})
        if unsupported:
            status, code, reason = "unsupported", "distribution_unsupported", unsupported
        return Outcome(
            risk=self.risk,
            status=status,
            code=code,
            reason=reason,
            errors=errors,
            versions=Versions(version=str(self.version), settings=settings.version),
            distribution=_distribution_entry(distribution, content_sets[:MAX_CONTENT_SETS]),
            packages=packages,
            sboms=agreements(image.sboms, packages),
        )


def _content_sets(image: ImageContent) -> tuple[str, ...]:
    found = {
        name[:_LONGEST]
        for located in image.visible()
        if isinstance(located.fact, ContentSets)
        for name in located.fact.sets
    }
    return tuple(sorted(found))


def _too_many(content_sets: tuple[str, ...]) -> tuple[OutcomeError, ...]:
    if len(content_sets) <= MAX_CONTENT_SETS:
        return ()
    message = f"the image has {len(content_sets)} content sets, {MAX_CONTENT_SETS} are listed"
    return (OutcomeError(path="", layer="", code="too_many", message=message),)


def _distribution_entry(
    distribution: Distribution | None, content_sets: tuple[str, ...]
) -> DistributionEntry | None:
    if distribution is None:
        return None
    return DistributionEntry(
        id=distribution.id,
        version_id=distribution.version_id,
        name=distribution.pretty_name or distribution.name,
        service_pack=distribution.service_pack,
        edition=distribution.edition,
        content_sets=content_sets,
    )
