"""Which layer hides a file, and whether it puts something in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from scantling_common.layers import hiding
from scantling_common.layers.errors import LayerTooLarge
from scantling_common.layers.hiding import hidings
from scantling_common.layers.statistics import count_files
from tests.builders.layer import Content, archive, directory, hard_link, layer, symlink
from tests.common.layers.test_visibility import IMAGES, applied, image_of

if TYPE_CHECKING:
    from scantling_common.layers.index import LayerIndex


@settings(max_examples=400)
@given(IMAGES)
def test_the_same_layer_hides_in_the_same_way(image: list[LayerIndex]) -> None:
    _, gone = applied(image)
    found = {
        (at, image[at].paths[row]): (one.hider(row), one.is_deleted(row))
        for at, one in enumerate(hidings(image))
        for row in one.rows()
    }

    assert found == {
        located: (hider, located[1] not in image[hider].rows) for located, hider in gone.items()
    }


@settings(max_examples=200)
@given(IMAGES)
def test_waste_is_all_that_cannot_be_seen(image: list[LayerIndex]) -> None:
    for one in count_files(image).layers:
        assert one.waste.overwritten + one.waste.deleted == one.size - one.visible_size
        assert sum(file.size for file in one.waste.largest) == one.size - one.visible_size


def test_what_is_replaced_is_overwritten_and_what_is_marked_is_deleted() -> None:
    lower = layer({"a": b"1", "b": b"22", "d": directory(), "d/c": b"333", "e/f": b"4444"})
    upper = layer({"a": b"", "d": symlink("e")}, whiteouts=["b"], opaque=["e"])
    found = count_files(image_of(lower, upper))

    assert [(file.path, file.size, file.deleted) for file in found.wasted] == [
        ("e/f", 4, True),
        ("d/c", 3, True),
        ("b", 2, True),
        ("a", 1, False),
    ]
    assert {(file.layer, file.hidden_by) for file in found.wasted} == {(0, 1)}


def test_a_file_under_an_opaque_directory_that_comes_again_is_overwritten() -> None:
    members: list[tuple[str | bytes, Content]] = [("d/a", b"new"), ("d/.wh..wh..opq", b"")]
    found = count_files(image_of(layer({"d/a": b"1", "d/b": b"2"}), archive(members)))

    assert [(file.path, file.deleted) for file in found.wasted] == [("d/a", False), ("d/b", True)]


def test_an_opaque_root_deletes_all_that_was_below() -> None:
    found = hidings(image_of(layer({"a": b"", "d/b": b""}), layer({"c": b""}, opaque=[""])))

    assert [row for row in found[0].rows() if found[0].is_deleted(row)] == [0, 1]
    assert [one.mask for one in found] == [b"\0\0", b"\1"]


def test_linked_content_is_wasted_by_the_layer_that_hides_its_last_name() -> None:
    lower = layer({"a": b"12345", "b": hard_link("a"), "c": b"x"})
    found = count_files(image_of(lower, layer({}, whiteouts=["b"]), layer({"a": b""})))

    assert [(file.path, file.size, file.hidden_by, file.deleted) for file in found.wasted] == [
        ("a", 5, 2, False)
    ]


def test_linked_content_is_not_wasted_while_one_name_is_seen() -> None:
    lower = layer({"a": b"12345", "b": hard_link("a")})

    assert count_files(image_of(lower, layer({}, whiteouts=["a"]))).wasted == ()


def test_the_largest_waste_of_all_layers_comes_first() -> None:
    small = layer({f"small/{n:03}": b"x" for n in range(60)})
    found = count_files(
        image_of(small, layer({"big": b"x" * 9}), layer({}, whiteouts=["big", "small"]))
    )

    assert len(found.wasted) == 50
    assert found.wasted[0].path == "big"
    assert [layer.waste.deleted for layer in found.layers] == [60, 9, 0]


def test_a_large_layer_above_a_small_one_hides_the_same() -> None:
    many = layer({**{f"w/{n}": b"" for n in range(50)}, "a": b"", "d": b""})

    assert hidings(image_of(layer({"a": b"1", "d/b": b"2", "c": b"3"}), many))[0].mask == b"\0\0\1"


def test_a_quadratic_of_deep_directories_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hiding, "MAX_DIRECTORY_BYTES", 5_000)
    deep = layer({"/".join([str(n), *"abcdefgh" * 3, "file"]): b"" for n in range(20)})

    with pytest.raises(LayerTooLarge, match="5,000 bytes"):
        hidings(image_of(deep, layer({"a": b""})))
    assert len(hidings(image_of(deep))) == 1
