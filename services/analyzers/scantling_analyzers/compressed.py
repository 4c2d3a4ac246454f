"""Decompression of what comes piece by piece: members or frames one after another are one content.

Whoever calls bounds the pieces that go in and meters what comes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import zstandard

from scantling_common.layers.limits import KIB, MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GIVEN: Final = 1 * MIB
"""The largest piece that a member gives at once."""
FRAME_PIECE: Final = 2 * KIB
"""How much of zstd goes in at once: a block of four bytes expands to at most 128 KiB, so what comes
out of a piece stays within 64 MiB."""


class Member(Protocol):
    """What ``bz2``, ``lzma`` and ``isal`` have in common."""

    @property
    def eof(self) -> bool:
        """Tell whether its end was reached."""

    @property
    def needs_input(self) -> bool:
        """Tell whether nothing more comes out before more goes in."""

    @property
    def unused_data(self) -> bytes:
        """Return what went in and stands behind its end."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most so many bytes of content."""


class AfterTheEnd(ValueError):
    """Something other than zeros stands after the last member."""


def _unchecked() -> None:
    pass


def members(
    read: Callable[[], bytes],
    magic: bytes,
    new: Callable[[], Member],
    check: Callable[[], None] = _unchecked,
) -> Iterator[bytes]:
    """Give the content of one or more members; zeros may pad the end.

    ``read`` gives the next piece, nothing at the end; a further member begins with ``magic``;
    ``check`` is called for each, also for one that holds nothing. Raises :class:`AfterTheEnd`,
    :class:`EOFError` where the last one ends too early, and what the decompressor raises.
    """
    member: Member | None = None
    begun = False
    data = read()
    while data:
        if member is None:
            check()
            if begun and not (data := _next_member(read, data, magic)):
                return
            member, begun = new(), True
        yield from _inflated(member, data)
        if member.eof:
            data = member.unused_data or read()
            member = None
        else:
            data = read()
    if member is not None or not begun:
        raise EOFError("it ends too early")


def frames(
    read: Callable[[], bytes], memory: int, check: Callable[[], None] = _unchecked
) -> Iterator[bytes]:
    """Give the content of one or more zstd frames (RFC 8878), skippable ones included.

    ``memory`` bounds the window, in bytes; ``read`` and ``check`` as in :func:`members`. Raises
    :class:`EOFError` and ``zstandard.ZstdError``.
    """
    decompressor = zstandard.ZstdDecompressor(max_window_size=memory)
    frame = decompressor.decompressobj()
    while data := read():
        while data:
            if frame.eof:
                check()
                frame = decompressor.decompressobj()
            if out := frame.decompress(data):
                yield out
            data = frame.unused_data if frame.eof else b""
    if not frame.eof:
        raise EOFError("it ends too early")


def _next_member(read: Callable[[], bytes], data: bytes, magic: bytes) -> bytes:
    """Return the data of the next member, nothing after the last."""
    if len(data) < len(magic):
        data += read()
    if data.startswith(magic):
        return data
    while data:
        if data.strip(b"\0"):
            raise AfterTheEnd("there is something after its end")
        data = read()
    return b""


def _inflated(member: Member, data: bytes) -> Iterator[bytes]:
    while True:
        out = member.decompress(data, GIVEN)
        if out:
            yield out
        if member.eof or member.needs_input:
            return
        data = b""
