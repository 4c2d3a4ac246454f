"""Layers as large as they come: very many files, and a very large one."""

from __future__ import annotations

import gzip
import hashlib
import random
from typing import TYPE_CHECKING, Final

import pytest
from isal import isal_zlib

from scantling_analyzers.extraction.work import LayerDone, LayerWork, perform
from scantling_analyzers.facts.catalogue import READERS
from scantling_common.layers import codec
from tests.analyzers.facts.files import SEAL
from tests.builders.layer import END, base_256, header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MANY: Final = 3_000_000
GZIP: Final = 31
"""What zlib calls gzip's own header and end around a window of 32 KiB."""

GIB: Final = 1024 * 1024 * 1024
PIECE: Final = 32 * 1024 * 1024
SIZE: Final = 8 * GIB


def many_headers() -> Iterator[bytes]:
    """Give the headers of so many empty files, a thousand at a time.

    Of each thousand only the first digits of the names differ, and the checksums by their sum.
    """
    thousand = bytearray(b"".join(header(b"d/%07d" % n) for n in range(1000)))
    sums = [int(thousand[at : at + 6], 8) for at in range(148, len(thousand), 512)]
    for n in range(MANY // 1000):
        digits = b"%04d" % n
        more = sum(digits) - sum(b"0000")
        checksums = b"".join(b"%06o" % (each + more) for each in sums)
        for at, digit in enumerate(digits, start=2):
            thousand[at::512] = bytes([digit]) * 1000
        for at in range(6):
            thousand[148 + at :: 512] = checksums[at::6]
        yield bytes(thousand)


def done(folder: Path, blob: Path, digest: str) -> LayerDone:
    output = folder / "output"
    output.mkdir()
    work = LayerWork(
        path=str(blob),
        offset=0,
        size=blob.stat().st_size,
        digest=digest,
        readers=tuple(reader.name for reader in READERS),
        output=str(output),
        spill=str(folder),
    )
    answer = perform(work, READERS, lambda _: None, SEAL)
    assert isinstance(answer, LayerDone), answer
    return answer


def test_three_million_empty_files_are_listed(tmp_path: Path) -> None:
    blob = tmp_path / "blob"
    packer = isal_zlib.compressobj(level=1, wbits=GZIP)
    with blob.open("wb") as file:
        for headers in many_headers():
            file.write(packer.compress(headers))
        file.write(packer.compress(END) + packer.flush())
    digest = f"sha256:{hashlib.sha256(blob.read_bytes()).hexdigest()}"

    answer = done(tmp_path, blob, digest)

    assert answer.uncompressed_size == MANY * 512 + len(END)
    index = codec.decode((tmp_path / "output/index").read_bytes())
    assert len(index) == MANY
    assert index.paths[-1] == b"d/%07d" % (MANY - 1)


def test_a_file_of_8_gb_is_hashed_and_listed_and_takes_no_room(tmp_path: Path) -> None:
    # Of a piece that compresses a hundred times, so that it is no bomb, in many members.
    part = random.Random(1).randbytes(1024) * (PIECE // 1024)  # noqa: S311  # the same each time
    member = gzip.compress(part, compresslevel=1)
    blob = tmp_path / "blob"
    with blob.open("wb") as file:
        file.write(gzip.compress(header(b"huge", size=base_256(SIZE))))
        for _ in range(SIZE // PIECE):
            file.write(member)
        file.write(gzip.compress(END))
    with blob.open("rb") as file:
        digest = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"

    answer = done(tmp_path, blob, digest)

    assert answer.uncompressed_size == SIZE + 512 + len(END)
    index = codec.decode((tmp_path / "output/index").read_bytes())
    assert (index.paths, list(index.sizes)) == ([b"huge"], [SIZE])
