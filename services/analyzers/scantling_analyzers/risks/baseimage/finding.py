"""The finding of an image that is not built on an approved base."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from scantling_common.outcomes import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_analyzers.contract import ImageContent
    from scantling_common.outcomes import BaseImage


def missing_base(
    image: ImageContent, proven: Sequence[BaseImage], claimed: Sequence[BaseImage]
) -> Finding:
    """Return the finding; its fingerprint is the same while the nearest known base is."""
    known = next((_name(base) for base in proven), "")
    claim = next((_name(base) for base in claimed), "")
    rule = "base-image-not-approved"
    return Finding(
        id=rule,
        fingerprint=hashlib.sha256(f"{rule}\x00{known}".encode()).hexdigest()[:32],
        risk="baseimage",
        severity="medium",
        title="The image is not built on an approved base image",
        layer=image.layers[0].diff_id if image.layers else "",
        package=known or claim,
        description=_what(proven, claim),
        solution="Build the image on one of the base images of the list approved-bases.",
    )


def _name(base: BaseImage) -> str:
    """Return the first name, former ones included: it stays when a tag moves on."""
    names = {*base.references, *(newer.reference for newer in base.newer)}
    return min(names, default=base.digest)


def _what(proven: Sequence[BaseImage], claim: str) -> str:
    if proven and not proven[0].references and proven[0].newer:
        newer = proven[0].newer[0]
        return (
            f"Its layers begin with what was {newer.reference} until {newer.since}. That name "
            "shows another image now, and the list approved-bases does not name the old one."
        )
    if proven:
        name = _name(proven[0])
        return f"Its layers begin with {name}, which the list approved-bases does not name."
    if claim:
        return f"It says that it is built on {claim}, but its layers do not prove that."
    return "Its layers begin with no image that Scantling knows."
