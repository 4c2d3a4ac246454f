"""The analyzer of base images (requirement row 4.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.inventory.bases import base_layers, claims, is_about, proper_bases
from scantling_analyzers.risks.baseimage.approval import approves
from scantling_analyzers.risks.baseimage.finding import missing_base
from scantling_analyzers.risks.baseimage.newer import newer_images, rebuild_on
from scantling_common.outcomes import BaseImage, BaseReport, Outcome, Versions

if TYPE_CHECKING:
    from scantling_analyzers.contract import ImageContent, KnownBase, Settings
    from scantling_analyzers.inventory.bases import Claim
    from scantling_common.risks import Risk

LIST: Final = "approved-bases"
MAX_CLAIMS: Final = 20


class BaseImageAnalyzer:
    """Tells on which images of the fleet an image is built.

    The image itself is among the known ones: an approved base needs no other base.

    Where the project has a list of approved base images, an image whose layers do not begin
    with one of them has a finding. Annotations and provenance are claims: they are shown, and
    are never enough to satisfy the list.
    """

    risk: Risk = "baseimage"
    version = 2
    readers = ()

    def analyze(self, image: ImageContent, settings: Settings) -> Outcome:
        """Return the bases, and a finding where none of them is approved and one is demanded."""
        entries = settings.list(LIST)
        approved = approves(entries or ())
        proper = proper_bases(image)
        named = claims(image)
        others = sorted(
            (base for base in image.bases if base not in proper and approved(base)),
            key=lambda base: base.digest,
        )
        proven = [
            _proven(base, named, approved=approved(base))
            for base in (*others, *proper)
            if base.digest != image.digest
        ]
        claimed = _claimed(named, proper)
        missing = entries is not None and not any(map(approved, image.bases))
        return Outcome(
            risk=self.risk,
            status="complete",
            findings=(missing_base(image, proven, claimed),) if missing else (),
            versions=Versions(version=str(self.version), settings=settings.version),
            base=BaseReport(
                bases=(*proven, *claimed),
                approved_list=entries is not None,
                layers=base_layers(image),
                rebuild_on=rebuild_on(image),
            ),
        )


def _proven(base: KnownBase, named: tuple[Claim, ...], *, approved: bool) -> BaseImage:
    return BaseImage(
        matched_by="layers",
        confidence="proven",
        digest=base.digest,
        references=base.references,
        chain_id=base.chain_id,
        layers=base.layers,
        approved=approved,
        named_by=tuple(sorted({claim.by for claim in named if is_about(claim, base)})),
        newer=newer_images(base),
    )


def _claimed(named: tuple[Claim, ...], proper: tuple[KnownBase, ...]) -> tuple[BaseImage, ...]:
    """Return the bases that are claimed and not proven.

    A provenance names every image that a build used, most of them for stages that were thrown
    away: it is of use only where nothing is proven.
    """
    return tuple(
        BaseImage(
            matched_by=claim.by,
            confidence="claimed",
            digest=claim.digest,
            references=(claim.name,) if claim.name else (),
        )
        for claim in named
        if not any(is_about(claim, base) for base in proper)
        and (claim.by == "annotation" or not proper)
    )[:MAX_CLAIMS]
