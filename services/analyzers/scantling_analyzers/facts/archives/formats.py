"""What kind of archive a file is, by its first bytes: names are not believed.

Of a zip the last ones count, too: anything may stand before it.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from scantling_analyzers.facts.archives.zip_archive import ends_as_zip
from scantling_common.layers import header
from scantling_common.layers.errors import TarError
from scantling_common.layers.header import BLOCK

_ZIP: Final = b"PK\x03\x04"
_SPANNED_ZIP: Final = b"PK\x07\x08PK\x03\x04"
_GZIP: Final = b"\x1f\x8b\x08"
_BZIP2: Final = b"BZh"
_BZIP2_BLOCKS: Final = (b"1AY&SY", b"\x17rE8P\x90")
"""What follows the level: a block, or the end of a stream that has none."""
_SKIPPABLE: Final = b"\x2a\x4d\x18"
_CHECKSUM: Final = slice(148, 154)
_USTAR: Final = slice(257, 262)
_CPIO_HEADER: Final = {b"070701": 110, b"070702": 110, b"070707": 76}
_CPIO_MAGIC: Final = 6
_LZIP: Final = b"LZIP\x01"


class Format(Enum):
    """A kind of archive or compression; the value is what people call it."""

    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    XZ = "xz"
    BZIP2 = "bzip2"
    ZSTD = "zstd"
    AR = "ar"
    SEVEN_ZIP = "7z"
    RAR = "rar"
    CABINET = "cab"
    LZ4 = "lz4"
    LZIP = "lzip"
    RPM = "rpm"
    CPIO = "cpio"


UNSUPPORTED: Final = frozenset(
    {
        Format.SEVEN_ZIP,
        Format.RAR,
        Format.CABINET,
        Format.LZ4,
        Format.LZIP,
        Format.RPM,
    }
)
"""What is recognised and not unpacked: what is in it was not looked at, and that is said."""

STREAMS: Final = frozenset({Format.GZIP, Format.XZ, Format.BZIP2, Format.ZSTD})
"""Compressions of one file."""

_MAGICS: Final = (
    (_ZIP, Format.ZIP),
    (_SPANNED_ZIP, Format.ZIP),
    (_GZIP, Format.GZIP),
    (b"\xfd7zXZ\0", Format.XZ),
    (b"\x28\xb5\x2f\xfd", Format.ZSTD),
    (b"!<arch>\n", Format.AR),
    (b"7z\xbc\xaf\x27\x1c", Format.SEVEN_ZIP),
    (b"Rar!\x1a\x07", Format.RAR),
    (b"MSCF\0\0\0\0", Format.CABINET),
    (b"\x04\x22\x4d\x18", Format.LZ4),
    (_LZIP, Format.LZIP),
    (b"\xed\xab\xee\xdb\x03", Format.RPM),
    (b"070701", Format.CPIO),
    (b"070702", Format.CPIO),
    (b"070707", Format.CPIO),
)
_FIRST_BYTES: Final = frozenset(magic[0] for magic, _ in _MAGICS)


def format_of(data: memoryview) -> Format | None:
    """Return what kind of archive a file is, None for one that is none."""
    start = bytes(data[:16])
    if start and start[0] in _FIRST_BYTES:
        for magic, found in _MAGICS:
            if start.startswith(magic) and (found is not Format.CPIO or _is_cpio(data)):
                return found
    if start[1:4] == _SKIPPABLE and start[0] & 0xF0 == 0x50:  # noqa: PLR2004  # RFC 8878, 3.1.2
        return Format.ZSTD
    if start.startswith(_BZIP2) and start[4:10] in _BZIP2_BLOCKS:
        return Format.BZIP2
    if _is_tar(data):
        return Format.TAR
    return Format.ZIP if ends_as_zip(data) else None


def _is_cpio(data: memoryview) -> bool:
    """Tell whether the fields of a first header are numbers: its magic may be any text's."""
    header = bytes(data[: _CPIO_HEADER[bytes(data[:6])]])
    return len(header) > _CPIO_MAGIC and not header.strip(b"0123456789abcdefABCDEF")


def _is_tar(data: memoryview) -> bool:
    """Tell whether a file begins with the header of a tar archive, by its sum."""
    if data.nbytes < BLOCK or not data[0]:
        return False
    if bytes(data[_USTAR]) != b"ustar" and not bytes(data[_CHECKSUM]).strip(b" \0").isdigit():
        return False
    block = bytes(data[:BLOCK])
    try:
        return header.byte_sum(block) == header.ChecksumCache()[block[148:156]]
    except TarError:
        return False
