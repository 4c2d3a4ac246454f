"""OCI layouts, as a directory and as an archive."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from scantling_common.images.digests import Digest
from scantling_common.images.errors import (
    ArchiveInvalid,
    ArchiveUnreadable,
    DigestMismatch,
    ManifestInvalid,
    ManifestTooLarge,
    NotFound,
)
from scantling_common.images.models import ImageCandidate, LocatedBlob, NotAnImage
from scantling_common.images.reference import AnyArchive, OciArchive, OciLayout
from scantling_common.images.sources.files import TarFiles, read_blob
from scantling_common.images.sources.local import open_source
from scantling_common.layers.errors import SpillFailed
from scantling_common.layers.verify import open_layer
from tests.builders.image import (
    OCI_INDEX,
    OCI_MANIFEST,
    BuiltImage,
    attestation,
    attestation_entry,
    descriptor,
    image,
    index,
    layout_files,
    oci_archive,
    oci_layout,
    platform_index,
    sha256,
    write_tar,
)
from tests.builders.layer import symlink

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scantling_common.images.sources.source import Source

    Open = Callable[..., Source]

FILES: dict[str | bytes, bytes] = {"etc/os-release": b"ID=x\n", b"caf\xe9": b"x"}


@pytest.fixture(params=["directory", "archive"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    def open_it(images: Mapping[str, BuiltImage], **more: Any) -> Source:
        if request.param == "directory":
            return open_source(OciLayout(oci_layout(tmp_path / "layout", images, **more)))
        return open_source(OciArchive(oci_archive(tmp_path / "image.tar", images, **more)))

    return open_it


def test_an_image_is_read_to_its_files(opened: Open) -> None:
    built = image(FILES, {"second": b""}, compression="zstd")

    with opened({"v1": built}) as source:
        (candidate,) = source.resolve()
        assert isinstance(candidate, ImageCandidate)
        assert (candidate.digest, candidate.names) == (built.digest, ("v1",))
        assert str(candidate.platform) == "linux/amd64"
        found = source.manifest(candidate.digest)
        blob = source.blob(found.layers[0].digest)
        with (
            blob.path.open("rb") as file,
            open_layer(file, blob.offset, blob.size, found.layers[0].digest) as layer,
        ):
            assert layer.diff_id == found.layers[0].claimed_diff_id
            assert layer.index.paths == [b"etc/os-release", b"caf\xe9"]
        assert source.document(candidate.digest) == (built.manifest, OCI_MANIFEST)


def test_each_platform_of_a_nested_index_is_an_image_and_attestations_are_not(opened: Open) -> None:
    arm, amd = image(FILES, architecture="arm64", variant="v8"), image(FILES)
    aside = attestation(amd)
    inner = platform_index(arm)
    outer = index([
        descriptor(amd.manifest, OCI_MANIFEST, platform=amd.platform),
        attestation_entry(amd),
        descriptor(inner, OCI_INDEX),
    ])  # fmt: skip
    names = {"org.opencontainers.image.ref.name": "v1"}
    top = index([descriptor(outer, OCI_INDEX, annotations=names)])
    images = {"-amd": amd, "-arm": arm, "-aside": aside}

    with opened(images, index_json=top, extra=[inner, outer]) as source:
        first, attached, second = source.resolve()
    assert isinstance(first, ImageCandidate)
    assert isinstance(second, ImageCandidate)
    assert (first.digest, str(first.platform), first.names) == (amd.digest, "linux/amd64", ("v1",))
    assert (second.digest, str(second.platform)) == (arm.digest, "linux/arm64")
    assert set(first.indexes) == {sha256(outer)}
    assert set(second.indexes) == {sha256(outer), sha256(inner)}
    assert attached == NotAnImage(
        digest=Digest(aside.digest),
        media_type=OCI_MANIFEST,
        size=len(aside.manifest),
        reason="attestation-manifest",
        subject=amd.digest,
    )


def test_one_image_under_two_tags_is_one_image(opened: Open) -> None:
    built = image(FILES)

    with opened({"v1": built, "v2": built}) as source:
        (candidate,) = source.resolve()
    assert isinstance(candidate, ImageCandidate)
    assert candidate.names == ("v1", "v2")


def test_a_tag_chooses(tmp_path: Path) -> None:
    one, two = image({"a": b"1"}), image({"a": b"2"})
    path = oci_layout(tmp_path / "layout", {"v1": one, "registry.example:5000/app:v2": two})

    with open_source(OciLayout(path, "v2")) as source:
        assert [found.digest for found in source.resolve()] == [two.digest]
    with open_source(OciLayout(path, "v3")) as source, pytest.raises(NotFound, match="v1"):
        source.resolve()


def test_a_signature_is_not_an_image(opened: Open) -> None:
    built = image(FILES)
    signature = built.manifest.replace(
        b"application/vnd.oci.image.layer.v1.tar+gzip",
        b"application/vnd.dev.cosign.simplesigning.v1+json",
    )
    top = index([descriptor(signature, OCI_MANIFEST)])

    with opened({"-": built}, index_json=top, extra=[signature]) as source:
        (found,) = source.resolve()
    assert isinstance(found, NotAnImage)
    assert found.reason == "signature"


@pytest.mark.parametrize("part", ["manifest", "config"])
def test_a_document_that_is_not_its_digest_is_refused(tmp_path: Path, part: str) -> None:
    built = image(FILES)
    files = layout_files({"v1": built})
    digest = built.digest if part == "manifest" else sha256(built.config)
    files[f"blobs/{digest.replace(':', '/')}"] += b" "

    with (
        open_source(AnyArchive(write_tar(tmp_path / "a.tar", files))) as source,
        pytest.raises(DigestMismatch, match=part),
    ):
        source.resolve()


def test_a_missing_blob_is_not_found(opened: Open) -> None:
    built = image(FILES)

    with opened({"v1": built}) as source:
        with pytest.raises(NotFound):
            source.blob(Digest(sha256(b"none")))
        with pytest.raises(NotFound):
            source.manifest(Digest(sha256(b"none")))


def test_a_config_is_not_an_image(opened: Open) -> None:
    built = image(FILES)

    with opened({"v1": built}) as source, pytest.raises(ManifestInvalid):
        source.manifest(Digest(sha256(built.config)))


def test_indexes_nested_too_deep_or_in_a_loop_are_refused(opened: Open) -> None:
    built = image(FILES)
    nested = [platform_index(built)]
    for _ in range(6):
        nested.append(index([descriptor(nested[-1], OCI_INDEX)]))

    with (
        opened({"-": built}, index_json=nested[-1], extra=nested) as source,
        pytest.raises(ManifestTooLarge, match="nested"),
    ):
        source.resolve()


@pytest.mark.parametrize(
    "change",
    [
        {"oci-layout": b'{"imageLayoutVersion":"9"}'},
        {"oci-layout": b"{}"},
        {"index.json": b"{"},
        {"index.json": image(FILES).manifest},
    ],
)
def test_what_is_no_layout_is_refused(tmp_path: Path, change: dict[str, bytes]) -> None:
    files = layout_files({"v1": image(FILES)}) | change

    with pytest.raises(ArchiveInvalid, match="OCI layout"):
        open_source(OciArchive(write_tar(tmp_path / "a.tar", files)))


def test_a_manifest_of_100_mb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = oci_layout(tmp_path / "layout", {"v1": image(FILES)})
    with (path / "index.json").open("wb") as file:
        file.truncate(100_000_000)

    with pytest.raises(ManifestTooLarge):
        open_source(OciLayout(path))


def test_a_blob_that_is_a_link_to_a_host_file_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"host")
    built = image(FILES)
    path = oci_layout(tmp_path / "layout", {"v1": built})
    blob = path / "blobs" / "sha256" / sha256(b"host").removeprefix("sha256:")
    blob.symlink_to(secret)

    with open_source(OciLayout(path)) as source, pytest.raises(ArchiveInvalid):
        source.blob(Digest(sha256(b"host")))


def test_a_pipe_in_a_layout_does_not_hang(tmp_path: Path) -> None:
    path = oci_layout(tmp_path / "layout", {"v1": image(FILES)})
    (path / "index.json").unlink()
    os.mkfifo(path / "index.json")

    with pytest.raises(ArchiveInvalid):
        open_source(OciLayout(path))


def test_a_link_in_an_archive_leads_nowhere_outside(tmp_path: Path) -> None:
    built = image(FILES)
    files: dict[str, Any] = dict(layout_files({"v1": built}))
    name = f"blobs/{sha256(b'host').replace(':', '/')}"
    files |= {name: symlink("/etc/hostname"), f"{name}0": symlink(f"{name}0")}

    with (
        open_source(AnyArchive(write_tar(tmp_path / "a.tar", files))) as source,
        pytest.raises(NotFound),
    ):
        source.blob(Digest(sha256(b"host")))


def test_a_compressed_archive_is_read_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = image(FILES)
    path = oci_archive(tmp_path / "image.tar", {"v1": built})
    path.write_bytes(gzip.compress(path.read_bytes()))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))

    with open_source(AnyArchive(path)) as source:
        (found,) = source.resolve()
        assert isinstance(found, ImageCandidate)
        config = source.blob(source.manifest(found.digest).config_digest)
        assert read_blob(config, 10_000, "config") == built.config
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("keep", [0, 100, 700, 3000, 4200])
def test_a_truncated_archive_is_a_clear_error(tmp_path: Path, keep: int) -> None:
    path = oci_archive(tmp_path / "image.tar", {"v1": image(FILES)})
    path.write_bytes(path.read_bytes()[:keep])

    with pytest.raises(ArchiveInvalid, match=r"image\.tar"):
        read_all(path)


def read_all(path: Path) -> None:
    with open_source(AnyArchive(path)) as source:
        for found in source.resolve():
            for layer in source.manifest(found.digest).layers:
                source.blob(layer.digest)


def test_a_directory_or_an_unreadable_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveUnreadable):
        open_source(OciArchive(tmp_path))
    with pytest.raises(ArchiveUnreadable):
        open_source(OciArchive(tmp_path / "none"))


def test_a_tar_of_no_image_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveInvalid, match="of no image"):
        open_source(AnyArchive(write_tar(tmp_path / "a.tar", {"readme": b"x"})))


def test_an_index_is_no_image_of_its_own(opened: Open) -> None:
    built = image(FILES)
    nested = platform_index(built)
    top = index([descriptor(nested, OCI_INDEX)])
    with (
        opened({"v1": built}, extra=[nested], index_json=top) as source,
        pytest.raises(ManifestInvalid, match="not the manifest of an image"),
    ):
        source.manifest(Digest(sha256(nested)))


def test_a_file_that_goes_while_it_is_read_is_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "blob"
    file.write_bytes(b"abc")
    with pytest.raises(ArchiveInvalid, match="ends inside"):
        read_blob(LocatedBlob(path=file, offset=1, size=3), 10, "blob")
    with pytest.raises(ArchiveUnreadable, match="can't be read"):
        read_blob(LocatedBlob(path=tmp_path / "gone", offset=0, size=3), 10, "blob")


def test_a_device_is_no_archive() -> None:
    with pytest.raises(ArchiveUnreadable, match="is not a regular file"):
        TarFiles(Path(os.devnull))


def test_a_pipe_is_no_archive_and_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ArchiveUnreadable, match="is not a regular file"):
        open_source(AnyArchive(pipe))


@pytest.mark.parametrize(
    ("packed", "name"), [(bz2.compress(b"x"), "bzip2"), (lzma.compress(b"x"), "xz")]
)
def test_an_archive_in_another_compression_is_told_as_that(
    tmp_path: Path, packed: bytes, name: str
) -> None:
    file = tmp_path / "image.tar"
    file.write_bytes(packed)
    with pytest.raises(ArchiveInvalid) as error:
        TarFiles(file)
    assert error.value.message == f"{file} is compressed with {name}"
    assert error.value.hint == "decompress it first"


def without_room() -> IO[bytes]:
    return Path("/dev/full").open("wb", buffering=0)


@pytest.mark.parametrize("full", ["at-once", "later"])
def test_a_compressed_archive_without_room_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    path = oci_archive(tmp_path / "image.tar", {"v1": image(FILES)})
    path.write_bytes(gzip.compress(path.read_bytes()))
    if full == "at-once":
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    else:
        monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: without_room())
    with pytest.raises(SpillFailed, match="uncompressed archive") as raised:
        TarFiles(path)
    assert "TMPDIR" in raised.value.hint
