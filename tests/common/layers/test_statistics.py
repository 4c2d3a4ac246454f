"""What stands out among the files of an image."""

from __future__ import annotations

import tarfile
from array import array
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scantling_common.layers.index import build
from scantling_common.layers.statistics import count_files
from scantling_common.layers.tar import walk
from tests.builders.layer import Member, directory, executable, hard_link, layer, symlink
from tests.common.layers.test_visibility import image_of

if TYPE_CHECKING:
    from scantling_common.layers.index import LayerIndex
    from scantling_common.layers.statistics import Marked

NET_RAW = b"\1\0\0\2" + (1 << 13).to_bytes(4, "little") + bytes(12)


def paths(marked: Marked) -> list[str]:
    assert marked.count == len(marked.files)
    return [file.path for file in marked.files]


def capable(raw: bytes) -> Member:
    text = raw.decode("utf-8", "surrogateescape")
    return Member(content=b"x", pax={"SCHILY.xattr.security.capability": text})


def test_directories_for_everybody_need_a_sticky_bit() -> None:
    found = count_files(
        image_of(
            layer(
                {
                    "tmp": directory(0o1777),
                    "open": directory(0o777),
                    "closed": directory(0o755),
                    "file": Member(mode=0o666),
                }
            )
        )
    )

    assert paths(found.open_directories) == ["open"]
    assert paths(found.world_writable) == ["file"]


def test_the_mode_that_counts_is_the_top_layers() -> None:
    found = count_files(
        image_of(
            layer({"su": executable(mode=0o4755), "wall": executable(mode=0o2755)}),
            layer({"su": executable(mode=0o755)}),
        )
    )

    assert paths(found.setuid) == []
    assert paths(found.setgid) == ["wall"]


def test_a_symlinks_mode_means_nothing() -> None:
    found = count_files(image_of(layer({"l": symlink("a")})))

    assert (found.world_writable.count, found.symlink_count) == (0, 1)


def test_devices_are_told() -> None:
    found = count_files(
        image_of(
            layer(
                {
                    "null": Member(kind=tarfile.CHRTYPE),
                    "sda": Member(kind=tarfile.BLKTYPE),
                    "pipe": Member(kind=tarfile.FIFOTYPE),
                }
            )
        )
    )

    assert paths(found.devices) == ["null", "sda"]


@pytest.mark.parametrize(
    ("path", "target", "leaves"),
    [
        ("a", "../etc", True),
        ("d/a", "../etc", False),
        ("d/a", "../../etc", True),
        ("d/a", "x/../../..", True),
        ("d/a", "x/./../../b..", False),
        ("d/a", "/..", True),
        ("d/a", "/b/..", False),
        ("d/a", "..b/c", False),
    ],
)
def test_a_link_above_the_root_is_told(path: str, target: str, leaves: bool) -> None:  # noqa: FBT001
    found = count_files(image_of(layer({path: symlink(target)})))

    assert paths(found.leaving) == ([path] if leaves else [])


def test_a_hard_link_is_no_link_above_the_root() -> None:
    assert count_files(image_of(layer({"a": b"", "b": hard_link("a")}))).leaving.count == 0


def test_visible_files_with_capabilities_are_told() -> None:
    found = count_files(
        image_of(layer({"ping": capable(NET_RAW), "gone": capable(NET_RAW)}), layer({"gone": b""}))
    )

    assert [(file.path, file.layer, file.raw) for file in found.capable] == [("ping", 0, NET_RAW)]
    assert found.capable_count == 1


def test_of_equal_sizes_the_first_paths_are_the_largest() -> None:
    found = count_files(
        image_of(layer({"c": b"1", "e": b"1", "big": b"22"}), layer({"b": b"1", "d": b"1"})),
        largest=3,
    )

    assert [(file.path, file.layer) for file in found.largest] == [("big", 0), ("b", 1), ("c", 0)]


def test_an_image_of_empty_files_has_largest_ones_too() -> None:
    found = count_files(image_of(layer({"b": b"", "a": b""})), largest=1)

    assert [file.path for file in found.largest] == ["a"]


def hashed(plain: bytes, *hashes: int) -> LayerIndex:
    """Return a layer whose rows have these hashes."""
    return replace(build(walk(plain)), hashes=array("Q", hashes))


def test_equal_content_of_all_layers_is_one_group() -> None:
    lower = hashed(
        layer({"a": b"x", "linked": hard_link("a"), "gone": b"x", "other": b"y"}), 7, 0, 7, 8
    )
    found = count_files([lower, hashed(layer({"b": b"x"}, whiteouts=["gone"]), 7)])

    (group,) = found.duplicates
    assert (group.size, group.count, group.saved) == (1, 2, 1)
    assert group.files == (("a", 0), ("b", 1))
    assert (found.duplicate_groups, found.duplicate_size) == (1, 1)


def test_linked_content_is_a_copy_by_the_name_that_can_be_seen() -> None:
    lower = hashed(layer({"a": b"x", "b": hard_link("a"), "c": hard_link("a")}), 7, 0, 0)
    found = count_files([lower, hashed(layer({"d": b"x"}, whiteouts=["a"]), 7)])

    (group,) = found.duplicates
    assert (group.count, group.files) == (2, (("b", 0), ("d", 1)))


def test_entries_that_address_nothing_are_counted_by_layer() -> None:
    found = count_files(image_of(layer({"../a": b"", "b": b""}), layer({"c": b""})))

    assert [one.hostile_count for one in found.layers] == [1, 0]
