"""How much of a Java archive is read; everything beyond is an error at its inner path."""

from __future__ import annotations

from typing import Final

import msgspec

KIB: Final = 1024
MIB: Final = 1024 * KIB
GIB: Final = 1024 * MIB


class JavaLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds for one file of a layer, however the archives in it nest. Sizes are in bytes.

    ``archive_bytes`` bounds the file itself, ``nested_bytes`` one packed archive within it,
    ``metadata_bytes`` one manifest, pom.properties or pom.xml, ``inflated_bytes`` all of that
    together, ``stored_bytes`` all archives together that are stored unpacked. ``ratio`` bounds
    plain / packed size of a member and counts only from ``ratio_floor`` plain bytes on.
    ``members`` counts those of all archives together, ``depth`` is how deep archives may nest,
    ``seconds`` is how long the whole may take.
    """

    archive_bytes: int = 8 * GIB
    nested_bytes: int = 256 * MIB
    metadata_bytes: int = 4 * MIB
    inflated_bytes: int = 4 * GIB
    stored_bytes: int = 16 * GIB
    ratio: int = 200
    ratio_floor: int = 16 * MIB
    members: int = 1_000_000
    depth: int = 16
    seconds: float = 120.0


DEFAULT_LIMITS: Final = JavaLimits()
