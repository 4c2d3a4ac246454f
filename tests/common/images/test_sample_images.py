"""Real images: the sample data is read in both forms, whole and verified."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scantling_common.images.models import ImageCandidate
from scantling_common.images.reference import DockerArchive, OciArchive
from scantling_common.images.sources.local import open_source
from scantling_common.layers.statistics import count_files
from scantling_common.layers.verify import open_layer

if TYPE_CHECKING:
    from scantling_common.layers.index import LayerIndex

DATA = Path(os.environ.get("SCANTLING_SAMPLE_DATA", "../shared/data")) / "images"
EXPECTED = {
    "alma8-micro-s390x.tar": (2741, 2255, 24_350_623),
    "alma9-micro.tar": (2729, 2253, 20_023_114),
    "alpine-3.10.9.tar": (482, 70, 5_576_169),
}


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("form", [DockerArchive, OciArchive])
def test_a_sample_image_is_read(name: str, form: type[DockerArchive | OciArchive]) -> None:
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"no sample data at {path}: set SCANTLING_SAMPLE_DATA")
    layers: list[LayerIndex] = []
    with open_source(form(path)) as source:
        (candidate,) = source.resolve()
        assert isinstance(candidate, ImageCandidate)
        image = source.manifest(candidate.digest)
        for part in image.layers:
            blob = source.blob(part.digest)
            with (
                blob.path.open("rb") as file,
                open_layer(
                    file, blob.offset, blob.size, part.digest, claimed_diff_id=part.claimed_diff_id
                ) as layer,
            ):
                layers.append(layer.index)
    found = count_files(layers)

    assert (sum(map(len, layers)), found.count, found.size) == EXPECTED[name]
    assert not any(layer.hostile_count for layer in layers)
    assert len(found.largest) == 50
