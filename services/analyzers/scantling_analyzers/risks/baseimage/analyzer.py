"""The analyzer of base images (requirement row 4.10)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from scantling_analyzers.risks.baseimage.approval import approves
from scantling_common.outcomes import BaseImage, BaseReport, Finding, Outcome, Versions

if TYPE_CHECKING:
    from scantling_analyzers.contract import ImageContent, Settings
    from scantling_common.risks import Risk

BASE_NAME: Final = "org.opencontainers.image.base.name"
BASE_DIGEST: Final = "org.opencontainers.image.base.digest"
LIST: Final = "approved-bases"


class BaseImageAnalyzer:
    """Tells on which images of the fleet an image is built.

    The image itself is among the known ones: an approved base needs no other base.

    Where the project has a list of approved base images, an image whose layers do not begin
    with one of them has a finding. An annotation is the image's own word: it is shown, and is
    never enough to satisfy the list.
    """

    risk: Risk = "baseimage"
    version = 1
    readers = ()

    def analyze(self, image: ImageContent, settings: Settings) -> Outcome:
        """Return the bases, and a finding where none of them is approved and one is demanded."""
        entries = settings.list(LIST)
        approved = approves(entries or ())
        by_layers = [
            BaseImage(
                matched_by="layers",
                digest=base.digest,
                references=base.references,
                chain_id=base.chain_id,
                layers=base.layers,
                approved=approved(base),
            )
            for base in sorted(image.bases, key=lambda b: (-b.layers, b.digest))
        ]
        claimed = _claimed(image)
        missing = entries is not None and not any(base.approved for base in by_layers)
        by_layers = [base for base in by_layers if base.digest != image.digest]
        return Outcome(
            risk=self.risk,
            status="complete",
            findings=(_finding(image, by_layers, claimed),) if missing else (),
            versions=Versions(version=str(self.version), settings=settings.version),
            base=BaseReport(
                bases=(*by_layers, *((claimed,) if claimed else ())),
                approved_list=entries is not None,
            ),
        )


def _claimed(image: ImageContent) -> BaseImage | None:
    name = image.annotations.get(BASE_NAME) or image.labels.get(BASE_NAME, "")
    digest = image.annotations.get(BASE_DIGEST) or image.labels.get(BASE_DIGEST, "")
    if not name and not digest:
        return None
    return BaseImage(matched_by="annotation", digest=digest, references=(name,) if name else ())


def _finding(image: ImageContent, bases: list[BaseImage], claimed: BaseImage | None) -> Finding:
    known = next((ref for base in bases for ref in base.references or (base.digest,)), "")
    claim = next(iter(claimed.references), claimed.digest) if claimed else ""
    rule = "base-image-not-approved"
    return Finding(
        id=rule,
        fingerprint=hashlib.sha256(f"{rule}\x00{known}".encode()).hexdigest()[:32],
        risk="baseimage",
        severity="medium",
        title="The image is not built on an approved base image",
        layer=image.layers[0].diff_id if image.layers else "",
        package=known or claim,
        description=_what(known, claim),
        solution="Build the image on one of the base images of the list approved-bases.",
    )


def _what(known: str, claim: str) -> str:
    if known:
        return f"Its layers begin with {known}, which the list approved-bases does not name."
    if claim:
        return f"It says that it is built on {claim}, but its layers do not prove that."
    return "Its layers begin with no image that Scantling knows."
