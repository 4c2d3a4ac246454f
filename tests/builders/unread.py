"""The first bytes of what is recognised and not unpacked, and of what only resembles it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


def at(*places: tuple[int, bytes], size: int = 0) -> bytes:
    """Return zeros, longer than any place needs, with bytes at places."""
    made = bytearray(max(size, *(offset + len(said) + 40 for offset, said in places)))
    for offset, said in places:
        made[offset : offset + len(said)] = said
    return bytes(made)


def ext(*, size: int = 2, revision: int = 1) -> bytes:
    """Return the superblock of ext4."""
    fields = struct.pack("<5I4I", 64, 256, 0, 9, 9, 0, size, size, 8192)
    return at((1024, fields), (0x438, b"\x53\xef"), (1100, bytes([revision])), size=4096)


def fat(*, size: int = 1024) -> bytes:
    """Return the boot sector of FAT16 with as much behind it."""
    boot = at(
        (0, b"\xeb\x3c\x90mkfs.fat"),
        (11, b"\0\x02"),
        (54, b"FAT16   "),
        (510, b"\x55\xaa"),
        size=1024,
    )
    return boot[:size]


UNREAD: Final[Mapping[str, bytes]] = {
    "rar": at((0, b"Rar!\x1a\x07\x01\0")),
    "cab": at((0, b"MSCF\0\0\0\0")),
    "lz4": at((0, b"\x04\x22\x4d\x18")),
    "lz4 of Linux": at((0, b"\x02\x21\x4c\x18")),
    "lzip": at((0, b"LZIP\x01")),
    "rpm": at((0, b"\xed\xab\xee\xdb\x03")),
    "lzop": at((0, b"\x89LZO\0\r\n\x1a\n")),
    "lrzip": at((0, b"LRZI\0\x06")),
    "compress": at((0, b"\x1f\x9d\x90")),
    "snappy": at((0, b"\xff\x06\0\0sNaPpY")),
    "lha": at((0, b"\x20\0-lh5-"), (20, b"\x02")),
    "arj": at((0, b"\x60\xea\x2b\0\x22\x0b\x01"), (10, b"\x02")),
    "zoo": at((0, b"ZOO 2.10 Archive.\x1a"), (20, b"\xdc\xa7\xc4\xfd")),
    "ace": at((7, b"**ACE**")),
    "xar": at((0, b"xar!\0\x1c\0\x01")),
    "wim": at((0, b"MSWIM\0\0\0")),
    "chm": at((0, b"ITSF\x03\0\0\0")),
    "iso9660": at((0x8000, b"\x01CD001\x01")),
    "squashfs": at((0, b"hsqs"), (28, b"\x04"), size=96),
    "cramfs": at((0, b"\x45\x3d\xcd\x28"), (16, b"Compressed ROMFS")),
    "romfs": at((0, b"-rom1fs-")),
    "erofs": at((1024, b"\xe2\xe1\xf5\xe0")),
    "ext2/3/4": ext(),
    "xfs": at((0, b"XFSB\0\0\x10\0"), size=512),
    "btrfs": at((0x10040, b"_BHRfS_M")),
    "fat": fat(),
    "qcow": at((0, b"QFI\xfb\0\0\0\x03")),
    "vmdk": at((0, b"KDMV\x01\0\0\0")),
    "vdi": at((64, b"\x7f\x10\xda\xbe")),
    "vhd": at((0, b"data"), (1024, b"conectix\0\0\0\x02"), size=1536),
    "vhdx": at((0, b"vhdxfile")),
    "dmg": at((0, b"data"), (1024, b"koly\0\0\0\x04\0\0\x02\0"), size=1536),
    "a partitioned disk": at((512, b"EFI PART\0\0\x01\0")),
    "AppImage": at((0, b"\x7fELF\x02\x01\x01\0AI\x02")),
}
"""By the word that an error has for it."""

RESEMBLING: Final = (
    b"hsqs is no word" * 9,
    b"hsqs",
    b"ls -lh - what is here",
    b"##-lh5-",
    b"##-lha-" + bytes(40),
    b"\x1f\x9d\xff\0\0",
    b"\x1f\x9d\x90",
    b"\x60\xea" + b"\xff" * 60,
    b"\x60\xea",
    b"XFSB is no file system" * 30,
    b"XFSB",
    b"KDMV are four letters",
    ext(size=7),
    ext(revision=2),
    ext()[:2000],
    fat(size=512),
    b"\xeb\x3c" + fat()[2:54] + bytes(456) + b"\x55\xaa" + bytes(99),
    b"\x7fELF\x02\x01\x01\0\0\0\0" + bytes(60),
    b"vhdxfil",
    b"ITSF is no help",
)
"""Files that are none of it."""
