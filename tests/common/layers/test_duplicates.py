"""Content that is stored more than once."""

from __future__ import annotations

from scantling_common.layers.duplicates import LISTED, NAMED, Column, duplicates_of


def column(*files: tuple[int, int], flags: bytes = b"") -> Column:
    """Return files as (size, hash)."""
    sizes, hashes = [size for size, _ in files], [key for _, key in files]
    return Column(sizes, hashes, flags or b"\1" * len(files))


def test_files_of_equal_size_and_hash_are_one_group_over_all_layers() -> None:
    found = duplicates_of([column((10, 7), (20, 8)), column((10, 7), (10, 7))])

    assert (found.groups, found.saved) == (1, 20)
    (group,) = found.largest
    assert (group.size, group.count, group.saved) == (10, 3, 20)
    assert group.files == ((0, 0), (1, 0), (1, 1))


def test_equal_hashes_of_different_sizes_are_different_content() -> None:
    assert duplicates_of([column((10, 7), (20, 7))]).groups == 0


def test_files_without_a_hash_are_not_compared() -> None:
    assert duplicates_of([column((10, 0), (10, 0))]).groups == 0


def test_rows_that_do_not_count_are_left_out() -> None:
    assert duplicates_of([column((10, 7), (10, 7), flags=b"\1\0")]).groups == 0


def test_all_groups_are_counted_and_those_that_cost_most_are_listed() -> None:
    pairs = [(n, n) for n in range(1, LISTED + 11)] * 2
    found = duplicates_of([column(*pairs)])

    assert found.groups == LISTED + 10
    assert found.saved == sum(range(1, LISTED + 11))
    assert [group.size for group in found.largest] == list(range(LISTED + 10, 10, -1))


def test_a_group_names_its_first_files_only() -> None:
    (group,) = duplicates_of([column(*[(10, 7)] * 30)]).largest

    assert (group.count, len(group.files)) == (30, NAMED)


def test_no_files_have_no_duplicates() -> None:
    assert duplicates_of([]).largest == ()
