"""Sparse files in all four forms: GNU tar writes them, and what is read back is the file."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from scantling_common.images.digests import Digest
from scantling_common.layers.errors import LayerTooLarge, TarInvalid, TarTruncated
from scantling_common.layers.limits import LayerLimits
from scantling_common.layers.tar import walk
from scantling_common.layers.verify import open_layer
from tests.builders.image import sha256
from tests.builders.layer import END, entry, header, padded, pax_header

if TYPE_CHECKING:
    from pathlib import Path

    from scantling_common.layers.blob import VerifiedLayer

GNU = b"ustar  \0"
FORMS = ["gnu", "0.0", "0.1", "1.0"]


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def by_gnu_tar(folder: Path, form: str) -> Path:
    if shutil.which("tar") is None or b"GNU" not in _run("tar", "--version"):
        pytest.skip("no GNU tar")
    format_ = ["--format=gnu"] if form == "gnu" else ["--format=pax", f"--sparse-version={form}"]
    target = folder.parent / f"{form}.tar"
    _run(
        "tar",
        "-C",
        str(folder),
        "--sparse",
        "--hole-detection=raw",
        *format_,
        "-cf",
        str(target),
        ".",
    )
    return target


def _run(*command: str) -> bytes:
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout


def opened(path: Path, limits: LayerLimits | None = None) -> VerifiedLayer:
    with path.open("rb") as file:
        data = path.read_bytes()
        return open_layer(file, 0, len(data), Digest(sha256(data)), limits=limits or LayerLimits())


def write_sparse(path: Path, regions: list[tuple[int, bytes]], size: int) -> bytes:
    with path.open("wb") as file:
        for offset, data in regions:
            file.seek(offset)
            file.write(data)
        file.truncate(size)
    return path.read_bytes()


def test_gnu_tars_sparse_files_come_back(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    many = [(number * 8192, b"%04d" % number * 1024) for number in range(60)]
    expected = {
        b"hole": write_sparse(folder / "hole", [], 100_000),
        b"many": write_sparse(folder / "many", many, 600_000),
        b"tail": write_sparse(folder / "tail", [(200_000, b"end")], 200_003),
        b"zz-plain": write_sparse(folder / "zz-plain", [(0, b"plain")], 5),
    }

    with opened(by_gnu_tar(folder, form)) as layer:
        found = {layer.index.paths[row]: bytes(layer.content(row)) for row in layer.index.files()}
        assert found == expected
        assert layer.index.sparse
        assert layer.uncompressed_size < 600_000


def test_a_sparse_file_is_bounded_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tar"
    data = pax_header((b"GNU.sparse.map", b"0,1"), (b"GNU.sparse.size", b"%d" % 2**50))
    path.write_bytes(data + entry(b"bomb", b"x") + END)

    with opened(path) as layer:
        assert layer.index.sizes[0] == 2**50
        with pytest.raises(LayerTooLarge, match="sparse"):
            layer.content(0)


@pytest.mark.parametrize(
    "map_",
    [
        b"5,3,4,3",
        b"0,3,2,3",
        b"8,3",
        b"0,4",
        b"0",
        b"-1,1",
        b"0,-1",
        b"x,1",
        b"0,1,,",
        b"9" * 30 + b",1",
    ],
)
def test_a_map_that_overlaps_runs_backwards_or_leaves_its_file_is_invalid(map_: bytes) -> None:
    data = pax_header((b"GNU.sparse.map", map_), (b"GNU.sparse.size", b"10"))

    with pytest.raises(TarInvalid):
        walk(data + entry(b"a", b"xyz") + END)


def test_a_map_without_an_end_is_invalid() -> None:
    data = pax_header(
        (b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.realsize", b"9")
    )

    with pytest.raises(TarInvalid, match="no end"):
        walk(data + entry(b"a", b"5\n0\n1\n") + END)


def test_the_regions_of_a_layer_are_bounded() -> None:
    many = b",".join(b"%d,1" % (2 * number) for number in range(100))
    one = pax_header((b"GNU.sparse.map", many), (b"GNU.sparse.size", b"400")) + entry(
        b"a", b"x" * 100
    )
    counted = pax_header(
        (b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.realsize", b"9")
    )

    with pytest.raises(LayerTooLarge, match="regions"):
        walk(one + END, LayerLimits(sparse_segments=50))
    with pytest.raises(LayerTooLarge, match="regions"):
        walk(one * 3 + END, LayerLimits(sparse_segments=200))
    with pytest.raises(LayerTooLarge, match="regions"):
        walk(counted + entry(b"a", padded(b"999999999\n")) + END)


def test_an_old_map_that_never_ends_is_truncated() -> None:
    extended = b"\0" * 137 + b"\1" + b"00000000010\0"
    block = header(b"a", flag=b"S", magic=GNU, rest=extended)
    more = b"\0" * 504 + b"\1" + b"\0" * 7

    with pytest.raises(TarTruncated, match="sparse"):
        walk(block + more * 3)
