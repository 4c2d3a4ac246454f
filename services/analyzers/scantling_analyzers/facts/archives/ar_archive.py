"""Archives of ``ar`` in memory (ar(5)): packages of Debian, static libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAGIC: Final = b"!<arch>\n"
_HEADER: Final = 60
_END: Final = b"`\n"
_LONG: Final = b"#1/"
_TABLES: Final = frozenset({b"/", b"//", b"/SYM64/", b"__.SYMDEF", b"__.SYMDEF SORTED"})
"""Tables of symbols and of long names."""


class ArMember(NamedTuple):
    """A file in an archive, by its place."""

    name: bytes
    offset: int
    size: int


def list_members(
    archive: memoryview, limit: int, check_time: Callable[[], None]
) -> Iterator[ArMember]:
    """Yield the files in their order; each step moves on by at least one header.

    ``check_time`` is called for each header. Raises what it raises, and :class:`Unreadable` where
    it can't be read any further.
    """
    at, count = len(MAGIC), 0
    while at < archive.nbytes:
        if count >= limit:
            raise Unreadable(f"the archive has more than {limit} members", code="too_many")
        count += 1
        check_time()
        header = bytes(archive[at : at + _HEADER])
        if len(header) < _HEADER:
            raise Unreadable("the archive ends inside a header", code="truncated")
        size = header[48:58].strip()
        if header[58:60] != _END or not size.isdigit():
            raise Unreadable("the archive has a broken header", code="malformed")
        start, length = at + _HEADER, int(size)
        if start + length > archive.nbytes:
            raise Unreadable("the archive ends inside a file", code="truncated")
        name = header[:16].rstrip()
        inside = 0
        if name.startswith(_LONG) and name[3:].isdigit():
            inside = min(int(name[3:]), length)
            name = bytes(archive[start : start + inside]).rstrip(b"\0")
        if name not in _TABLES and length > inside:
            yield ArMember(name.rstrip(b"/") or b"member", start + inside, length - inside)
        at = start + length + length % 2
