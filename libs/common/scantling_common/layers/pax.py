"""pax extended headers (POSIX.1-2001, pax Interchange Format)."""

from __future__ import annotations

from typing import Final

from scantling_common.layers.errors import TarInvalid
from scantling_common.layers.header import MAX_NUMBER

CAPABILITY: Final = b"SCHILY.xattr.security.capability"

_AMBIGUOUS: Final = (b"path", b"linkpath", b"size")
_LONGEST_LENGTH: Final = 20

Records = list[tuple[bytes, bytes]]


def parse(data: bytes) -> Records:
    """Return the records of one extended header in order; keys may repeat (GNU.sparse 0.0).

    Raises :class:`TarInvalid` for lengths that are no number, zero, or beyond the data.
    """
    records: Records = []
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + _LONGEST_LENGTH)
        digits = data[at:space] if space > at else b""
        length = int(digits) if digits.isdigit() else 0
        end = at + length
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if (
            space < at
            or space + 1 >= end
            or end > len(data)
            or data[end - 1] != ord("\n")
            or not equals
            or not key
        ):
            if not data[at:].strip(b"\0"):
                break
            raise TarInvalid("a pax header has a malformed record")
        records.append((key, value))
        at = end
    return records


def merge_global(known: dict[bytes, bytes], records: Records) -> None:
    """Add a global header's records to those in force.

    POSIX applies them to every following entry, container runtimes ignore them. What would
    make the two read different files is refused with :class:`TarInvalid`.
    """
    for key, value in records:
        if key in _AMBIGUOUS or key.startswith(b"GNU.sparse."):
            raise TarInvalid(
                f"a global pax header sets {key[:100]!r}, which readers disagree about"
            )
        known[key] = value


def integer(value: bytes) -> int:
    """Return a decimal number of at most 63 bits; times may have a fraction, which is dropped."""
    whole, _, fraction = value.partition(b".")
    digits = whole[1:] if whole[:1] == b"-" else whole
    if not digits or len(digits) > _LONGEST_LENGTH or not (digits + fraction).isdigit():
        raise TarInvalid(f"a pax header holds {value[:40]!r} where a number is due")
    number = int(whole)
    if abs(number) > MAX_NUMBER:
        raise TarInvalid("a pax header holds a number over 63 bits")
    return number - 1 if whole[:1] == b"-" and fraction.strip(b"0") else number
