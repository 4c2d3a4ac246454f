"""What can be seen of an image, against layers applied one by one as a runtime does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scantling_common.layers.entries import Kind
from scantling_common.layers.hiding import hidings
from scantling_common.layers.index import LayerIndex, build
from scantling_common.layers.statistics import LISTED, count_files
from scantling_common.layers.tar import walk
from scantling_common.layers.visibility import hidden_by
from tests.builders.layer import (
    Content,
    Member,
    archive,
    directory,
    hard_link,
    layer,
    symlink,
)
from tests.common.layers.trees import layers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.layers.visibility import Located

IMAGES = st.lists(layers(), max_size=5).map(lambda plain: [build(walk(data)) for data in plain])


def applied(image: Sequence[LayerIndex]) -> tuple[dict[bytes, int], dict[Located, int]]:
    """Apply layer after layer; return the final tree, and what each layer took away."""
    tree: dict[bytes, int] = {}
    gone: dict[Located, int] = {}

    def remove(position: int, wanted: bytes, *, itself: bool) -> None:
        for path, owner in list(tree.items()):
            below = not wanted or path.startswith(wanted + b"/")
            if owner < position and ((itself and path == wanted) or below):
                gone[owner, path] = position
                del tree[path]

    for position, found in enumerate(image):
        for path in found.opaque:
            remove(position, path, itself=False)
        for path in found.hidden:
            remove(position, path, itself=True)
        for entry in found:
            if entry.kind != Kind.DIRECTORY:
                remove(position, entry.path, itself=True)
            elif entry.path in tree:
                gone[tree[entry.path], entry.path] = position
            tree[entry.path] = position
    return tree, gone


@settings(max_examples=400)
@given(IMAGES)
def test_the_same_is_hidden_by_the_same_layer(image: list[LayerIndex]) -> None:
    _, gone = applied(image)
    wanted = [(at, path) for at, found in enumerate(image) for path in found.paths]

    assert hidden_by(image, wanted) == gone


@settings(max_examples=400)
@given(IMAGES)
def test_the_same_can_be_seen(image: list[LayerIndex]) -> None:
    tree, _ = applied(image)
    seen = {
        path: at
        for at, (found, hiding) in enumerate(zip(image, hidings(image), strict=True))
        for path, visible in zip(found.paths, hiding.mask, strict=True)
        if visible
    }

    assert seen == tree


@settings(max_examples=200)
@given(IMAGES)
def test_the_same_is_counted(image: list[LayerIndex]) -> None:
    tree, _ = applied(image)
    files = [
        (at, image[at].entry(image[at].rows[path]))
        for path, at in tree.items()
        if image[at].kinds[image[at].rows[path]] <= Kind.HARD_LINK
    ]
    found = count_files(image, largest=3)

    assert found.count == len(files)
    assert found.size == sum({(at, e.offset): e.size for at, e in files if e.size}.values())
    order = sorted((-entry.size, entry.path.decode()) for _, entry in files)
    assert [(-file.size, file.path) for file in found.largest] == order[:3]
    assert found.setuid.count == sum(bool(entry.mode & 0o4000) for _, entry in files)
    assert found.setgid.count == sum(bool(entry.mode & 0o2000) for _, entry in files)
    assert found.world_writable.count == sum(bool(entry.mode & 0o002) for _, entry in files)
    assert sum(one.visible_count for one in found.layers) == found.count


def image_of(*plain: bytes) -> list[LayerIndex]:
    return [build(walk(data)) for data in plain]


@pytest.mark.parametrize("first", [True, False])
def test_an_opaque_marker_applies_first_wherever_it_stands(first: bool) -> None:  # noqa: FBT001
    marker: list[tuple[str | bytes, Content]] = [("d/.wh..wh..opq", b"")]
    own: list[tuple[str | bytes, Content]] = [("d/own", b"x")]
    image = image_of(layer({"d/low": b"x"}), archive(marker + own if first else own + marker))

    assert hidden_by(image, [(0, b"d/low"), (1, b"d/own")]) == {(0, b"d/low"): 1}


def test_a_whiteout_hides_only_lower_layers() -> None:
    image = image_of(layer({"a": b"1"}), layer({"a": b"2"}, whiteouts=["a"]), layer({"b": b""}))

    assert hidden_by(image, [(0, b"a"), (1, b"a")]) == {(0, b"a"): 1}


def test_the_first_layer_that_hides_is_named() -> None:
    image = image_of(
        layer({"d/a": b"1"}), layer({"d/a": b"2"}), layer({}, whiteouts=["d"]), layer({"d/a": b"4"})
    )

    assert hidden_by(image, [(0, b"d/a"), (1, b"d/a"), (3, b"d/a")]) == {
        (0, b"d/a"): 1,
        (1, b"d/a"): 2,
    }


def test_a_directory_replaced_by_a_link_hides_what_was_below() -> None:
    image = image_of(layer({"d": directory(), "d/a": b"x"}), layer({"d": symlink("/elsewhere")}))

    assert hidden_by(image, [(0, b"d/a"), (0, b"d")]) == {(0, b"d/a"): 1, (0, b"d"): 1}


def test_links_in_paths_are_not_followed() -> None:
    image = image_of(
        layer({"lib": symlink("usr/lib"), "usr/lib/a": b"x"}), layer({}, whiteouts=["lib/a"])
    )

    assert hidden_by(image, [(0, b"usr/lib/a"), (0, b"lib")]) == {}


def test_shared_content_counts_once_and_while_one_link_is_seen() -> None:
    lower = layer({"a": b"12345", "b": hard_link("a")})

    assert count_files(image_of(lower)).size == 5
    assert count_files(image_of(lower, layer({}, whiteouts=["a"]))).size == 5
    assert count_files(image_of(lower, layer({}, whiteouts=["a", "b"]))).size == 0


def test_a_layer_shows_what_it_wastes_and_lists_are_bounded() -> None:
    many = layer({f"w/{n:05}": Member(mode=0o666) for n in range(LISTED + 5)})
    found = count_files(image_of(layer({"big": b"x" * 100}), layer({}, whiteouts=["big"]), many))

    assert (found.layers[0].size, found.layers[0].visible_size) == (100, 0)
    assert found.world_writable.count == LISTED + 5
    assert len(found.world_writable.files) == LISTED
    assert found.world_writable.files[0].path == "w/00000"
