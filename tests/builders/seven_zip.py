"""Archives of 7z, made of a mapping of names to contents, packed in each way that is unpacked."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

COPY, LZMA2, LZMA, DEFLATE, BZIP2 = (
    (b"\0", b""),
    (b"\x21", b"\x10"),
    (b"\x03\x01\x01", b"\x5d\0\0\x10\0"),
    (b"\x04\x01\x08", b""),
    (b"\x04\x02\x02", b""),
)
X86, DELTA, AES = (b"\x03\x03\x01\x03", b""), (b"\x03", b"\x03"), (b"\x06\xf1\x07\x01", b"\0")
_LZMA2: Final = {"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}
_LZMA: Final = {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 20}


class Way(NamedTuple):
    """How content is packed: coders in the order of unpacking, and what packs."""

    coders: Sequence[tuple[bytes, bytes]]
    pack: Callable[[bytes], bytes]


def _raw(*filters: dict[str, int]) -> Callable[[bytes], bytes]:
    return lambda content: lzma.compress(content, lzma.FORMAT_RAW, filters=filters)


def _deflate(content: bytes) -> bytes:
    return zlib.compress(content, wbits=-zlib.MAX_WBITS)


def _delta(content: bytes) -> bytes:
    return bytes((each - (content[n - 4] if n > 3 else 0)) & 0xFF for n, each in enumerate(content))


WAYS: Final[Mapping[str, Way]] = {
    "copy": Way((COPY,), lambda content: content),
    "lzma2": Way((LZMA2,), _raw(_LZMA2)),
    "lzma": Way((LZMA,), _raw(_LZMA)),
    "deflate": Way((DEFLATE,), _deflate),
    "bzip2": Way((BZIP2,), bz2.compress),
    "x86": Way((LZMA2, X86), _raw({"id": lzma.FILTER_X86}, _LZMA2)),
    "delta": Way((DEFLATE, DELTA), lambda content: _deflate(_delta(content))),
}


def number(value: int) -> bytes:
    """Return a number as a directory has it."""
    return bytes([value]) if value < 0x80 else b"\xff" + value.to_bytes(8, "little")


def seven_zip(
    files: Mapping[str, bytes],
    way: str = "lzma2",
    *,
    together: int = 1000,
    encoded: bool = False,
    coders: Sequence[tuple[bytes, bytes]] = (),
) -> bytes:
    """Return an archive; ``together`` files are packed as one, ``coders`` are told instead."""
    contents = [content for content in files.values() if content]
    groups = [contents[at : at + together] for at in range(0, len(contents), together)]
    packed = [WAYS[way].pack(b"".join(group)) for group in groups]
    told = coders or WAYS[way].coders
    parts = b"\x0d" + b"".join(number(len(group)) for group in groups)
    parts += b"\x09" + b"".join(number(len(each)) for group in groups for each in group[:-1])
    parts += b"\x0a\1" + b"".join(_sum(content) for content in contents) + b"\0"
    streams = (
        _streams(0, packed, [sum(map(len, group)) for group in groups], told) + b"\x08" + parts
    )
    directory = b"\1\4" + streams + b"\0" + _names(files) + b"\0"
    body = b"".join(packed)
    if encoded:
        again = _raw(_LZMA2)(directory)
        summed = b"\x0a\1" + _sum(directory)
        found = _streams(len(body), [again], [len(directory)], (LZMA2,), summed)
        body, directory = body + again, b"\x17" + found + b"\0"
    return with_directory(body, directory)


def with_directory(body: bytes, directory: bytes) -> bytes:
    """Return an archive with this directory, whose checksums are right."""
    start = struct.pack("<QQ", len(body), len(directory)) + _sum(directory)
    return b"7z\xbc\xaf\x27\x1c\0\4" + _sum(start) + start + body + directory


def _streams(
    at: int,
    packed: Sequence[bytes],
    sizes: Sequence[int],
    coders: Sequence[tuple[bytes, bytes]],
    summed: bytes = b"",
) -> bytes:
    made = b"\x06" + number(at) + number(len(packed))
    made += b"\x09" + b"".join(number(len(each)) for each in packed) + b"\0"
    # Packers name the coder first that comes last in unpacking.
    folder = number(len(coders))
    for method, properties in reversed(coders):
        folder += bytes([len(method) | (0x20 if properties else 0)]) + method
        folder += number(len(properties)) + properties if properties else b""
    for n in range(len(coders) - 1):
        folder += number(n) + number(n + 1)
    made += b"\x07\x0b" + number(len(packed)) + b"\0" + folder * len(packed)
    made += b"\x0c" + b"".join(number(size) * len(coders) for size in sizes) + summed + b"\0"
    return made


def _names(files: Mapping[str, bytes]) -> bytes:
    bits = "".join("0" if content else "1" for content in files.values())
    bits += "0" * (-len(bits) % 8)
    empty = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))
    names = b"\0" + "".join(f"{name}\0" for name in files).encode("utf-16-le")
    made = b"\x05" + number(len(files)) + b"\x0e" + number(len(empty)) + empty
    return made + b"\x11" + number(len(names)) + names + b"\0"


def _sum(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(4, "little")
