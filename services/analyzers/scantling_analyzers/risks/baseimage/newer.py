"""Newer builds of a base image: where its names were moved to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scantling_analyzers.inventory.bases import proper_bases
from scantling_common.outcomes import NewerImage

if TYPE_CHECKING:
    from scantling_analyzers.contract import ImageContent, KnownBase


def newer_images(base: KnownBase) -> tuple[NewerImage, ...]:
    """Return what the former names of a base show now, by name."""
    return tuple(
        NewerImage(reference=newer.reference, digest=newer.digest, since=_timestamp(newer.moved_at))
        for newer in sorted(base.newer)
    )


def rebuild_on(image: ImageContent) -> tuple[NewerImage, ...]:
    """Return the newer builds of the nearest base that the image is not built on already.

    Those of a base's own base are for whoever builds that one.
    """
    proper = proper_bases(image)
    known = {image.digest, *(base.digest for base in image.bases)}
    found = {
        newer.reference: newer
        for base in proper
        if base.layers == proper[0].layers
        for newer in newer_images(base)
        if newer.digest not in known
    }
    return tuple(found[reference] for reference in sorted(found))


def _timestamp(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return moment.isoformat().replace("+00:00", "Z")
