"""How much of an image's documents is read; everything beyond is an error with its limit's name."""

from __future__ import annotations

from typing import Final

import msgspec

MIB: Final = 1024 * 1024


class DocumentLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds for the documents of one image.

    ``document_bytes`` bounds each manifest, index and config, ``layers`` one manifest,
    ``manifests`` all that an index or layout leads to, the indexes inside it included,
    ``history`` the steps of one config, and ``nesting`` how deep indexes stand in indexes.
    """

    document_bytes: int = 4 * MIB
    layers: int = 1024
    manifests: int = 1024
    history: int = 4096
    nesting: int = 4


DOCUMENT_LIMITS: Final = DocumentLimits()


def raise_hint(limit: str) -> str:
    """Return what to do where an image is over the limit of this name."""
    return f"raise the limit {limit} if this image is wanted"
