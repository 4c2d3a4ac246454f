"""What is left of a zip that neither begins nor ends as one: its members, behind something else.

Only where a zip may be is it looked for: behind a script or what is loaded of a program, in what
begins like a zip but for a damaged header, and in what is called like one.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from scantling_analyzers.facts.archives.zip_headers import find_header
from scantling_analyzers.facts.binaries import elf

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENDINGS: Final = (
    ".zip",
    ".jar",
    ".war",
    ".ear",
    ".jmod",
    ".apk",
    ".aar",
    ".whl",
    ".egg",
    ".nupkg",
    ".hpi",
    ".xpi",
    ".vsix",
    ".docx",
    ".xlsx",
    ".pptx",
)
_PROGRAM: Final = b"MZ"
_PE: Final = struct.Struct("<4s2xH12xH2x")
_PE_MAGIC: Final = b"PE\0\0"
_PE_PLACE: Final = struct.Struct("<60xI")
_PE_SECTION: Final = struct.Struct("<16x2I16x")
_MAX_SECTIONS: Final = 1024


def has_lost_members(data: memoryview, name: str) -> bool:
    """Tell whether a member of a zip stands in a file of this name where a zip may be."""
    start = bytes(data[:4])
    if start == elf.MAGIC:
        begin = elf.loaded_end(data)
    elif start.startswith(_PROGRAM):
        begin = max(_sections(data), default=data.nbytes)
    elif start.startswith((b"#!", b"PK")) or name.lower().endswith(_ENDINGS):
        begin = 0
    else:
        return False
    return find_header(data[begin:]) is not None


def _sections(data: memoryview) -> Iterator[int]:
    """Yield where the sections of a program of Windows end in the file (PE format, 3 and 4)."""
    if data.nbytes < _PE_PLACE.size:
        return
    (at,) = _PE_PLACE.unpack_from(data)
    if at + _PE.size > data.nbytes:
        return
    magic, count, optional = _PE.unpack_from(data, at)
    at += _PE.size + optional
    if magic != _PE_MAGIC or count > _MAX_SECTIONS:
        return
    for place in range(at, at + count * _PE_SECTION.size, _PE_SECTION.size):
        if place + _PE_SECTION.size <= data.nbytes:
            size, offset = _PE_SECTION.unpack_from(data, place)
            yield offset + size
