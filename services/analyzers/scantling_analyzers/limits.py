"""How much of an image is read: everything that can be set, in one place.

Going over a limit makes the outcome *partial*, with the path and the reason. What no user needs to
change (the records of one file, the length of one value) is a constant beside the code it bounds.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Final

import msgspec

from scantling_common.layers.limits import GIB, MIB, LayerLimits, bound


class ArchiveLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds for one archive in a layer (Java, eggs, Yarn's cache), however those in it nest.

    A part that is over one of them is an error at its inner path.
    """

    archive_bytes: Annotated[int, bound("the archive itself", "bytes")] = 8 * GIB
    nested_bytes: Annotated[int, bound("one packed archive within it", "bytes")] = 256 * MIB
    metadata_bytes: Annotated[int, bound("one manifest or record", "bytes")] = 4 * MIB
    inflated_bytes: Annotated[int, bound("all that is inflated", "bytes")] = 4 * GIB
    stored_bytes: Annotated[
        int, bound("all archives and records that are stored within it", "bytes")
    ] = 16 * GIB
    ratio: Annotated[int, bound("plain / packed size of a member, from `ratio_floor` on")] = 200
    ratio_floor: Annotated[int, bound("the size up to which any ratio is normal", "bytes")] = (
        16 * MIB
    )
    members: Annotated[int, bound("members of it and all archives within it")] = 1_000_000
    depth: Annotated[int, bound("how deep archives nest")] = 16
    seconds: Annotated[float, bound("how long reading it may take", "s", gt=0, le=1e6)] = 120.0


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """All limits; the names of the fields are the tables of the file that sets them."""

    layer: LayerLimits = LayerLimits()
    archive: ArchiveLimits = ArchiveLimits()

    @property
    def mark(self) -> str:
        """Return a short text that is another one for other limits."""
        return hashlib.sha256(msgspec.msgpack.encode(self)).hexdigest()[:16]


DEFAULT_LIMITS: Final = Limits()
