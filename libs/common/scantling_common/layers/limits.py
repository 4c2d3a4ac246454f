"""How much of a layer is read; everything beyond is an error, never left out in silence."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

HIGHEST: Final = 1 << 60
"""The highest value of a limit: numbers stay within what files and sizes can be."""


def bound(what: str, unit: str = "", **range_: float) -> Meta:
    """Return how a limit is documented, and its range: from 0 on unless said otherwise."""
    given: dict[str, Any] = {"ge": 0, "le": HIGHEST, **range_}
    if "gt" in given:
        del given["ge"]
    return Meta(description=what, extra={"unit": unit}, **given)


class LayerLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds for one layer; it is read as far as they let it.

    Over ``name_bytes``, ``link_bytes`` and ``file_bytes`` is a single entry, which is told of;
    over ``hostile_entries`` entries are counted. Everything else ends the reading of the layer:
    what came before counts. A layer over ``compressed_bytes`` is not even fetched.
    """

    seconds: Annotated[float, bound("how long reading the layer may take", "s", gt=0, le=1e6)] = (
        600.0
    )
    compressed_bytes: Annotated[int, bound("the layer as it is stored", "bytes")] = 32 * GIB
    uncompressed_bytes: Annotated[int, bound("the layer's archive, unpacked", "bytes")] = 64 * GIB
    ratio: Annotated[int, bound("uncompressed / compressed size, once `ratio_floor` is out")] = 250
    ratio_floor: Annotated[int, bound("the size up to which any ratio is normal", "bytes")] = (
        1 * GIB
    )
    zstd_window_bytes: Annotated[
        int, bound("the memory that unpacking zstd asks for", "bytes", ge=KIB, le=2 * GIB)
    ] = 128 * MIB
    entries: Annotated[int, bound("entries of the archive")] = 5_000_000
    name_bytes: Annotated[
        int, bound("the path of one entry; 256 at least, which any has", "bytes", ge=256)
    ] = 4096
    link_bytes: Annotated[
        int, bound("the target of one link; 100 at least, which any has", "bytes", ge=100)
    ] = 4096
    header_bytes: Annotated[int, bound("one GNU long name or pax header", "bytes")] = 1 * MIB
    names_bytes: Annotated[int, bound("all paths together", "bytes")] = 1 * GIB
    hostile_entries: Annotated[
        int, bound("entries that address nothing and are told of by name; others are counted")
    ] = 1000
    sparse_segments: Annotated[int, bound("data regions of all sparse files together")] = 1_000_000
    file_bytes: Annotated[int, bound("one sparse file that is put together", "bytes")] = 1 * GIB


DEFAULT_LIMITS = LayerLimits()
