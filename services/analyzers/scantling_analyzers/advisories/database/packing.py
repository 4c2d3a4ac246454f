"""How bodies are stored: msgpack, zstd around it where that is shorter; pure."""

from __future__ import annotations

from typing import Final

import zstandard

_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
"""No body of ours begins so as msgpack: each is an array or a map."""
_LEVEL: Final = 6
_RAW: Final = zstandard.DICT_TYPE_RAWCONTENT
_WORTH_WHILE: Final = 200
"""Shorter bodies stay as they are."""
MAX_BODY: Final = 256 * 1024 * 1024
"""How large one body may be; the largest known, of the Linux kernel, has less than 10 MiB."""


class BodyDamaged(ValueError):
    """A stored body can't be read."""


class Packer:
    """Packs bodies; equal ones become equal."""

    def __init__(self, dictionary: bytes = b"") -> None:
        """Make the compressor, which is no two threads' at once.

        A ``dictionary`` is content that resembles the bodies: short ones shrink by half with it.
        """
        shared = zstandard.ZstdCompressionDict(dictionary, dict_type=_RAW) if dictionary else None
        if shared is not None:
            shared.precompute_compress(level=_LEVEL)
        self._zstd = zstandard.ZstdCompressor(
            level=_LEVEL, dict_data=shared, write_checksum=False, write_dict_id=False
        )

    def pack(self, plain: bytes) -> bytes:
        """Return what is stored."""
        if len(plain) < _WORTH_WHILE:
            return plain
        packed = self._zstd.compress(plain)
        return packed if len(packed) < len(plain) else plain


class Unpacker:
    """Gives the bodies back that a packer with the same dictionary has packed."""

    def __init__(self, dictionary: bytes = b"") -> None:
        """Make the decompressor, which is no two threads' at once."""
        shared = zstandard.ZstdCompressionDict(dictionary, dict_type=_RAW) if dictionary else None
        self._zstd = zstandard.ZstdDecompressor(dict_data=shared)

    def unpack(self, stored: bytes) -> bytes:
        """Return the body that was packed. Raises :class:`BodyDamaged`."""
        if not stored.startswith(_ZSTD_MAGIC):
            return stored
        try:
            size = zstandard.frame_content_size(stored)
            if not 0 <= size <= MAX_BODY:
                raise BodyDamaged
            return self._zstd.decompress(stored, max_output_size=MAX_BODY)
        except zstandard.ZstdError as error:
            raise BodyDamaged from error
