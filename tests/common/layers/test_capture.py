"""What is kept of a layer that streams by: wanted content, hashes, and nothing else."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from scantling_common.images.digests import Digest
from scantling_common.layers.capture import EVERYTHING, HASHED_BYTES, Capture
from scantling_common.layers.errors import TarError
from scantling_common.layers.index import LayerIndex, build
from scantling_common.layers.tar import TarWalk, walk
from scantling_common.layers.verify import open_layer
from tests.builders.image import compress, sha256
from tests.builders.layer import (
    END,
    Member,
    archive,
    entry,
    executable,
    hard_link,
    header,
    layer,
    padded,
    pax_header,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from scantling_common.layers.blob import VerifiedLayer
    from scantling_common.layers.header import Buffer
    from tests.builders.layer import Content

ELF = b"\x7fELF\2\1\1\0"
LARGE = bytes(range(256)) * 40


class Memory:
    """Takes what is kept into memory."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.size = 0

    def write(self, data: memoryview) -> None:
        self.data += data
        self.size += data.nbytes


class Chosen:
    """Wants some paths, executable files that are ELF files, and other files that are zips."""

    looks_inside = True

    def __init__(self, *paths: bytes) -> None:
        self._paths = paths

    def wants(self, path: bytes) -> bool:
        return path in self._paths

    def wants_large(self, path: bytes) -> bool:
        return path in self._paths

    def wants_data(self, start: bytes) -> bool:
        return start.startswith(b"PK")

    def wants_start(self, start: bytes) -> bool:
        assert len(start) == 8
        return start.startswith(ELF[:4])


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for begin, end in itertools.pairwise(edges):
        yield data[begin:end]


def walked(data: bytes, cuts: list[int]) -> tuple[LayerIndex, dict[bytes, bytes]]:
    """Walk an archive in pieces; return its index and the content of each file."""
    memory = Memory()
    capture = Capture(memory, EVERYTHING)
    walking = TarWalk(capture=capture)
    for piece in pieces(data, cuts):
        walking.feed(piece)
    index = build(walking.finish(), capture.hashes)
    content = {}
    for row in index.files():
        if index.sizes[row]:
            at = capture.kept[index.offsets[row]]
            content[index.paths[row]] = bytes(memory.data[at : at + index.sizes[row]])
    return index, content


MIXED = archive(
    [
        ("plain", b"a" * 700),
        ("n" * 300, b"long name"),
        ("empty", b""),
        ("program", executable(ELF + b"x" * 5000)),
        ("link", hard_link("program")),
        ("caf\udce9", Member(content=LARGE, pax={"comment": "c" * 2000})),
    ]
)


@given(st.lists(st.integers(0, 1 << 20), max_size=12))
def test_where_an_archive_is_cut_changes_nothing(cuts: list[int]) -> None:
    whole, content = walked(MIXED, [])
    again, same = walked(MIXED, cuts)
    assert list(again) == list(whole)
    assert again.hashes == whole.hashes
    assert same == content
    assert content[b"caf\xe9"] == LARGE


@given(st.lists(st.integers(0, 1 << 20), max_size=6), st.integers(0, len(MIXED)))
def test_an_archive_that_ends_too_early_is_told_however_it_is_cut(
    cuts: list[int], end: int
) -> None:
    def outcome(cuts: list[int]) -> object:
        try:
            return list(walked(MIXED[:end], cuts)[0])
        except TarError as error:
            return type(error)

    assert outcome(cuts) == outcome([])


def test_a_sparse_map_may_come_in_pieces() -> None:
    numbers = b"300\n" + b"".join(b"%d\n1\n" % (2 * n) for n in range(300))
    data = padded(numbers) + bytes(300)
    records = (
        (b"GNU.sparse.major", b"1"),
        (b"GNU.sparse.minor", b"0"),
        (b"GNU.sparse.name", b"holes"),
        (b"GNU.sparse.realsize", b"1000"),
    )
    plain = pax_header(*records) + entry(b"GNUSparseFile.0/holes", data) + END
    whole = build(walk(plain))
    for cut in range(0, len(plain), 500):
        assert walked_index(plain, [cut]) == list(whole)


def walked_index(data: bytes, cuts: list[int]) -> list[object]:
    walking = TarWalk()
    for piece in pieces(data, cuts):
        walking.feed(piece)
    return list(build(walking.finish()))


def opened(
    tmp_path: Path, files: Mapping[str, Content], selection: Chosen, kind: str = "gzip"
) -> VerifiedLayer:
    return of_plain(tmp_path, layer(files), selection, kind)


def of_plain(tmp_path: Path, plain: bytes, selection: Chosen, kind: str = "gzip") -> VerifiedLayer:
    blob = compress(plain, kind)
    path = tmp_path / "blob"
    path.write_bytes(blob)
    with path.open("rb") as file:
        return open_layer(file, 0, len(blob), Digest(sha256(blob)), selection=selection)


