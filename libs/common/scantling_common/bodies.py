"""Bodies of documents and pages: msgpack, compressed by Zstandard (RFC 8878), bounded."""

from __future__ import annotations

import threading
from typing import Any, Final, TypeVar

import msgspec
import zstandard

from scantling_common.errors import ScantlingError

T = TypeVar("T")

MAX_BODY: Final = 256 * 1024 * 1024
"""The largest body in bytes, unpacked, that is ever read back."""


class _Contexts(threading.local):
    """What packs and unpacks, one for each thread: to make it takes longer than a small body."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=3)
        self.decompressor = zstandard.ZstdDecompressor()


_CONTEXTS: Final = _Contexts()


class BodyUnreadable(ScantlingError):
    """A stored body can't be decoded."""

    code = "body_unreadable"


def pack(value: Any) -> bytes:
    """Return a value as compressed msgpack; equal values give equal bytes."""
    return _CONTEXTS.compressor.compress(msgspec.msgpack.encode(value))


def unpack(body: bytes, kind: type[T], *, limit: int = MAX_BODY) -> T:
    """Return the value of a body.

    Raises :class:`BodyUnreadable` where it is damaged, of another type, or over ``limit`` bytes.
    """
    try:
        size = zstandard.frame_content_size(body)
        if not 0 <= size <= limit:
            message = f"a body of {size} bytes unpacked; at most {limit} are read"
            raise BodyUnreadable(message)
        plain = _CONTEXTS.decompressor.decompress(body, max_output_size=limit)
        return msgspec.msgpack.decode(plain, type=kind)
    except (zstandard.ZstdError, msgspec.MsgspecError) as error:
        message = f"{kind.__name__}: {error}"
        raise BodyUnreadable(message) from error
