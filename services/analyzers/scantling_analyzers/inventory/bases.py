"""What an image says of its base, and how much of it is base: the same for all risk types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from scantling_analyzers.contract import ImageContent, KnownBase

BASE_NAME: Final = "org.opencontainers.image.base.name"
BASE_DIGEST: Final = "org.opencontainers.image.base.digest"


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A base that an image names: ``by`` is *annotation* or *provenance*; nothing is proved."""

    by: str
    name: str = ""
    digest: str = ""


def claims(image: ImageContent) -> tuple[Claim, ...]:
    """Return the bases that an image names (OCI image specification, annotations.md; SLSA).

    A label stands for an annotation that is not there.
    """
    name = image.annotations.get(BASE_NAME) or image.labels.get(BASE_NAME, "")
    digest = image.annotations.get(BASE_DIGEST) or image.labels.get(BASE_DIGEST, "")
    found = [Claim(by="annotation", name=name, digest=digest)] if name or digest else []
    found += [
        Claim(by="provenance", name=material.name, digest=material.digest)
        for material in image.provenance
    ]
    return tuple(found)


def is_about(claim: Claim, base: KnownBase) -> bool:
    """Say whether a claim names a base: by digest, or by a name where it gives no digest."""
    if claim.digest:
        return claim.digest == base.digest or claim.digest in base.indexes
    return claim.name in {*base.references, *(newer.reference for newer in base.newer)}


def proper_bases(image: ImageContent) -> tuple[KnownBase, ...]:
    """Return the known images that this one is built on, the one with most layers first.

    An image of the very same layers is as well another build of this one: it counts only where
    the image names it.
    """
    named = claims(image)
    found = [
        base
        for base in image.bases
        if base.digest != image.digest
        and (base.layers < len(image.layers) or any(is_about(claim, base) for claim in named))
    ]
    return tuple(sorted(found, key=lambda base: (-base.layers, base.digest)))


def base_layers(image: ImageContent) -> int:
    """Return how many of the lowest layers are the base's, 0 where no base is proved."""
    return max((base.layers for base in proper_bases(image)), default=0)
