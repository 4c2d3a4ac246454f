"""The build information in Go programs (Go's ``debug/buildinfo`` and ``cmd/link``, ``buildinfo``).

A header of 32 bytes, aligned to 16, is the section ``.go.buildinfo``, or stands in a
data segment where section headers were stripped. Since Go 1.18 two texts with their lengths
follow it; before, it held pointers to two Go strings: the toolchain's version, and the modules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.binaries.elf import SEGMENT_CODE, SEGMENT_WRITABLE
from scantling_analyzers.facts.binaries.windows import windows

if TYPE_CHECKING:
    from scantling_analyzers.facts.binaries.elf import Elf

SECTION: Final = b".go.buildinfo"
MAGIC: Final = b"\xff Go buildinf:"
ALIGNMENT: Final = 16
HEADER_BYTES: Final = 32
MAX_SEARCHED_BYTES: Final = 256 * 1024 * 1024
MAX_TEXT_BYTES: Final = 4 * 1024 * 1024
TRACES: Final = (b".gopclntab", b".note.go.buildid")
"""Sections that only Go's linker makes."""

_POINTERS: Final = frozenset({4, 8})
_INLINE: Final = 2
_BIG_ENDIAN: Final = 1
_FRAME: Final = 16
"""Bytes of marks on either side of the modules (``cmd/go/internal/modload``)."""
_MAX_VARINT_BYTES: Final = 10
_MORE: Final = 0x80
"""The bit of a byte of a varint that says that another one follows."""


class BuildInfo(NamedTuple):
    """What the linker left: ``go1.22.3 X:boringcrypto``, and lines about modules, maybe none."""

    version: bytes
    modules: bytes


def build_info(elf: Elf) -> BuildInfo | None:
    """Return the build information, None where the file is no Go program.

    Raises :class:`Unreadable` (``truncated``, ``malformed``, ``too_large``) where it can't be
    read, and ``unsupported_format`` for a Go program without any: from before Go 1.13, or
    stripped of it.
    """
    header = _find(elf)
    if header is None:
        if any(elf.section(name) for name in TRACES):
            message = "a Go program without build information (before Go 1.13, or removed)"
            raise Unreadable(message, code="unsupported_format")
        return None
    if header.nbytes < HEADER_BYTES:
        raise Unreadable("the Go build information ends in its header", code="truncated")
    info = _inline(header) if header[15] & _INLINE else _pointed(elf, header)
    if not info.version:
        raise Unreadable("the Go build information names no version of Go", code="malformed")
    framed = info.modules
    if len(framed) > 2 * _FRAME and framed[-_FRAME - 1] == ord("\n"):
        return BuildInfo(info.version, framed[_FRAME:-_FRAME])
    return BuildInfo(info.version, b"")


def _find(elf: Elf) -> memoryview | None:
    """Return the content from the header on, or None."""
    section = elf.section(SECTION)
    if section is not None:
        content = elf.content(section)
        found = _search(content, section.address)
        return None if found is None else content[found:]
    room = MAX_SEARCHED_BYTES
    for segment in elf.segments:
        if segment.flags & (SEGMENT_CODE | SEGMENT_WRITABLE) != SEGMENT_WRITABLE:
            continue
        content = elf.data[segment.offset : segment.offset + segment.size]
        found = _search(content[:room], segment.address)
        if found is not None:
            return content[found:]
        room -= content.nbytes
        if room < 0:
            message = f"the program has more data than the {MAX_SEARCHED_BYTES} bytes searched"
            raise Unreadable(f"{message} for Go build information", code="too_large")
    return None


def _search(content: memoryview, address: int) -> int | None:
    """Return where the first aligned magic stands; ``address`` is where content is loaded."""
    lead = -address % ALIGNMENT
    for start, window in windows(content[lead:], len(MAGIC)):
        at = window.find(MAGIC)
        while at >= 0:
            if (start + at) % ALIGNMENT == 0:
                return lead + start + at
            at = window.find(MAGIC, at + 1)
    return None


def _inline(header: memoryview) -> BuildInfo:
    version, rest = _text(header[HEADER_BYTES:])
    modules, _ = _text(rest)
    return BuildInfo(version, modules)


def _text(content: memoryview) -> tuple[bytes, memoryview]:
    """Return a text that its length precedes, as a varint, and what follows it."""
    length = shift = 0
    for used, byte in enumerate(content[:_MAX_VARINT_BYTES], start=1):
        length |= (byte & ~_MORE) << shift
        shift += 7
        if not byte & _MORE:
            return _bounded(content[used:], length), content[used + length :]
    raise Unreadable("a length in the Go build information has no end", code="malformed")


def _pointed(elf: Elf, header: memoryview) -> BuildInfo:
    """Read the form before Go 1.18: pointers to a string's pointer and length."""
    size = header[14]
    if size not in _POINTERS:
        raise Unreadable(f"pointers of {size} bytes in Go build information", code="malformed")
    order: Literal["big", "little"] = "big" if header[15] & _BIG_ENDIAN else "little"
    texts = []
    for at in (16, 16 + size):
        pointer = int.from_bytes(header[at : at + size], order)
        string = elf.at(pointer)[: 2 * size]
        if not pointer or string.nbytes < 2 * size:
            texts.append(b"")
            continue
        start = int.from_bytes(string[:size], order)
        texts.append(_bounded(elf.at(start), int.from_bytes(string[size:], order)))
    return BuildInfo(*texts)


def _bounded(content: memoryview, length: int) -> bytes:
    if length > MAX_TEXT_BYTES:
        message = f"the Go build information has {length} bytes, {MAX_TEXT_BYTES} are read"
        raise Unreadable(message, code="too_large")
    if length > content.nbytes:
        raise Unreadable("the Go build information lies beyond its section", code="truncated")
    return bytes(content[:length])