def kept(found: VerifiedLayer) -> dict[bytes, bytes]:
    index = found.index
    return {index.paths[row]: bytes(found.content(row)) for row in index.files() if found.has(row)}


@pytest.mark.parametrize("kind", ["plain", "gzip", "zstd"])
def test_only_what_is_wanted_is_kept(tmp_path: Path, kind: str) -> None:
    files: dict[str, Content] = {
        "a/wanted": b"content",
        "a/other": b"other",
        "bin/program": executable(ELF + b"rest"),
        "bin/script": executable(b"#!/bin/sh\n"),
        "bin/short": executable(ELF[:7]),
        "lib/program": ELF + b"not executable",
    }
    with opened(tmp_path, files, Chosen(b"a/wanted"), kind) as found:
        assert kept(found) == {b"a/wanted": b"content", b"bin/program": ELF + b"rest"}
        other = found.index.rows[b"a/other"]
        assert not found.has(other)
        with pytest.raises(ValueError, match="row"):
            found.content(other)
        found.forget()
        assert kept(found)[b"a/wanted"] == b"content"


def test_content_that_only_a_link_is_wanted_for_is_read_once_more(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "z/first": b"one",
        "z/last": b"two",
        "a/link": hard_link("z/last"),
        "b/program": hard_link("z/first"),
    }
    with opened(tmp_path, files, Chosen(b"a/link")) as found:
        assert kept(found) == {b"a/link": b"two", b"z/last": b"two"}


def test_an_executable_link_to_a_file_that_is_not_is_looked_at(tmp_path: Path) -> None:
    plain = entry(b"data", ELF) + header(b"run", flag=b"1", link=b"data", mode=0o755) + END
    with of_plain(tmp_path, plain, Chosen()) as found:
        assert kept(found) == {b"data": ELF, b"run": ELF}


def test_large_files_of_equal_content_have_equal_hashes_and_links_have_none(
    tmp_path: Path,
) -> None:
    files: dict[str, Content] = {
        "a": LARGE,
        "b": LARGE,
        "c": LARGE[::-1],
        "d": LARGE[: HASHED_BYTES - 1],
        "e": hard_link("a"),
        "f": os.urandom(3_000_000),
    }
    with opened(tmp_path, files, Chosen()) as found:
        hashes = {path: found.index.hashes[row] for path, row in found.index.rows.items()}
    assert hashes[b"a"] == hashes[b"b"] == xxhash.xxh3_64_intdigest(LARGE)
    assert hashes[b"c"] != hashes[b"a"]
    assert hashes[b"d"] == hashes[b"e"] == 0
    content = files["f"]
    assert isinstance(content, bytes)
    assert hashes[b"f"] == xxhash.xxh3_64_intdigest(content)


def test_a_file_whose_first_bytes_are_cut_apart_is_still_known() -> None:
    plain = layer({"program": executable(ELF + b"x" * 5000)})
    begin = plain.index(ELF)
    for cut in range(begin - 2, begin + 10):
        memory = Memory()
        walking = TarWalk(capture=Capture(memory, Chosen()))
        buffer: Buffer
        for buffer in (plain[:cut], plain[cut : cut + 3], plain[cut + 3 :]):
            walking.feed(buffer)
        walking.finish()
        assert bytes(memory.data) == ELF + b"x" * 5000


def test_a_sparse_file_of_nothing_but_holes_is_zeros(tmp_path: Path) -> None:
    real = b"%011o\0" % 4096
    block = header(b"holes", flag=b"S", magic=b"ustar  \0", rest=bytes(138) + real)
    with of_plain(tmp_path, block + END, Chosen(b"holes")) as found:
        assert kept(found) == {b"holes": bytes(4096)}


def test_other_files_of_some_size_are_kept_for_how_they_begin(tmp_path: Path) -> None:
    zipped = b"PK\3\4" + LARGE
    files: dict[str, Content] = {
        "zip": zipped,
        "large": b"PK\3\4" + os.urandom(3_000_000),
        "small": b"PK\3\4",
        "data": LARGE,
        "elf": ELF + LARGE,
        "program": executable(zipped),
    }
    with opened(tmp_path, files, Chosen()) as found:
        assert set(kept(found)) == {b"zip", b"large"}
        assert kept(found)[b"zip"] == zipped
        assert kept(found)[b"large"] == files["large"]


def test_a_second_pass_keeps_nothing_for_how_it_begins() -> None:
    memory = Memory()
    walking = TarWalk(capture=Capture(memory, Chosen(), only=frozenset()))
    walking.feed(layer({"zip": b"PK\3\4" + LARGE}))
    walking.finish()
    assert memory.data == b""
