"""Archives, file systems and disks that are told by their magic numbers, and not unpacked.

Where a magic number is short, fields beside it must be possible, too: no other file is to be
called an archive that nobody looked into.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, Literal

from scantling_analyzers.facts.archives.kinds import Format

if TYPE_CHECKING:
    from collections.abc import Callable

_START: Final = (
    (b"7z\xbc\xaf\x27\x1c", Format.SEVEN_ZIP),
    (b"Rar!\x1a\x07", Format.RAR),
    (b"MSCF\0\0\0\0", Format.CABINET),
    (b"\x04\x22\x4d\x18", Format.LZ4),
    (b"\x02\x21\x4c\x18", Format.LZ4_LEGACY),
    (b"LZIP\x01", Format.LZIP),
    (b"\xed\xab\xee\xdb\x03", Format.RPM),
    (b"\x89LZO\0\r\n\x1a\n", Format.LZOP),
    (b"LRZI\0", Format.LRZIP),
    (b"\xff\x06\0\0sNaPpY", Format.SNAPPY),
    (b"xar!\0", Format.XAR),
    (b"MSWIM\0\0\0", Format.WIM),
    (b"ITSF\x03\0\0\0", Format.HELP),
    (b"QFI\xfb\0\0\0", Format.QCOW),
    (b"vhdxfile", Format.VHDX),
    (b"conectix", Format.VHD),
    (b"-rom1fs-", Format.ROMFS),
)
_FIRST_BYTES: Final = frozenset(magic[0] for magic, _ in _START)
_ELSEWHERE: Final = (
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
    start = bytes(data[:128])
    if start and start[0] in _FIRST_BYTES:
        for magic, found in _START:
            if start.startswith(magic):
                return found
    for at, magic, found in _ELSEWHERE:
        if bytes(data[at : at + len(magic)]) == magic:
            return found
    for is_one, found in _CHECKED:
        if is_one(data):
            return found
    end = bytes(data[-_IMAGE_END:])
    if end.startswith(_KOLY):
        return Format.DMG
    return Format.VHD if end.startswith(_FOOTER) else None


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


_CHECKED: Final[tuple[tuple[Callable[[memoryview], bool], Format], ...]] = (
    (_is_compress, Format.COMPRESS),
    (_is_lha, Format.LHA),
    (_is_arj, Format.ARJ),
    (_is_squashfs, Format.SQUASHFS),
    (_is_vmdk, Format.VMDK),
    (_is_xfs, Format.XFS),
    (_is_ext, Format.EXT),
    (_is_fat, Format.FAT),
    (_is_appimage, Format.APPIMAGE),
)
