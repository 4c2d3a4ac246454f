"""How much of a source is read; what is over a limit is told of, never left out in silence."""

from __future__ import annotations

from typing import Final, NamedTuple

KIB: Final = 1024
MIB: Final = 1024 * KIB
GIB: Final = 1024 * MIB


class SourceLimits(NamedTuple):
    """Bounds for sources; sizes in bytes, decompressed unless said otherwise.

    The largest feeds known stay far below: NVD as one file has about 2 GiB, an export of all of
    OSV about a million entries.
    """

    document_bytes: int = 4 * GIB
    total_bytes: int = 256 * GIB
    """All documents of one file of the source."""
    entries: int = 3_000_000
    """Entries of one archive."""
    ratio: int = 1_000
    """Decompressed / compressed size, once ``ratio_floor`` is out; JSON reaches 100."""
    ratio_floor: int = 64 * MIB
    header_bytes: int = 1 * MIB
    """A long name or pax header of a tar archive."""
    memory_bytes: int = 512 * MIB
    """What a decompressor may ask for (the dictionary of xz, the window of zstd)."""
    files: int = 3_000_000
    """Files below a directory."""
    depth: int = 32
    """How deep directories are nested."""


LIMITS: Final = SourceLimits()
IN_MEMORY: Final = 8 * MIB
"""Documents up to this size are held in memory, larger ones in a temporary file."""
NESTED: Final = 1
"""How many archives may lie around an archive."""
