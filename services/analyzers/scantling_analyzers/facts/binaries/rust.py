"""The crates in Rust programs, as ``cargo auditable`` records them (its ``PARSING.md``).

The section ``.dep-v0`` is JSON, compressed with zlib. What only the build used is marked there
and left out: it is not in the program.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.reading import located, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.facts.binaries.elf import Elf
    from scantling_analyzers.facts.models import LocatedError

SECTION: Final = b".dep-v0"
FOUND_BY: Final = "rust-audit-data"
MAX_DATA_BYTES: Final = 8 * 1024 * 1024
"""More than any program's needs, says the format's description."""


class _Crate(msgspec.Struct, frozen=True):
    name: str
    version: str
    kind: str = "runtime"


class _Crates(msgspec.Struct, frozen=True):
    packages: list[_Crate]


_DECODER: Final = msgspec.json.Decoder(_Crates)


def audit_data(elf: Elf) -> bytes | None:
    """Return the JSON, None where the program has none.

    Raises :class:`Unreadable` (``malformed``, ``truncated``, ``too_large``).
    """
    section = elf.section(SECTION)
    if section is None:
        return None
    content = elf.content(section)
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(content[:MAX_DATA_BYTES], MAX_DATA_BYTES)
    except zlib.error:
        raise Unreadable("the audit data of Rust is not zlib", code="malformed") from None
    if inflater.eof:
        return data
    if content.nbytes > MAX_DATA_BYTES or len(data) >= MAX_DATA_BYTES:
        message = f"the audit data of Rust is larger than {MAX_DATA_BYTES} bytes"
        raise Unreadable(message, code="too_large")
    raise Unreadable("the audit data of Rust ends in its middle", code="truncated")


def packages(data: bytes, path: str) -> Iterator[Package | LocatedError]:
    """Yield the program's own crate and those that it was linked from, as packages of ``cargo``.

    Raises :class:`Unreadable` (``malformed``, ``nested_too_deep``) where the JSON is not such.
    """
    try:
        crates = _DECODER.decode(data).packages
    except RecursionError:
        raise Unreadable("the JSON is nested too deep", code="nested_too_deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"the audit data of Rust is not as it should be: {type(error).__name__}"
        raise Unreadable(message, code="malformed") from None
    for crate in crates:
        if crate.kind == "build":
            continue
        try:
            name = value(crate.name.encode("utf-8", "surrogatepass"), "a crate's name")
            version = value(crate.version.encode("utf-8", "surrogatepass"), "a crate's version")
        except Unreadable as error:
            yield located(error, path)
            continue
        if name:
            yield Package(path=path, name=name, version=version, type="cargo", found_by=FOUND_BY)
