"""The latest version of a repository."""

from __future__ import annotations

import pytest

from scantling_common.latest import rank


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (("2.0", 10), ("1.0", 20)),
        (("latest", 10), ("1.0", 20)),
        (("9.9", 0), ("latest", 0)),
        (("1.9", 0), ("1.10", 0)),
        (("1.10-rc1", 0), ("2", 0)),
        (("v1", 5), ("v2", 5)),
    ],
)
def test_the_newer_one_ranks_higher(older: tuple[str, int], newer: tuple[str, int]) -> None:
    assert rank(*older) < rank(*newer)


def test_an_absurd_number_in_a_tag_is_no_trouble() -> None:
    assert rank("9" * 5000, 0) > rank("1", 0)
