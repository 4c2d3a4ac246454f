"""Archives, file systems and disks that are told by their magic numbers, and not unpacked.

Where a magic number is short, fields beside it must be possible, too: no other file is to be
called an archive that nobody looked into.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final, Literal

from scantling_analyzers.facts.archives.kinds import Format

if TYPE_CHECKING:
    from collections.abc import Callable

_PLACED: Final = (
    (0, b"Rar!\x1a\x07", Format.RAR),
    (0, b"MSCF\0\0\0\0", Format.CABINET),
    (0, b"\x04\x22\x4d\x18", Format.LZ4),
    (0, b"\x02\x21\x4c\x18", Format.LZ4_LEGACY),
    (0, b"LZIP\x01", Format.LZIP),
    (0, b"\xed\xab\xee\xdb\x03", Format.RPM),
    (0, b"\x89LZO\0\r\n\x1a\n", Format.LZOP),
    (0, b"LRZI\0", Format.LRZIP),
    (0, b"\xff\x06\0\0sNaPpY", Format.SNAPPY),
    (0, b"xar!\0", Format.XAR),
    (0, b"MSWIM\0\0\0", Format.WIM),
    (0, b"ITSF\x03\0\0\0", Format.HELP),
    (0, b"QFI\xfb\0\0\0", Format.QCOW),
    (0, b"vhdxfile", Format.VHDX),
    (0, b"conectix", Format.VHD),
    (0, b"-rom1fs-", Format.ROMFS),
    (7, b"**ACE**", Format.ACE),
    (20, b"\xdc\xa7\xc4\xfd", Format.ZOO),
    (16, b"Compressed ROMFS", Format.CRAMFS),
    (528, b"Compressed ROMFS", Format.CRAMFS),
    (64, b"\x7f\x10\xda\xbe", Format.VDI),
    (512, b"EFI PART\0\0", Format.PARTITIONS),
    (1024, b"\xe2\xe1\xf5\xe0", Format.EROFS),
    (0x8001, b"CD001\x01", Format.ISO9660),
    (0x10040, b"_BHRfS_M", Format.BTRFS),
)
_IMAGE_END: Final = 512
_KOLY: Final = b"koly\0\0\0\x04\0\0\x02\0"
_FOOTER: Final = b"conectix\0\0\0"
_SQUASHFS: Final[dict[bytes, Literal["little", "big"]]] = {b"hsqs": "little", b"sqsh": "big"}
_LHA_METHODS: Final = frozenset(b"01234567dxs")
_SECTOR_SIZES: Final = frozenset(1 << n for n in range(9, 17))


def unread_format(data: memoryview) -> Format | None:
    """Return what a file is that is not unpacked, None if it is nothing of the kind."""
    if _SIGNS.match(data) and (found := _by_start(data)) is not None:
        return found
    end = bytes(data[-_IMAGE_END:])
    if end.startswith(_KOLY):
        return Format.DMG
    return Format.VHD if end.startswith(_FOOTER) else None


def _by_start(data: memoryview) -> Format | None:
    for at, magic, found in _PLACED:
        if bytes(data[at : at + len(magic)]) == magic:
            return found
    return next((found for _, is_one, found in _CHECKED if is_one(data)), None)


def _is_compress(data: memoryview) -> bool:
    """Tell ``.Z``: the width of codes is from 9 to 16 bits, two bits beside it are free."""
    if bytes(data[:2]) != b"\x1f\x9d" or data.nbytes <= 3:  # noqa: PLR2004  # the header
        return False
    return not data[2] & 0x60 and 9 <= data[2] & 0x1F <= 16  # noqa: PLR2004  # as said


def _is_lha(data: memoryview) -> bool:
    """Tell lha: the method stands in ``-lh5-``, the level of the header is at byte 20."""
    method = bytes(data[2:7])
    if method[:3] not in {b"-lh", b"-lz", b"-pm"} or method[4:] != b"-" or data.nbytes <= 21:  # noqa: PLR2004  # the shortest header
        return False
    return method[3] in _LHA_METHODS and data[20] <= 3  # noqa: PLR2004  # the highest level


def _is_arj(data: memoryview) -> bool:
    """Tell arj: the size of the main header is limited, its type is 2."""
    if bytes(data[:2]) != b"\x60\xea" or data.nbytes < 34:  # noqa: PLR2004  # the fixed header
        return False
    size, first = int.from_bytes(data[2:4], "little"), data[4]
    return 30 <= first <= size <= 2600 and data[10] == 2  # noqa: PLR2004  # arj's technote


def _is_squashfs(data: memoryview) -> bool:
    """Tell squashfs in both orders of bytes, by magic and major version."""
    if data.nbytes < 96:  # noqa: PLR2004  # the superblock
        return False
    order = _SQUASHFS.get(bytes(data[:4]))
    return order is not None and 1 <= int.from_bytes(data[28:30], order) <= 4  # noqa: PLR2004  # the newest


def _is_vmdk(data: memoryview) -> bool:
    return bytes(data[:4]) in {b"KDMV", b"COWD"} and bytes(data[5:8]) == b"\0\0\0"


def _is_xfs(data: memoryview) -> bool:
    if bytes(data[:4]) != b"XFSB" or data.nbytes < 512:  # noqa: PLR2004  # a sector
        return False
    return struct.unpack_from(">I", data, 4)[0] in _SECTOR_SIZES


def _is_ext(data: memoryview) -> bool:
    """Tell ext2, ext3 and ext4 by the superblock at byte 1024: its magic has two bytes only."""
    if bytes(data[0x438:0x43A]) != b"\x53\xef" or data.nbytes < 2048:  # noqa: PLR2004  # one block
        return False
    inodes, blocks = struct.unpack_from("<II", data, 1024)
    first, size, _, per_group = struct.unpack_from("<IIII", data, 1024 + 20)
    (revision,) = struct.unpack_from("<I", data, 1024 + 76)
    if not inodes or not blocks or first > 1 or size > 6 or revision > 1:  # noqa: PLR2004  # 64 KiB
        return False
    return bool(0 < per_group <= 8 * (1024 << size))


def _is_fat(data: memoryview) -> bool:
    """Tell a FAT file system by its boot sector: its name, and how large sectors are."""
    if bytes(data[510:512]) != b"\x55\xaa" or data[0] not in {0xEB, 0xE9}:
        return False
    if bytes(data[54:59]) not in {b"FAT12", b"FAT16"} and bytes(data[82:87]) != b"FAT32":
        return False
    # A boot sector alone is a program: it holds no file.
    return struct.unpack_from("<H", data, 11)[0] in _SECTOR_SIZES and data.nbytes > 512  # noqa: PLR2004  # the sector


def _is_appimage(data: memoryview) -> bool:
    """Tell a program with a file system behind it."""
    return bytes(data[:4]) == b"\x7fELF" and bytes(data[8:11]) in {b"AI\x01", b"AI\x02"}


_CHECKED: Final[tuple[tuple[bytes, Callable[[memoryview], bool], Format], ...]] = (
    (rb"\x1f\x9d", _is_compress, Format.COMPRESS),
    (rb"..-(?:lh|lz|pm)", _is_lha, Format.LHA),
    (rb"\x60\xea", _is_arj, Format.ARJ),
    (rb"hsqs|sqsh", _is_squashfs, Format.SQUASHFS),
    (rb"KDMV|COWD", _is_vmdk, Format.VMDK),
    (rb"XFSB", _is_xfs, Format.XFS),
    (rb".{1080}\x53\xef", _is_ext, Format.EXT),
    (rb"[\xeb\xe9].{509}\x55\xaa", _is_fat, Format.FAT),
    (rb"\x7fELF.{4}AI", _is_appimage, Format.APPIMAGE),
)
"""By what expression a file of a format begins, and what decides."""

_SIGNS: Final = re.compile(
    b"|".join(
        [
            *(b".{%d}%s" % (at, re.escape(magic)) for at, magic, _ in _PLACED),
            *(sign for sign, _, _ in _CHECKED),
        ]
    ),
    re.DOTALL,
)
"""Matches the beginning of whatever could be one of all these: hardly any file does."""
