"""The port through which an image on this machine is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from types import TracebackType

    from scantling_common.images.digests import Digest
    from scantling_common.images.models import (
        ImageCandidate,
        ImageManifest,
        LocatedBlob,
        NotAnImage,
    )


class Source(Protocol):
    """A docker archive or an OCI layout: a context manager, and everything without a network."""

    def resolve(self) -> list[ImageCandidate | NotAnImage]:
        """Return what the source holds, one entry for each platform's image, in its order."""

    def manifest(self, digest: Digest) -> ImageManifest:
        """Return one image, its manifest and config verified against their digests."""

    def document(self, digest: Digest) -> tuple[bytes, str]:
        """Return an image's manifest as it would be pushed, and its media type."""

    def blob(self, digest: Digest) -> LocatedBlob:
        """Return where a config or layer stands; raises :class:`NotFound` where it doesn't."""

    def close(self) -> None:
        """Let go of the files."""

    def __enter__(self) -> Self:
        """Return the source."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the source."""
