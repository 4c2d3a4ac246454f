"""Packages of chiselled Ubuntu images, which have no dpkg database (Chisel's *manifest.wall*).

A "jsonwall", compressed with zstd: one JSON object a line. The first tells how many lines there
are, the others have a ``kind``: a package, a slice of one, a path with the slices that it is of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import LocatedError, Package
from scantling_analyzers.facts.packages.ownership import Ownership
from scantling_analyzers.facts.packages.stanza import lines
from scantling_analyzers.facts.reading import bounded, located, value, whole
from scantling_common.layers.decompress import decompress
from scantling_common.layers.errors import CompressionInvalid, LayerTooLarge
from scantling_common.layers.limits import MIB, LayerLimits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact

MAX_FILE_BYTES: Final = 16 * MIB
MAX_PLAIN_BYTES: Final = 64 * MIB

_LIMITS: Final = LayerLimits(uncompressed_bytes=MAX_PLAIN_BYTES)


class _Line(msgspec.Struct):
    """What a line of any kind may have."""

    jsonwall: str = ""
    count: int = 0
    kind: str = ""
    name: str = ""
    version: str = ""
    arch: str = ""
    path: str = ""
    slices: list[str] = []


_DECODER: Final = msgspec.json.Decoder(_Line)


class ChiselReader(Reader):
    """Reads the manifest that Chisel leaves in what it cuts."""

    name = "chisel"
    version = 1
    patterns: tuple[str, ...] = ("var/lib/chisel/manifest.wall",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the packages and the files that each brought."""
        try:
            plain = b"".join(decompress([whole(file, MAX_FILE_BYTES)], _LIMITS))
        except CompressionInvalid as error:
            raise Unreadable("the manifest's compression is broken", code="malformed") from error
        except LayerTooLarge as error:
            raise Unreadable(
                f"the manifest expands to more than {MAX_PLAIN_BYTES} bytes", code="too_large"
            ) from error
        return bounded(parse_manifest(plain, file.text_path), file.text_path)


def parse_manifest(content: bytes, path: str) -> Iterator[AnyFact | LocatedError]:
    """Yield the packages, then their files; a line that can't be read is an error.

    Raises :class:`Unreadable` (``unsupported_format``, ``malformed``, ``too_many``).
    """
    rest = lines(content)
    head = _line(next(rest, b""))
    if not head.jsonwall.startswith("1."):
        raise Unreadable("the manifest has no version 1 of its form", code="unsupported_format")
    owned: dict[str, list[bytes]] = {}
    count = 1
    for raw in rest:
        count += 1
        try:
            line = _line(raw)
            if line.kind == "package":
                yield _package(line, path)
            elif line.kind == "path" and not line.path.endswith("/"):
                for package in sorted({name.partition("_")[0] for name in line.slices})[:1]:
                    owned.setdefault(package, []).append(_bytes(line.path))
        except Unreadable as error:
            yield located(error, path)
    if head.count != count:
        message = f"the manifest claims {head.count} lines and has {count}"
        yield LocatedError(path=path, code="truncated", message=message)
    ownership = Ownership(path)
    for package, files in owned.items():
        yield from ownership.of(f"deb:{value(_bytes(package), 'a package name')}", files)


def _line(raw: bytes) -> _Line:
    try:
        return _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(
            "a line of the manifest is no JSON of its form", code="malformed"
        ) from error


def _package(line: _Line, path: str) -> Package:
    name = value(_bytes(line.name), "a package name")
    version = value(_bytes(line.version), "a version")
    if not name or not version:
        raise Unreadable(
            f"a package of the manifest lacks its name or version (name '{name}')",
            code="malformed",
        )
    return Package(
        path=path,
        name=name,
        version=version,
        type="deb",
        arch=value(_bytes(line.arch), "an architecture"),
        found_by=ChiselReader.name,
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
