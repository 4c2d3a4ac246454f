"""How the older compression of LZMA (``.lzma``, ``.tlz``) is told: it has no magic number.

What ``xz`` and Python's ``lzma`` take for it unasked is a header of 13 bytes (properties, size of
the dictionary, size of the content or -1; LZMA SDK, lzma-specification) and data of which the
first byte is zero. As many other files begin so, the first of the data must unpack, too, and not
to zeros alone.
"""

from __future__ import annotations

import lzma
import struct
from typing import Final

from scantling_common.layers.limits import KIB, MIB

_HEADER: Final = struct.Struct("<BIQB")
"""Properties, dictionary, size, and the byte with which the data begins."""
_MOST_PROPERTIES: Final = 224
_LARGEST: Final = 1 << 38
"""What content can have, where its size is told."""
_UNKNOWN: Final = (1 << 64) - 1
_ANY_DICTIONARY: Final = (1 << 32) - 1
_TRIED: Final = 4 * KIB
_OUT: Final = 1 * MIB
_MEMORY: Final = 128 * MIB
_USUAL: Final = 0x5D
"""The properties that every packer writes unless told otherwise."""


def begins(data: memoryview) -> bool:
    """Tell whether a file begins with data that LZMA unpacks."""
    if data.nbytes <= _HEADER.size:
        return False
    properties, dictionary, size, first = _HEADER.unpack_from(data)
    if first or properties > _MOST_PROPERTIES or not _is_size(dictionary):
        return False
    return (0 < size < _LARGEST or size == _UNKNOWN) and _unpacks(data, properties)


def _is_size(dictionary: int) -> bool:
    """Tell whether a size is 2^n, or 2^n + 2^(n-1), or as much as there is."""
    if dictionary == _ANY_DICTIONARY:
        return True
    lowest = dictionary & -dictionary
    return dictionary > 0 and dictionary in {lowest, 3 * lowest}


def _unpacks(data: memoryview, properties: int) -> bool:
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_MEMORY)
    try:
        out = decompressor.decompress(bytes(data[:_TRIED]), _OUT)
    except lzma.LZMAError as error:
        # One that asks for too much memory is told when it is unpacked.
        return properties == _USUAL and "Memory usage limit" in str(error)
    return bool(out.strip(b"\0"))
