"""The reader of programs and shared libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.binaries import golang, modules, programs, rust
from scantling_analyzers.facts.binaries.elf import MAGIC, parse
from scantling_analyzers.facts.reading import bounded, located

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.binaries.elf import Elf
    from scantling_analyzers.facts.models import AnyFact, LocatedError

PACKER: Final = b"UPX!"
PACKER_BYTES: Final = 1024
"""Within how many of the first bytes UPX puts its mark, right after the program headers."""


class BinaryReader(Reader):
    """Reads what programs say of themselves: Go modules, Rust crates, their own version.

    Every ELF file is looked at, whatever it is called, with an execute bit or without: some ways to
    copy a file lose the bit. Of those without it the smallest are so only by a library's name.
    """

    name = "binary"
    version = 3
    patterns: tuple[str, ...] = ("**/*.so", "**/lib*.so.*")
    magics: tuple[bytes, ...] = (MAGIC,)
    data_magics: tuple[bytes, ...] = (MAGIC,)

    def expects(self, path: bytes, /) -> tuple[str, ...]:
        """Return the well-known programs and libraries that a file's name promises."""
        return programs.expected(path)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the packages that a program or library is made of."""
        return bounded(parse_binary(file.data, file.path, file.text_path), file.text_path)


def parse_binary(data: memoryview, path: bytes, text_path: str) -> Iterator[AnyFact | LocatedError]:
    """Yield the packages of one ELF file; each of its parts is read whatever the others are.

    Raises :class:`Unreadable` where the file is a program whose headers can't be read.
    """
    elf = parse(data)
    if elf is None:
        return
    if elf.damage is not None:
        yield located(elf.damage, text_path)
    if not elf.sections and PACKER in bytes(data[:PACKER_BYTES]):
        message = "the program is packed with UPX, what it is made of can't be read"
        raise Unreadable(message, code="unsupported_format")
    is_go = False
    for part in (_go, _rust):
        try:
            for found in part(elf, text_path):
                is_go |= part is _go
                yield found
        except Unreadable as error:
            yield located(error, text_path)
    suggested = [] if is_go else programs.suggested(path)
    if suggested:
        yield from programs.packages(elf, suggested, text_path)


def _go(elf: Elf, path: str) -> Iterator[AnyFact | LocatedError]:
    info = golang.build_info(elf)
    if info is not None:
        yield from modules.packages(info, path)


def _rust(elf: Elf, path: str) -> Iterator[AnyFact | LocatedError]:
    data = rust.audit_data(elf)
    if data is not None:
        yield from rust.packages(data, path)
