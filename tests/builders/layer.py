"""Layers as plain tar archives: from a mapping of paths, or header by header for hostile ones."""

from __future__ import annotations

import io
import os
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BLOCK: Final = 512
END: Final = bytes(2 * BLOCK)
MTIME: Final = 1_700_000_000


@dataclass(frozen=True, kw_only=True)
class Member:
    """One entry; ``kind`` is a type flag of :mod:`tarfile`."""

    content: bytes = b""
    kind: bytes = tarfile.REGTYPE
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: int = MTIME
    link: bytes = b""
    pax: Mapping[str, str] = field(default_factory=dict)


Content = Member | bytes | str
Name = TypeVar("Name", bound="str | bytes")


def directory(mode: int = 0o755) -> Member:
    return Member(kind=tarfile.DIRTYPE, mode=mode)


def symlink(target: str | bytes) -> Member:
    return Member(kind=tarfile.SYMTYPE, mode=0o777, link=os.fsencode(target))


def hard_link(target: str | bytes) -> Member:
    return Member(kind=tarfile.LNKTYPE, link=os.fsencode(target))


def executable(content: bytes = b"\x7fELF", mode: int = 0o755) -> Member:
    return Member(content=content, mode=mode)


def layer(
    files: Mapping[Name, Content] | None = None,
    *,
    whiteouts: Iterable[str] = (),
    opaque: Iterable[str] = (),
    format: int = tarfile.PAX_FORMAT,  # noqa: A002 - tarfile's own word
) -> bytes:
    """Return a plain tar of ``files`` in their order, then the markers.

    Paths are text, or bytes where they are not UTF-8; content is text, bytes or a
    :class:`Member`. ``whiteouts`` are the paths to hide, ``opaque`` the directories.
    """
    members: list[tuple[str | bytes, Content]] = list((files or {}).items())
    for path in whiteouts:
        above, slash, name = path.rpartition("/")
        members.append((f"{above}{slash}.wh.{name}", b""))
    members += [(f"{path}/.wh..wh..opq" if path else ".wh..wh..opq", b"") for path in opaque]
    return archive(members, format=format)


def archive(
    members: Iterable[tuple[str | bytes, Content]],
    *,
    format: int = tarfile.PAX_FORMAT,  # noqa: A002 - tarfile's own word
) -> bytes:
    """Return a plain tar of members, which may repeat a path."""
    buffer = io.BytesIO()
    with tarfile.open(
        fileobj=buffer, mode="w", format=format, encoding="utf-8", errors="surrogateescape"
    ) as tar:
        for path, content in members:
            member = _member(content)
            info = tarfile.TarInfo(path if isinstance(path, str) else _text(path))
            info.size, info.type, info.mode = len(member.content), member.kind, member.mode
            info.uid, info.gid, info.mtime = member.uid, member.gid, member.mtime
            info.linkname = _text(member.link)
            info.pax_headers = dict(member.pax)
            tar.addfile(info, io.BytesIO(member.content))
    return buffer.getvalue()


def header(
    name: bytes,
    *,
    size: int | bytes = 0,
    flag: bytes = b"0",
    mode: int | bytes = 0o644,
    mtime: int | bytes = MTIME,
    link: bytes = b"",
    magic: bytes = b"ustar\x0000",
    prefix: bytes = b"",
    checksum: int | None = None,
    rest: bytes = b"",
) -> bytes:
    """Return one header block with exactly these fields, right or wrong.

    Numbers given as bytes are written as they are. ``rest`` replaces what stands from byte 345
    on; ``checksum`` replaces the right one.
    """
    block = bytearray(BLOCK)
    _put(block, 0, 100, name)
    _put(block, 100, 8, _octal(mode, 8))
    _put(block, 108, 8, _octal(0, 8))
    _put(block, 116, 8, _octal(0, 8))
    _put(block, 124, 12, _octal(size, 12))
    _put(block, 136, 12, _octal(mtime, 12))
    _put(block, 148, 8, b" " * 8)
    _put(block, 156, 1, flag)
    _put(block, 157, 100, link)
    _put(block, 257, 8, magic)
    _put(block, 345, 155, prefix)
    if rest:
        _put(block, 345, 167, rest)
    total = sum(block) if checksum is None else checksum
    _put(block, 148, 8, b"%06o\0 " % total)
    return bytes(block)


def padded(data: bytes) -> bytes:
    """Return data filled up to whole blocks."""
    return data + bytes(-len(data) % BLOCK)


def entry(name: bytes, content: bytes = b"", **fields: int | bytes) -> bytes:
    """Return a header with the right size, and its content."""
    fields.setdefault("size", len(content))
    return header(name, **fields) + padded(content)  # type: ignore[arg-type]


def pax_record(key: bytes, value: bytes) -> bytes:
    """Return one record of a pax header."""
    rest = b" %s=%s\n" % (key, value)
    length = len(rest) + 1
    while len(b"%d" % length) + len(rest) != length:
        length += 1
    return b"%d%s" % (length, rest)


def pax_header(*records: tuple[bytes, bytes], flag: bytes = b"x") -> bytes:
    """Return a pax extended header (``g`` for a global one)."""
    data = b"".join(pax_record(key, value) for key, value in records)
    return entry(b"PaxHeaders/1", data, flag=flag)


def base_256(value: int, width: int = 12) -> bytes:
    """Return a number as GNU writes what octal digits can't hold, negative ones included."""
    raw = bytearray(value.to_bytes(width, "big", signed=True))
    if value >= 0:
        raw[0] |= 0x80
    return bytes(raw)


def _member(content: Content) -> Member:
    if isinstance(content, Member):
        return content
    return Member(content=content.encode() if isinstance(content, str) else content)


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def _octal(value: int | bytes, width: int) -> bytes:
    return value if isinstance(value, bytes) else b"%0*o\0" % (width - 1, value)


def _put(block: bytearray, at: int, width: int, value: bytes) -> None:
    block[at : at + min(len(value), width)] = value[:width]
