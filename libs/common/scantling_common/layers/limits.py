"""How much of a layer is read; everything beyond is an error, never left out in silence."""

from __future__ import annotations

import msgspec

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


class LayerLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds for one layer. Sizes are in bytes.

    ``ratio`` bounds uncompressed / compressed size and counts only once ``ratio_floor`` bytes
    have come out, because small layers of zeros are normal. ``header_bytes`` bounds one GNU
    long name or pax header, ``sparse_segments`` the data regions of all sparse files of the
    layer together, ``file_bytes`` what is materialised for one sparse file.
    """

    compressed_bytes: int = 32 * GIB
    uncompressed_bytes: int = 64 * GIB
    ratio: int = 250
    ratio_floor: int = 1 * GIB
    zstd_window_bytes: int = 128 * MIB
    entries: int = 5_000_000
    name_bytes: int = 4096
    link_bytes: int = 4096
    header_bytes: int = 1 * MIB
    names_bytes: int = 1 * GIB
    hostile_entries: int = 1000
    sparse_segments: int = 1_000_000
    file_bytes: int = 1 * GIB


DEFAULT_LIMITS = LayerLimits()
