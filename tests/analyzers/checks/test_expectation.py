"""What a value is expected to be."""

from __future__ import annotations

from typing import Any

import pytest

from scantling_analyzers.checks.expectation import Expectation


@pytest.mark.parametrize(
    ("given", "well", "wrong"),
    [
        ({"one_of": ("no", "Never")}, ["NO", '"never"', " no "], ["yes", ""]),
        ({"none_of": ("0",)}, ["1", ""], ["0"]),
        ({"at_least": 1, "at_most": 4}, ["1", "4", "+2"], ["0", "5", "", "x", "9" * 30, "²"]),
        ({"at_most": -1}, ["-1", "-4"], ["0", "1"]),
        ({"without": ("*-cbc", "none")}, ["aes-ctr", ""], ["aes-ctr,aes-cbc", "a, none"]),
        (
            {"startups": (10, 30, 60)},
            ["10:30:60", "5:20:30", "10"],
            ["11", "10:30:100", "10:30", "a:b:c", ""],
        ),
    ],
)
def test_a_value_is_as_expected_or_not(
    given: dict[str, Any], well: list[str], wrong: list[str]
) -> None:
    expected = Expectation(**given)
    assert [value for value in well if not expected.holds(value)] == []
    assert [value for value in wrong if expected.holds(value)] == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"one_of": ("a", "b")}, "a or b"),
        ({"none_of": ("a",)}, "not a"),
        ({"at_least": 1}, "1 or more"),
        ({"at_most": 2}, "2 or less"),
        ({"at_least": 1, "at_most": 2}, "1 to 2"),
        ({"without": ("a*",)}, "none of a*"),
        ({"startups": (1, 2, 3)}, "1:2:3 or less"),
        ({"one_of": ("a",), "says": "it"}, "it"),
    ],
)
def test_it_is_said_in_words(given: dict[str, Any], said: str) -> None:
    assert Expectation(**given).described() == said
