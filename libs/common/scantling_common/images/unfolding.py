"""What unfolding an index has met: each document once, however often indexes name it.

Without this an index of 1,024 entries, all of them one index that is made alike, leads to
billions of reads within any bound of depth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.images.errors import ManifestTooLarge
from scantling_common.images.limits import DOCUMENT_LIMITS, DocumentLimits, raise_hint

if TYPE_CHECKING:
    from scantling_common.images.digests import Digest


class Unfolding:
    """The manifests and indexes that one index leads to."""

    def __init__(self, limits: DocumentLimits = DOCUMENT_LIMITS) -> None:
        """Begin within limits."""
        self._limits = limits
        self._met: set[Digest] = set()

    def meets(self, digest: Digest) -> bool:
        """Say whether a document is met for the first time; raises :class:`ManifestTooLarge`."""
        if digest in self._met:
            return False
        if len(self._met) >= self._limits.manifests:
            raise ManifestTooLarge(
                f"the index leads to more than {self._limits.manifests:,} manifests",
                hint=raise_hint("manifests"),
            )
        self._met.add(digest)
        return True

    def check_depth(self, depth: int) -> None:
        """Raise :class:`ManifestTooLarge` for entries of an index that stands too deep."""
        if depth > self._limits.nesting:
            raise ManifestTooLarge(
                f"indexes are nested more than {self._limits.nesting} deep",
                hint=raise_hint("nesting"),
            )
