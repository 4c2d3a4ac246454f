"""A layer is hashed on both sides; what doesn't fit is an error, and nothing is left behind."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from scantling_common.images.digests import DiffId, Digest
from scantling_common.images.errors import DigestInvalid, DigestMismatch
from scantling_common.layers.blob import Spill
from scantling_common.layers.capture import _Flat
from scantling_common.layers.errors import (
    BlobTruncated,
    CompressionInvalid,
    DiffIdMismatch,
    LayerOverdue,
    LayerTooLarge,
    SpillFailed,
    TarInvalid,
)
from scantling_common.layers.limits import MIB, LayerLimits
from scantling_common.layers.verify import hash_blob, open_layer
from tests.builders.image import compress, sha256
from tests.builders.layer import END, hard_link, header, layer, symlink

if TYPE_CHECKING:
    from scantling_common.layers.blob import VerifiedLayer

FILES: dict[str | bytes, bytes] = {"etc/os-release": b"ID=test\n", b"caf\xe9": b"\xff", "e": b""}
PLAIN = layer(FILES)
UNWANTED = _Flat(wanted=False)


def opened(tmp_path: Path, blob: bytes, digest: str = "", **more: object) -> VerifiedLayer:
    path = tmp_path / "blob"
    path.write_bytes(b"before" + blob + b"after")
    with path.open("rb") as file:
        return open_layer(file, 6, len(blob), Digest(digest or sha256(blob)), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("overlap", [False, True])
@pytest.mark.parametrize("kind", ["plain", "gzip", "zstd"])
def test_a_layer_is_read_from_the_middle_of_a_file(
    tmp_path: Path, kind: str, *, overlap: bool
) -> None:
    blob = compress(PLAIN, kind)
    claimed = DiffId(sha256(PLAIN))

    with opened(tmp_path, blob, claimed_diff_id=claimed, overlap=overlap) as found:
        assert found.diff_id == sha256(PLAIN)
        assert (found.size, found.uncompressed_size) == (len(blob), len(PLAIN))
        content = {path: bytes(found.content(row)) for path, row in found.index.rows.items()}
    assert content == {b"etc/os-release": b"ID=test\n", b"caf\xe9": b"\xff", b"e": b""}


def test_a_digest_of_the_other_algorithm_is_verified(tmp_path: Path) -> None:
    blob = compress(PLAIN)
    digest = f"sha512:{hashlib.sha512(blob).hexdigest()}"

    opened(tmp_path, blob, digest).close()
    with pytest.raises(DigestMismatch):
        opened(tmp_path, blob + b"\0", digest)


def test_an_empty_blob_is_an_empty_layer(tmp_path: Path) -> None:
    with opened(tmp_path, b"") as found:
        assert len(found.index) == 0


def test_a_blob_that_is_not_its_digest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DigestMismatch, match=sha256(b"other")):
        opened(tmp_path, compress(PLAIN), sha256(b"other"))


@pytest.mark.parametrize("overlap", [False, True])
def test_a_damaged_blob_is_a_wrong_digest_and_not_a_broken_layer(
    tmp_path: Path, *, overlap: bool
) -> None:
    blob = bytearray(compress(PLAIN))
    digest = sha256(bytes(blob))
    blob[40] ^= 0xFF

    with pytest.raises(DigestMismatch):
        opened(tmp_path, bytes(blob), digest, overlap=overlap)


def test_both_sides_of_a_large_layer_can_be_hashed_beside(tmp_path: Path) -> None:
    plain = layer({"a": hashlib.shake_128(b"").digest(8 * MIB), "b": b"c"})
    blob = compress(plain)

    with opened(tmp_path, blob, overlap=True) as found:
        assert (found.digest, found.diff_id) == (sha256(blob), sha256(plain))
        assert found.index.paths == [b"a", b"b"]


def test_a_broken_layer_under_its_true_digest_is_a_broken_layer(tmp_path: Path) -> None:
    with pytest.raises(CompressionInvalid):
        opened(tmp_path, compress(PLAIN)[:-9])
    with pytest.raises(TarInvalid):
        opened(tmp_path, header(b"a", checksum=3) + END)


def test_a_config_that_claims_a_known_clean_layer_is_caught(tmp_path: Path) -> None:
    clean = DiffId(sha256(layer({"clean": b""})))

    with pytest.raises(DiffIdMismatch, match=clean):
        opened(tmp_path, compress(PLAIN), claimed_diff_id=clean)


def test_a_file_that_ends_inside_the_blob_is_truncated(tmp_path: Path) -> None:
    path = tmp_path / "short"
    path.write_bytes(compress(PLAIN)[:50])

    with path.open("rb") as file, pytest.raises(BlobTruncated):
        open_layer(file, 0, 1000, Digest(sha256(b"")))


def test_a_digest_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DigestInvalid):
        opened(tmp_path, b"", "../../etc/passwd")


def test_a_blob_over_the_limit_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(LayerTooLarge):
        opened(tmp_path, compress(PLAIN), limits=LayerLimits(compressed_bytes=10))


def test_no_file_is_left_behind_even_after_an_error(tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    spill.mkdir()

    with opened(tmp_path, compress(PLAIN), spill_dir=spill):
        assert list(spill.iterdir()) == []
    with pytest.raises(DigestMismatch):
        opened(tmp_path, compress(PLAIN), sha256(b""), spill_dir=spill)
    assert list(spill.iterdir()) == []


def test_a_missing_directory_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(SpillFailed, match="TMPDIR"):
        opened(tmp_path, compress(PLAIN), spill_dir=tmp_path / "none")


def test_a_full_disk_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    blob = compress(layer({"large": os.urandom(300_000)}))
    (tmp_path / "blob").write_bytes(blob)
    program = (
        "import signal, sys\n"
        "from scantling_common.layers.errors import SpillFailed\n"
        "from scantling_common.layers.verify import open_layer\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "with open(sys.argv[1], 'rb') as file:\n"
        "    try:\n"
        "        open_layer(file, 0, int(sys.argv[2]), sys.argv[3])\n"
        "    except SpillFailed as error:\n"
        "        print(error.code)\n"
    )

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "blob"), str(len(blob)), sha256(blob)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=limited,
    )
    assert done.stdout.strip() == "spill_failed"


def test_a_row_without_content_has_none(tmp_path: Path) -> None:
    with (
        opened(tmp_path, header(b"d/", flag=b"5") + END) as found,
        pytest.raises(ValueError, match="row"),
    ):
        found.content(0)


def test_a_view_may_outlive_the_layer(tmp_path: Path) -> None:
    found = opened(tmp_path, compress(PLAIN))
    view = found.content(0)
    found.close()

    assert bytes(view) == b"ID=test\n"


def test_a_blob_is_hashed_alone(tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(b"content")
    with path.open("rb") as file:
        hash_blob(file, 0, 7, Digest(sha256(b"content")))
        with pytest.raises(DigestMismatch):
            hash_blob(file, 0, 6, Digest(sha256(b"content")))


def full(buffering: int) -> IO[bytes]:
    """Return a file on a disk without room."""
    return Path("/dev/full").open("wb", buffering)


def test_a_spill_without_room_is_an_error_when_it_is_written_or_mapped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: full(0))
    spill = Spill(None)
    with pytest.raises(SpillFailed, match="No space"):
        spill.write(b"x")
    spill.close()
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: full(-1))
    spill = Spill(None)
    spill.write(b"x")
    with pytest.raises(SpillFailed, match="No space"):
        spill.map()


def test_content_beside_the_wanted_one_is_not_to_be_had(tmp_path: Path) -> None:
    with opened(tmp_path, compress(PLAIN), selection=UNWANTED) as found:
        row = found.index.row(b"etc/os-release")
        assert row is not None
        with pytest.raises(ValueError, match="no content"):
            found.content(row)


# Read up to a limit


@pytest.mark.parametrize("overlap", [False, True])
@pytest.mark.parametrize("kind", ["plain", "gzip", "zstd"])
def test_a_layer_is_given_up_to_a_limit_where_that_is_wanted(
    tmp_path: Path, kind: str, *, overlap: bool
) -> None:
    plain = layer({"a": b"first", "b": b"x" * 5000, "c": b"last"})
    blob = compress(plain, kind)
    limits = LayerLimits(uncompressed_bytes=4 * 512)

    with pytest.raises(LayerTooLarge):
        opened(tmp_path, blob, limits=limits, overlap=overlap)
    with opened(tmp_path, blob, limits=limits, overlap=overlap, partly=True) as found:
        assert isinstance(found.cut, LayerTooLarge)
        assert found.diff_id == (sha256(plain) if kind == "plain" else None)
        assert found.uncompressed_size == (len(plain) if kind == "plain" else 2048)
        assert found.index.paths == [b"a"]
        assert bytes(found.content(0)) == b"first"


@pytest.mark.parametrize("kind", ["plain", "gzip", "zstd"])
@pytest.mark.parametrize("limit", ["entries", "names_bytes"])
def test_a_limit_of_the_archive_leaves_the_hash_of_the_content(
    tmp_path: Path, kind: str, limit: str
) -> None:
    plain = layer({"a": b"first", "b": b"second", "c": b"last"})

    with opened(
        tmp_path, compress(plain, kind), limits=LayerLimits(**{limit: 2}), partly=True
    ) as found:
        assert isinstance(found.cut, LayerTooLarge)
        assert (found.diff_id, found.uncompressed_size) == (sha256(plain), len(plain))
        assert found.index.paths == [b"a", b"b"]


def test_an_overdue_layer_is_given_as_far_as_it_was_read(tmp_path: Path) -> None:
    plain = layer({"a": b"first", "b": b"x" * (3 << 20)})
    blob = compress(plain, "gzip")

    with pytest.raises(LayerOverdue):
        opened(tmp_path, blob, is_overdue=lambda: True)
    with opened(tmp_path, blob, partly=True, is_overdue=lambda: True) as found:
        assert isinstance(found.cut, LayerOverdue)
        assert found.diff_id is None
        assert found.index.paths == [b"a"]


@pytest.mark.parametrize("limits", [LayerLimits(entries=1), LayerLimits(uncompressed_bytes=600)])
def test_the_blob_is_verified_wherever_the_reading_ends(
    tmp_path: Path, limits: LayerLimits
) -> None:
    blob = compress(PLAIN)

    with pytest.raises(DigestMismatch):
        opened(tmp_path, blob, sha256(b"other"), limits=limits, partly=True)


def test_what_is_broken_is_so_with_a_limit_behind_it(tmp_path: Path) -> None:
    blob = compress(b"x" * 4096)

    with pytest.raises(TarInvalid):
        opened(tmp_path, blob, limits=LayerLimits(uncompressed_bytes=2048), partly=True)
    with pytest.raises(CompressionInvalid):
        opened(tmp_path, compress(PLAIN)[:-9], limits=LayerLimits(entries=1), partly=True)


def test_a_claim_is_compared_where_the_content_was_hashed(tmp_path: Path) -> None:
    limits, claimed = LayerLimits(entries=1), DiffId(sha256(b"other"))

    with pytest.raises(DiffIdMismatch):
        opened(tmp_path, compress(PLAIN), limits=limits, partly=True, claimed_diff_id=claimed)
    limits = LayerLimits(uncompressed_bytes=600)
    opened(tmp_path, compress(PLAIN), limits=limits, partly=True, claimed_diff_id=claimed).close()


def test_what_only_a_hard_link_names_is_fetched_up_to_a_limit(tmp_path: Path) -> None:
    class Named(_Flat):
        def wants(self, path: bytes) -> bool:
            return path == b"wanted"

    plain = layer({"other": b"content", "wanted": hard_link("other"), "c": b"", "d": b""})
    selection = Named(wanted=False)
    with opened(
        tmp_path,
        compress(plain),
        limits=LayerLimits(entries=3),
        partly=True,
        selection=selection,
    ) as found:
        assert found.index.paths == [b"other", b"wanted", b"c"]
        assert bytes(found.content(1)) == b"content"


def test_links_and_sparse_files_beyond_a_limit_are_not_said_of_others(tmp_path: Path) -> None:
    plain = layer({"a": b"", "b": symlink("x"), "c": symlink("y")})

    with opened(tmp_path, compress(plain), limits=LayerLimits(entries=2), partly=True) as found:
        assert found.index.links == {1: b"x"}
