"""What can be wrong with a layer.

A wrong digest of the compressed blob is :class:`scantling_common.images.errors.DigestMismatch`.
The tree::

    LayerError                       layer_invalid
    ├── BlobTruncated                blob_truncated        shorter than its descriptor says
    ├── CompressionInvalid           compression_invalid   broken gzip or zstd
    ├── DiffIdMismatch               diff_id_mismatch      the config lies about the content
    ├── SpillFailed                  spill_failed          no room for the plain tar
    ├── LayerTooLarge                layer_too_large       a limit of LayerLimits
    ├── TarError
    │   ├── TarInvalid               tar_invalid
    │   │   └── TarGoesOn            tar_invalid           after what may be its end
    │   └── TarTruncated             archive_truncated
    └── IndexInvalid                 index_invalid         a stored index that can't be decoded
"""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class LayerError(ScantlingError):
    """The layer can't be read."""

    code = "layer_invalid"


class BlobTruncated(LayerError):
    """The blob ends before the size that its descriptor states."""

    code = "blob_truncated"


class CompressionInvalid(LayerError):
    """The compressed data is broken."""

    code = "compression_invalid"


class DiffIdMismatch(LayerError):
    """The layer's content is not what the image's config claims."""

    code = "diff_id_mismatch"


class SpillFailed(LayerError):
    """The uncompressed layer can't be written to the temporary directory."""

    code = "spill_failed"


class LayerTooLarge(LayerError):
    """The layer is over a limit."""

    code = "layer_too_large"


class LayerOverdue(LayerError):
    """Reading the layer took longer than it may."""

    code = "deadline"


class TarError(LayerError):
    """The tar archive can't be read."""

    code = "tar_invalid"


class TarInvalid(TarError):
    """The tar archive is malformed."""

    code = "tar_invalid"


class TarGoesOn(TarInvalid):
    """The tar archive goes on after a single zero block."""

    def __init__(self, block: int, at: int) -> None:
        """Say where the block stands, and ``at`` which byte it goes on."""
        super().__init__(f"the archive goes on after a single zero block at byte {block}")
        self.at = at


class TarTruncated(TarError):
    """The tar archive ends in the middle of an entry."""

    code = "archive_truncated"


class IndexInvalid(LayerError):
    """The stored layer index can't be decoded."""

    code = "index_invalid"
