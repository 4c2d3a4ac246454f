"""Archives of ``cpio`` in memory, in the forms that are text (cpio(5)): ``newc``, ``crc``, ``odc``.

The initial file systems of Linux are such archives, also several in a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Unreadable
from scantling_common.layers.limits import KIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_OLD: Final = b"070707"
_HEADER: Final = {b"070701": 110, b"070702": 110, _OLD: 76}
_END: Final = b"TRAILER!!!"
_LEAST_PADDING: Final = 512
"""How much is looked at first after an end: mostly something follows, or fills up a block."""
_MOST_PADDING: Final = 64 * KIB
_LONGEST_NAME: Final = 4096
_TYPE: Final = 0o170000
_REGULAR: Final = 0o100000


class CpioMember(NamedTuple):
    """A regular file in an archive, by its place."""

    name: bytes
    offset: int
    size: int


class _Header(NamedTuple):
    mode: int
    name_size: int
    size: int
    align: int


def list_members(
    archive: memoryview, limit: int, check_time: Callable[[], None]
) -> Iterator[CpioMember]:
    """Yield the regular files in their order; each step moves on by at least one header.

    ``check_time`` is called for each header. Raises what it raises, and :class:`Unreadable` where
    it can't be read any further.
    """
    at, count = 0, 0
    while bytes(archive[at : at + 6]) in _HEADER:
        if count >= limit:
            raise Unreadable(f"the archive has more than {limit} members", code="too_many")
        count += 1
        check_time()
        length = _HEADER[bytes(archive[at : at + 6])]
        header = _header(bytes(archive[at : at + length]), length)
        if not 0 < header.name_size <= _LONGEST_NAME:
            raise Unreadable("the archive has a member without a proper name", code="malformed")
        name_end = at + length + header.name_size
        start = name_end + -name_end % header.align
        end = start + header.size
        if end > archive.nbytes:
            raise Unreadable("the archive ends inside a member", code="truncated")
        name = bytes(archive[at + length : name_end]).rstrip(b"\0")
        at = end + -end % header.align
        if name == _END:
            at = _next(archive, at, check_time)
        elif header.size and header.mode & _TYPE == _REGULAR:
            yield CpioMember(name, start, header.size)
    if at < archive.nbytes:
        # What follows an initial file system is often another one, which is compressed.
        yield CpioMember(b"rest", at, archive.nbytes - at)


def _header(header: bytes, length: int) -> _Header:
    if len(header) < length:
        raise Unreadable("the archive ends inside a header", code="truncated")
    try:
        if header.startswith(_OLD):
            mode, name_size, size = header[18:24], header[59:65], header[65:76]
            return _Header(int(mode, 8), int(name_size, 8), int(size, 8), 1)
        mode, size, name_size = header[14:22], header[54:62], header[94:102]
        return _Header(int(mode, 16), int(name_size, 16), int(size, 16), 4)
    except ValueError:
        raise Unreadable("the archive has a broken header", code="malformed") from None


def _next(archive: memoryview, at: int, check_time: Callable[[], None]) -> int:
    """Return where something comes after the end of an archive, and the zeros that pad it."""
    length = _LEAST_PADDING
    while at < archive.nbytes:
        check_time()
        block = bytes(archive[at : at + length])
        rest = block.lstrip(b"\0")
        if rest:
            return at + len(block) - len(rest)
        at += len(block)
        length = _MOST_PADDING
    return at
