"""ELF files from a mapping of sections, and what Go and cargo-auditable put into them."""

from __future__ import annotations

import json
import struct
import zlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BASE: Final = 0x400000
EXECUTABLE: Final = 2
SHARED: Final = 3
GO_SECTION: Final = ".go.buildinfo"
GO_MAGIC: Final = b"\xff Go buildinf:"
RUST_SECTION: Final = ".dep-v0"
WRITABLE: Final = frozenset({".data", GO_SECTION})
CODE: Final = frozenset({".text"})
NOT_LOADED: Final = frozenset({".comment", ".shstrtab"})

_HEADERS: Final = {32: ("HHIIIIIHHHHHH", 52), 64: ("HHIQQQIHHHHHH", 64)}
_SEGMENTS: Final = {32: ("IIIIIIII", 32), 64: ("IIQQQQQQ", 56)}
_SECTIONS: Final = {32: ("IIIIIIIIII", 40), 64: ("IIQQQQIIQQ", 64)}
_FRAME: Final = bytes(range(0x80, 0x90)), bytes(range(0x90, 0xA0))


def offsets(sections: Mapping[str, bytes], bits: int = 64) -> dict[str, int]:
    """Return where the content of each section begins: its address is that plus ``BASE``."""
    at, found = _HEADERS[bits][1] + len(sections) * _SEGMENTS[bits][1], {}
    for name, content in sections.items():
        at += -at % 16
        found[name] = at
        at += len(content)
    return found


def elf(
    sections: Mapping[str, bytes],
    *,
    bits: int = 64,
    order: str = "<",
    kind: int = EXECUTABLE,
    stripped: bool = False,
    **lies: int,
) -> bytes:
    """Return a program; ``stripped`` has no section headers, ``lies`` overwrite header fields.

    Those are ``segments_at``, ``sections_at``, ``segment_size``, ``segments``, ``section_size``,
    ``section_count`` and ``names``.
    """
    starts = offsets(sections, bits)
    body = bytearray(min(starts.values(), default=_HEADERS[bits][1]))
    for name, content in sections.items():
        body[starts[name] :] = bytes(starts[name] - len(body)) + content
    names = b"\0" + b"".join(name.encode() + b"\0" for name in (*sections, ".shstrtab"))
    names_at = len(body)
    body += b"" if stripped else names
    fields = {
        "segments_at": _HEADERS[bits][1],
        "sections_at": 0 if stripped else len(body),
        "segment_size": _SEGMENTS[bits][1],
        "segments": len(sections),
        "section_size": _SECTIONS[bits][1],
        "section_count": 0 if stripped else len(sections) + 2,
        "names": 0 if stripped else len(sections) + 1,
    } | lies
    if not stripped:
        body += _section(bits, order, 0, 0, 0, (0, 0))
        for name, content in sections.items():
            flags = 0 if name in NOT_LOADED else 2 | (4 if name in CODE else 0)
            where = starts[name], len(content)
            body += _section(bits, order, names.index(name.encode() + b"\0"), 1, flags, where)
        place = names_at, len(names)
        body += _section(bits, order, names.index(b".shstrtab\0"), 3, 0, place)
    ident = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1]) + bytes(9)
    header = ident + struct.pack(
        order + _HEADERS[bits][0],
        *(kind, 62, 1, BASE, fields["segments_at"], fields["sections_at"], 0, _HEADERS[bits][1]),
        *(fields["segment_size"], fields["segments"], fields["section_size"]),
        *(fields["section_count"], fields["names"]),
    )
    table = b"".join(
        _segment(bits, order, name, starts[name], len(content))
        for name, content in sections.items()
    )
    body[: len(header) + len(table)] = header + table
    return bytes(body)


def _segment(bits: int, order: str, name: str, start: int, size: int) -> bytes:
    flags = 4 | (2 if name in WRITABLE else 0) | (1 if name in CODE else 0)
    where = (start, BASE + start, BASE + start, size, size)
    fields = (1, *where, flags, 16) if bits == 32 else (1, flags, *where, 16)
    return struct.pack(order + _SEGMENTS[bits][0], *fields)


def _section(
    bits: int, order: str, name: int, kind: int, flags: int, where: tuple[int, int]
) -> bytes:
    start, size = where
    fields = (name, kind, flags, BASE + start, start, size, 0, 0, 16, 0)
    return struct.pack(order + _SECTIONS[bits][0], *fields)


def modules(*lines: str) -> bytes:
    """Return the lines about modules between the marks that Go puts around them."""
    return b"".join((_FRAME[0], *(line.encode() + b"\n" for line in lines), _FRAME[1]))


def varint(number: int) -> bytes:
    """Return a number in groups of seven bits, the lowest first."""
    groups = bytearray()
    while number >= 0x80:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def build_info(version: str, lines: bytes) -> bytes:
    """Return Go's build information as it is since Go 1.18."""
    texts = (version.encode(), lines)
    header = GO_MAGIC + bytes([0, 2]) + bytes(16)
    return header + b"".join(varint(len(text)) + text for text in texts)


def go_program(version: str = "go1.22.3", *lines: str, **shape: Any) -> bytes:
    """Return a program of Go 1.18 or later."""
    info = build_info(version, modules(*lines))
    return elf({".text": bytes(64), ".data": bytes(40), GO_SECTION: info}, **shape)


def old_go_program(
    version: str, *lines: str, bits: int = 64, order: str = "<", **shape: Any
) -> bytes:
    """Return a program of Go 1.13 to 1.17, whose build information are pointers to strings."""
    letter, size = ("Q", 8) if bits == 64 else ("I", 4)
    texts = version.encode() + modules(*lines)
    sections = {GO_SECTION: bytes(32), ".data": bytes(4 * size) + texts}
    data = BASE + offsets(sections, bits)[".data"]
    first = data + 4 * size
    strings = (first, len(version), first + len(version), len(texts) - len(version))
    flags = bytes([size, 0 if order == "<" else 1])
    pointers = struct.pack(f"{order}2{letter}", data, data + 2 * size)
    sections[GO_SECTION] = (GO_MAGIC + flags + pointers).ljust(32, b"\0")
    sections[".data"] = struct.pack(f"{order}4{letter}", *strings) + texts
    return elf(sections, bits=bits, order=order, **shape)


def crate(name: str, version: str, **more: Any) -> dict[str, Any]:
    """Return one crate as cargo-auditable describes it."""
    return {"name": name, "version": version, "source": "registry", **more}


def audit_data(crates: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the audit data of crates."""
    return zlib.compress(json.dumps({"packages": list(crates), "format": 1}).encode())


def rust_program(*crates: Mapping[str, Any], **shape: Any) -> bytes:
    """Return a program that was built with ``cargo auditable``."""
    return elf({".text": bytes(64), RUST_SECTION: audit_data(crates)}, **shape)
