"""Docker archives, in the form of today and in the one before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from scantling_common.images.digests import Digest
from scantling_common.images.documents import parse_document
from scantling_common.images.errors import (
    ArchiveInvalid,
    DigestMismatch,
    ManifestInvalid,
    ManifestTooLarge,
    NotFound,
)
from scantling_common.images.models import ImageCandidate
from scantling_common.images.reference import AnyArchive, DockerArchive
from scantling_common.images.sources.local import open_source
from scantling_common.layers.verify import open_layer
from tests.builders.image import (
    BuiltImage,
    compress,
    docker_archive,
    image,
    layout_files,
    sha256,
    write_tar,
)
from tests.builders.layer import layer, symlink

if TYPE_CHECKING:
    from pathlib import Path

    from scantling_common.images.sources.source import Source

FILES: dict[str | bytes, bytes] = {"etc/os-release": b"ID=x\n", b"caf\xe9": b"x"}
EMPTY = layer({})


def diff_ids(source: Source, digest: str) -> list[str]:
    found = []
    for part in source.manifest(Digest(digest)).layers:
        blob = source.blob(part.digest)
        with (
            blob.path.open("rb") as file,
            open_layer(file, blob.offset, blob.size, part.digest) as opened,
        ):
            found.append(opened.diff_id)
    return [str(diff_id) for diff_id in found]


@pytest.mark.parametrize("old", [False, True])
def test_several_images_with_several_tags(tmp_path: Path, old: bool) -> None:  # noqa: FBT001
    one, two = image(FILES, EMPTY, EMPTY), image({"other": b""}, architecture="arm64")
    images = {"app:v1": one, "app:latest": one, "tool:1": two}
    path = docker_archive(tmp_path / "a.tar", images, old=old)

    with open_source(AnyArchive(path)) as source:
        first, second = source.resolve()
        assert isinstance(first, ImageCandidate)
        assert isinstance(second, ImageCandidate)
        assert (first.digest, first.names) == (sha256(one.config), ("app:v1", "app:latest"))
        assert (str(second.platform), second.names) == ("linux/arm64", ("tool:1",))
        assert diff_ids(source, first.digest) == [part.diff_id for part in one.layers]


def test_the_manifest_that_is_made_up_can_be_pushed(tmp_path: Path) -> None:
    built = image(FILES, docker=True)
    path = docker_archive(tmp_path / "a.tar", {"a:1": built})

    with open_source(DockerArchive(path)) as source:
        data, media_type = source.document(Digest(sha256(built.config)))
    document = parse_document(data, media_type)
    assert json.loads(data) == json.loads(built.manifest)
    assert not document.is_index


def test_compressed_layers_under_other_names_have_the_digest_of_their_bytes(tmp_path: Path) -> None:
    built = image(FILES)
    blob = compress(built.layers[0].plain)
    entries = [{"Config": "c.json", "RepoTags": None, "Layers": ["./layers/one.tar.gz"]}]
    files: dict[str, Any] = {
        "c.json": built.config,
        "layers/one.tar.gz": blob,
        "manifest.json": json.dumps(entries).encode(),
    }

    with open_source(DockerArchive(write_tar(tmp_path / "a.tar", files))) as source:
        found = source.manifest(Digest(sha256(built.config)))
        assert found.layers[0].digest == sha256(blob)
        assert diff_ids(source, found.digest) == [built.layers[0].diff_id]


def test_an_archive_of_both_kinds_is_read_as_it_is_asked_for(tmp_path: Path) -> None:
    built = image(FILES)
    files: dict[str, Any] = dict(layout_files({"v1": built}))
    number = sha256(built.config).removeprefix("sha256:")
    entry = {
        "Config": f"blobs/sha256/{number}",
        "RepoTags": ["a:1"],
        "Layers": [f"blobs/{built.layers[0].digest.replace(':', '/')}"],
    }
    files["manifest.json"] = json.dumps([entry]).encode()
    path = write_tar(tmp_path / "a.tar", files)

    with open_source(AnyArchive(path)) as source:
        assert [found.digest for found in source.resolve()] == [built.digest]
    with open_source(DockerArchive(path)) as source:
        assert [found.digest for found in source.resolve()] == [sha256(built.config)]


def changed(tmp_path: Path, built: BuiltImage, **entry: Any) -> Path:
    number = sha256(built.config).removeprefix("sha256:")
    whole = {"Config": f"{number}.json", "RepoTags": [], "Layers": ["l/layer.tar"], **entry}
    files: dict[str, Any] = {
        f"{number}.json": built.config,
        "l/layer.tar": built.layers[0].plain,
        "loop": symlink("loop"),
        "out": symlink("../../../etc/hostname"),
        "host": symlink("/etc/hostname"),
        "manifest.json": json.dumps([whole]).encode(),
    }
    return write_tar(tmp_path / "a.tar", files)


def test_a_plain_layer_that_is_not_the_claimed_one_is_caught_when_it_is_opened(
    tmp_path: Path,
) -> None:
    lie = {"rootfs": {"type": "layers", "diff_ids": [sha256(b"clean")]}}
    built = image(FILES, lies=lie)

    with (
        open_source(DockerArchive(changed(tmp_path, built))) as source,
        pytest.raises(DigestMismatch),
    ):
        diff_ids(source, sha256(built.config))


@pytest.mark.parametrize(
    "entry",
    [
        {"Layers": ["../../etc/passwd"]},
        {"Layers": ["/etc/passwd"]},
        {"Layers": ["out"]},
        {"Layers": ["host"]},
        {"Layers": ["l"]},
        {"Layers": [""]},
        {"Config": "/etc/passwd"},
        {"Config": "none.json"},
    ],
)
def test_names_of_host_files_lead_nowhere(tmp_path: Path, entry: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        open_source(DockerArchive(changed(tmp_path, image(FILES), **entry)))


def test_an_endless_link_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveInvalid, match="never ends"):
        open_source(DockerArchive(changed(tmp_path, image(FILES), Layers=["loop"])))


def test_a_config_whose_name_states_another_digest_is_refused(tmp_path: Path) -> None:
    built = image(FILES)
    path = docker_archive(tmp_path / "a.tar", {"a:1": built}, old=True)
    path.write_bytes(path.read_bytes().replace(b'"linux"', b'"LINUX"'))

    with pytest.raises(DigestMismatch):
        open_source(DockerArchive(path))


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ({"Layers": []}, ManifestInvalid),
        ({"Layers": ["l/layer.tar"] * 2}, ManifestInvalid),
        ({"Layers": ["l/layer.tar"] * 2000}, ManifestTooLarge),
        ({"Layers": 7}, ManifestInvalid),
        ({"Config": None}, ManifestInvalid),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    tmp_path: Path, entry: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        open_source(DockerArchive(changed(tmp_path, image(FILES), **entry)))


def test_an_archive_of_too_many_images_is_refused(tmp_path: Path) -> None:
    entries = json.dumps([{"Config": "c", "RepoTags": None, "Layers": []}] * 1025)
    path = write_tar(tmp_path / "a.tar", {"manifest.json": entries})

    with pytest.raises(ManifestTooLarge, match="1,025 images") as raised:
        open_source(DockerArchive(path))
    assert "manifests" in raised.value.hint


def test_archives_from_before_docker_1_10_say_what_to_do(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar", {"repositories": b"{}", "x/layer.tar": EMPTY})

    with pytest.raises(ArchiveInvalid) as error:
        open_source(DockerArchive(path))
    assert "save it again" in error.value.hint


def test_an_image_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    path = docker_archive(tmp_path / "a.tar", {"a:1": image(FILES)})

    with open_source(DockerArchive(path)) as source:
        with pytest.raises(NotFound):
            source.manifest(Digest(sha256(b"")))
        with pytest.raises(NotFound):
            source.blob(Digest(sha256(b"")))
