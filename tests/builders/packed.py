"""Archives of every kind that is unpacked, made of a mapping of names to contents."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from typing import TYPE_CHECKING, Final

import zstandard

from tests.builders.seven_zip import seven_zip

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return made.getvalue()


def tarred(files: Mapping[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a plain tar archive."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


def ar(files: Mapping[str, bytes]) -> bytes:
    """Return an archive of ``ar``, as Debian's packages are."""
    made = b"!<arch>\n"
    for name, content in files.items():
        made += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
        made += content + b"\n" * (len(content) % 2)
    return made


def cpio(files: Mapping[str, bytes]) -> bytes:
    """Return an archive of ``cpio`` in its form ``newc``, as initial file systems are."""
    made = b""
    for name, content in (*files.items(), ("TRAILER!!!", b"")):
        mode = 0o100644 if content else 0
        numbers = (0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        made += b"070701" + b"".join(b"%08x" % number for number in numbers)
        made += name.encode() + b"\0"
        made += bytes(-len(made) % 4) + content
        made += bytes(-len(made) % 4)
    return made


def zstd(content: bytes) -> bytes:
    """Return content as one zstd frame."""
    return zstandard.ZstdCompressor().compress(content)


COMPRESSIONS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "gz": lambda content: gzip.compress(content, mtime=0),
    "xz": lambda content: lzma.compress(content, preset=0),
    "bz2": bz2.compress,
    "zst": zstd,
}

ARCHIVES: Final[Mapping[str, Callable[[Mapping[str, bytes]], bytes]]] = {
    "zip": zipped,
    "jar": lambda files: zipped(files, zipfile.ZIP_STORED),
    "tar": tarred,
    "deb": ar,
    "cpio": cpio,
    "7z": seven_zip,
}
