"""The sample images: built alike every time, and readable."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from scantling.sample.contents import NOT_UTF8
from scantling.sample.images import sample_images
from scantling.sample.pushing import archive, archived_images
from scantling_common.images.errors import ReferenceInvalid

if TYPE_CHECKING:
    from pathlib import Path


def test_they_are_the_same_every_time() -> None:
    assert sample_images() == sample_images()


def test_each_holds_a_file_whose_name_is_not_utf8() -> None:
    name = NOT_UTF8.decode("utf-8", "surrogateescape")

    for image in sample_images():
        names: set[str] = set()
        for layer in image.layers:
            with tarfile.open(fileobj=io.BytesIO(gzip.decompress(layer.data))) as opened:
                names.update(opened.getnames())
        assert name in names, image.repository


def test_the_shop_stands_on_a_base() -> None:
    _, alpine, shop = sample_images()

    assert shop.layers[0] == alpine.layers[0]


def test_an_archive_is_named_after_its_file(tmp_path: Path) -> None:
    file = tmp_path / "My Image_1.tar"
    file.write_bytes(docker_archive())

    with archive(str(file)) as source:
        (found,) = archived_images(source, str(file))

    assert found.repository == "sample/my-image-1"
    assert found.tag == "2.0"


def test_a_reference_is_no_archive() -> None:
    with pytest.raises(ReferenceInvalid), archive("docker://alpine:3"):
        pass  # pragma: no cover - never reached


def docker_archive() -> bytes:
    """Return what ``docker save`` writes of an image without layers."""
    config = json.dumps(
        {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}
    ).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": ["my/app:2.0"], "Layers": []}])
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as made:
        for name, data in (("config.json", config), ("manifest.json", manifest.encode())):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            made.addfile(entry, io.BytesIO(data))
    return content.getvalue()
