"""One image: visibility over layers, and the chain by which it is a base of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.analysis.bases import BaseFinder
from scantling_analyzers.extraction.image import outlasts
from scantling_analyzers.extraction.layer import LayerFailed
from scantling_common.images.digests import digest_of
from scantling_common.records.extractor import LAYER_INDEXES, VISIBILITY
from scantling_common.records.sync import MOVES, PLACEMENTS, REGISTRIES
from tests.analyzers.extraction.test_layer import READERS, RELEASE

if TYPE_CHECKING:
    from tests.analyzers.extraction.blob_files import BlobFolder
    from tests.analyzers.extraction.conftest import Extraction

ONE, TWO = digest_of(b"one"), digest_of(b"two")


@pytest.mark.parametrize(
    ("size", "others", "workers", "long"),
    [
        (10, 5, 1, True),
        (10, 6, 1, False),
        (10, 6, 3, True),
        (10, 0, 1, True),
        (10, 0, 0, False),
    ],
)
def test_a_layer_that_leaves_other_workers_idle_is_known_by_its_size(
    size: int, others: int, workers: int, *, long: bool
) -> None:
    assert outlasts(size, others, workers) is long


async def test_what_a_later_layer_hides_is_known(extraction: Extraction, blobs: BlobFolder) -> None:
    layers = (
        blobs.add({**RELEASE, "opt/a": b"1", "opt/b": b"2"}),
        blobs.add({"opt/.wh.a": b"", "opt/c": b"33"}),
    )
    read = await extraction.images.read("p", ONE, layers, READERS, blobs)
    view = await extraction.shelves.views.read(read.visibility)
    assert view is not None
    assert [(file.path, file.layer, file.hidden_by) for file in view.hidden] == [("opt/a", 0, 1)]
    assert view.files.count == 3
    assert view.files.largest[0].path == "etc/os-release"
    assert view.files.wasted == 1


async def test_an_image_is_known_when_nothing_is_missing(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    layers = (blobs.add(RELEASE), blobs.add({"a": b""}))
    assert not await extraction.images.known("p", layers, READERS)
    first = await extraction.images.read("p", ONE, layers, READERS, blobs)
    assert await extraction.images.known("p", layers, READERS)
    assert not await extraction.images.known("other", layers, READERS)
    assert await extraction.images.read("p", ONE, layers, READERS, None) == first


async def test_an_image_built_on_another_finds_it_by_its_layers(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    await extraction.store.ensure((PLACEMENTS, MOVES, REGISTRIES))
    base, top = blobs.add(RELEASE), blobs.add({"a": b""})
    await extraction.images.read("p", ONE, (base,), READERS, blobs)
    await extraction.images.read("p", TWO, (base, top), READERS, blobs)
    finder = BaseFinder(extraction.store)
    found = await finder.bases("p", [base.claimed_diff_id, top.claimed_diff_id])
    assert [(known.digest, known.layers) for known in found] == [(TWO, 2), (ONE, 1)]
    assert await finder.bases("other", [base.claimed_diff_id]) == ()


async def test_an_image_without_layers_is_empty_not_an_error(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    read = await extraction.images.read("p", ONE, (), READERS, blobs)
    view = await extraction.shelves.views.read(read.visibility)
    assert view is not None
    assert (view.hidden, view.files.count) == ((), 0)


async def test_a_layer_whose_index_is_gone_fails_once_and_is_read_again(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    layers = (blobs.add(RELEASE), blobs.add({"a": b""}))
    read = await extraction.images.read("p", ONE, layers, READERS, blobs)
    gone = f"{read.layers[1].identity}/0"
    assert await extraction.store.delete(LAYER_INDEXES, gone)
    assert await extraction.store.delete(VISIBILITY, f"{read.visibility}/0")

    with pytest.raises(LayerFailed, match="index"):
        await extraction.images.read("p", ONE, layers, READERS, blobs)

    assert await extraction.images.read("p", ONE, layers, READERS, blobs) == read
