"""What kind of archive a file is, by its first bytes: names are not believed.

Of a zip the last ones count, too: anything may stand before it. Where both are damaged, a name is
a reason to look for what is left.
"""

from __future__ import annotations

from typing import Final

from scantling_analyzers.facts.archives import lzma_alone, tar_archive
from scantling_analyzers.facts.archives.kinds import Format
from scantling_analyzers.facts.archives.unread import unread_format
from scantling_analyzers.facts.archives.zip_archive import ends_as_zip
from scantling_analyzers.facts.archives.zip_remains import has_lost_members

_BZIP2: Final = b"BZh"
_BZIP2_BLOCKS: Final = (b"1AY&SY", b"\x17rE8P\x90")
"""What follows the level: a block, or the end of a stream that has none."""
_SKIPPABLE: Final = b"\x2a\x4d\x18"
_CPIO_HEADER: Final = {b"070701": 110, b"070702": 110, b"070707": 76}
_CPIO_MAGIC: Final = 6

_MAGICS: Final = (
    (b"PK\x03\x04", Format.ZIP),
    (b"PK\x07\x08PK\x03\x04", Format.ZIP),
    (b"\x1f\x8b\x08", Format.GZIP),
    (b"\xfd7zXZ\0", Format.XZ),
    (b"\x28\xb5\x2f\xfd", Format.ZSTD),
    (b"7z\xbc\xaf\x27\x1c", Format.SEVEN_ZIP),
    (b"!<arch>\n", Format.AR),
    (b"070701", Format.CPIO),
    (b"070702", Format.CPIO),
    (b"070707", Format.CPIO),
)
_FIRST_BYTES: Final = frozenset(magic[0] for magic, _ in _MAGICS)


def format_of(data: memoryview, name: str = "") -> Format | None:
    """Return what kind of archive a file of this name is, None for one that is none.

    What is unpacked comes before what is not, and what says that there is more behind its end
    before what does not: a file can be two kinds at once.
    """
    start = bytes(data[:16])
    if start and start[0] in _FIRST_BYTES:
        for magic, found in _MAGICS:
            if start.startswith(magic) and (found is not Format.CPIO or _is_cpio(data)):
                return found
    if start[1:4] == _SKIPPABLE and start[0] & 0xF0 == 0x50:  # noqa: PLR2004  # RFC 8878, 3.1.2
        return Format.ZSTD
    if start.startswith(_BZIP2) and start[4:10] in _BZIP2_BLOCKS:
        return Format.BZIP2
    if tar_archive.begin(data) is not None:
        return Format.TAR
    if lzma_alone.begins(data):
        return Format.LZMA
    return unread_format(data) or (Format.ZIP if _holds_zip(data, name) else None)


def _holds_zip(data: memoryview, name: str) -> bool:
    return ends_as_zip(data) or has_lost_members(data, name)


def _is_cpio(data: memoryview) -> bool:
    """Tell whether the fields of a first header are numbers: its magic may be any text's."""
    header = bytes(data[: _CPIO_HEADER[bytes(data[:6])]])
    return len(header) > _CPIO_MAGIC and not header.strip(b"0123456789abcdefABCDEF")
