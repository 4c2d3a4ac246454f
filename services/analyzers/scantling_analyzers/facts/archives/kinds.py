"""The kinds of archives, compressions, file systems and disks that are told from other files."""

from __future__ import annotations

from enum import Enum
from typing import Final


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
    LZMA = "lzma"
    COMPRESS = "compress"
    LZOP = "lzop"
    LZ4_LEGACY = "lz4 of Linux"
    LRZIP = "lrzip"
    SNAPPY = "snappy"
    LHA = "lha"
    ARJ = "arj"
    ZOO = "zoo"
    ACE = "ace"
    XAR = "xar"
    WIM = "wim"
    HELP = "chm"
    ISO9660 = "iso9660"
    SQUASHFS = "squashfs"
    CRAMFS = "cramfs"
    ROMFS = "romfs"
    EROFS = "erofs"
    EXT = "ext2/3/4"
    XFS = "xfs"
    BTRFS = "btrfs"
    FAT = "fat"
    QCOW = "qcow"
    VMDK = "vmdk"
    VDI = "vdi"
    VHD = "vhd"
    VHDX = "vhdx"
    DMG = "dmg"
    PARTITIONS = "a partitioned disk"
    APPIMAGE = "AppImage"


STREAMS: Final = frozenset({Format.GZIP, Format.XZ, Format.LZMA, Format.BZIP2, Format.ZSTD})
"""Compressions of one file."""

ARCHIVES: Final = frozenset({Format.ZIP, Format.TAR, Format.AR, Format.CPIO, Format.SEVEN_ZIP})
"""Archives that are unpacked."""

UNSUPPORTED: Final = frozenset(Format) - STREAMS - ARCHIVES
"""What is recognised and not unpacked: what is in it was not looked at, and that is said."""
