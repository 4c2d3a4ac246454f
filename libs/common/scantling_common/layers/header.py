"""One 512-byte tar header block: POSIX.1-1988 ustar, V7, GNU and star.

Where readers disagree, this follows Go's ``archive/tar``, because that is what container
runtimes unpack layers with.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from isal.isal_zlib import adler32

from scantling_common.layers.errors import TarInvalid

if TYPE_CHECKING:
    from mmap import mmap

    Buffer = memoryview | bytes | mmap
    Fields = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes]

BLOCK: Final = 512
ZERO_BLOCK: Final = bytes(BLOCK)
MAX_NUMBER: Final = 2**63 - 1
NO_ID: Final = 2**32 - 1

FIELDS: Final = struct.Struct("100s8s8s8s12s12s8sc100s6s")
"""name, mode, uid, gid, size, mtime, checksum, type flag, link name, magic."""

COMMON: Final = struct.Struct("100s24s12s12s8sc188xB166x")
"""name, owner (mode, uid and gid), size, mtime, checksum, type flag, first byte of the prefix."""

_PREFIX_AT: Final = 345
_USTAR: Final = b"ustar\0"
_GNU: Final = b"ustar "
_BASE_256: Final = 0x80
_NEGATIVE: Final = 0xFF
_OCTAL: Final = b"01234567"
_MODE: Final = 0o7777
_CACHE_SIZE: Final = 65_536


def number(field: bytes) -> int:
    """Return a numeric field: octal digits, or base-256 when the first bit is set.

    Raises :class:`TarInvalid` for anything else, and for what doesn't fit into 63 bits.
    """
    if field[0] & _BASE_256:
        negative = field[0] == _NEGATIVE
        value = int.from_bytes(field, "big", signed=negative)
        value = value if negative else value & ~(_BASE_256 << (8 * (len(field) - 1)))
    else:
        digits = field.strip(b" \0")
        if not digits.isdigit():
            digits = digits.partition(b"\0")[0]
        if digits.strip(_OCTAL):
            raise TarInvalid(f"a header holds {field!r} where an octal number is due")
        value = int(digits, 8) if digits else 0
    if not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise TarInvalid("a header holds a number over 63 bits")
    return value


class NumberCache(dict[bytes, int]):
    """Numbers by field; most of a layer's modes, owners and times are the same few."""

    def __missing__(self, field: bytes) -> int:
        """Parse a field that was not seen before."""
        if len(self) >= _CACHE_SIZE:
            self.clear()
        value = self[field] = number(field)
        return value


class OwnerCache(dict[bytes, tuple[int, int, int]]):
    """Permission bits, user and group by their three fields in a row.

    A user or group that no kernel accepts becomes 2³² - 1, "no id".
    """

    def __missing__(self, fields: bytes) -> tuple[int, int, int]:
        """Parse fields that were not seen together before."""
        if len(self) >= _CACHE_SIZE:
            self.clear()
        mode, uid, gid = number(fields[:8]), number(fields[8:16]), number(fields[16:])
        value = self[fields] = (mode & _MODE, owner(uid), owner(gid))
        return value


def owner(value: int) -> int:
    """Return a user or group number, 2³² - 1 for what is none."""
    return value if 0 <= value < NO_ID else NO_ID


class ChecksumCache(dict[bytes, int]):
    """By checksum field: the sum that all 512 bytes of a good header then have."""

    def __missing__(self, field: bytes) -> int:
        """Turn the stated checksum (its own field counted as spaces) into the plain sum."""
        if len(self) >= _CACHE_SIZE:
            self.clear()
        value = self[field] = number(field) - 8 * ord(" ") + sum(field)
        return value


def byte_sum(block: bytes) -> int:
    """Return the sum of 512 bytes.

    The low half of Adler-32 is the byte sum modulo 65,521, which neither 512 bytes of ASCII nor
    256 of any kind can reach: this is exact, at a small part of the time of ``sum``.
    """
    if block.isascii():
        return adler32(block, 0) & 0xFFFF
    return (adler32(block[:256], 0) & 0xFFFF) + (adler32(block[256:], 0) & 0xFFFF)


def check(block: bytes, field: bytes, offset: int) -> None:
    """Raise :class:`TarInvalid` unless the signed sum fits; old writers summed signed bytes."""
    signed = sum(byte - 256 if byte & 0x80 else byte for byte in block[:148] + block[156:])
    if signed + 8 * ord(" ") != number(field):
        raise TarInvalid(f"the header at byte {offset} has a wrong checksum")


def text(field: bytes) -> bytes:
    """Return a field up to its first NUL."""
    return field.partition(b"\0")[0]


def path(block: bytes) -> bytes:
    """Return the name in a header, put together where it was split."""
    name = block[:100].partition(b"\0")[0]
    front = _prefix(block) if block[_PREFIX_AT] else b""
    return front + b"/" + name if front else name


def _prefix(block: bytes) -> bytes:
    """Return the first part of a name that was split, without the slash."""
    magic = block[257:263]
    if magic == _USTAR:
        end = _PREFIX_AT + (131 if block[508:] == b"tar\0" else 155)
        return block[_PREFIX_AT:end].partition(b"\0")[0]
    if magic == _GNU and not _gnu_times(block):
        found = text(block[_PREFIX_AT : _PREFIX_AT + 155])
        return found if found.isascii() else b""
    return b""


def _gnu_times(block: bytes) -> bool:
    """Say whether the bytes of a prefix are access and change time, as GNU has it.

    Go's writer before 1.8 put a prefix into GNU headers; its reader still allows for that.
    """
    try:
        for at in (_PREFIX_AT, _PREFIX_AT + 12):
            number(block[at : at + 12])
    except TarInvalid:
        return False
    return True
