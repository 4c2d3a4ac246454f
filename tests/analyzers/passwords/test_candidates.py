"""Which passwords are tried, in which order, and how they are called and shown."""

from __future__ import annotations

import pytest

from scantling_analyzers.passwords.candidates import (
    Lists,
    as_bytes,
    as_text,
    is_weak,
    likely,
    lists_with,
    masked,
    plain_name,
    why,
)
from scantling_analyzers.passwords.common import common_mark, common_passwords
from scantling_common.layers.escape import escape
from tests.analyzers.facts.sample_data import sample

LISTS = lists_with(("our-city", "qwerty"))


def test_the_list_has_thousands_of_passwords_each_once() -> None:
    words = common_passwords()

    assert 5000 < len(words) < 10_000
    assert len(words) == len(set(words))
    assert words[0] == "123456"
    assert not [word for word in words if word != word.strip() or word.startswith("# ")]
    assert common_mark().startswith("passwords:")


def test_the_list_has_most_of_what_others_call_most_common() -> None:
    theirs = [
        line
        for line in sample("passwords/common.txt").read_text().splitlines()
        if line and not line.startswith("#!")
    ]

    ours = set(common_passwords())
    assert sum(word in ours for word in theirs[:25]) >= 20
    assert sum(word in ours for word in theirs[:100]) >= 60


def test_what_is_made_of_the_name_is_tried_with_the_empty_one_first() -> None:
    made = likely("ann", "linux", LISTS)

    assert made[:2] == ("", "ann")
    assert {"Ann", "ANN", "nna", "annann", "ann123", "Ann@123", "ann2024", "123456"} <= set(made)
    assert len(made) == len(set(made)) < 200


@pytest.mark.parametrize("name", ["", "n" * 65, "a" * 1_000_000])
def test_nothing_is_made_of_a_name_that_is_none(name: str) -> None:
    assert len(likely(name, "linux", LISTS)) <= 30


def test_what_software_comes_with_is_tried_for_it_only() -> None:
    assert "foobared" in likely("default", "redis", LISTS)
    assert "s3cret" in likely("tomcat", "tomcat", LISTS)
    assert "calvin" in likely("root", "linux", LISTS)
    assert "foobared" not in likely("root", "linux", LISTS)


@pytest.mark.parametrize(
    ("password", "word", "rank"),
    [
        ("", "empty", 0),
        ("root", "user_name", 0),
        ("our-city", "your_list", 0),
        ("qwerty", "your_list", 0),
        ("toor", "default", 0),
        ("root2024", "derived", 0),
        ("123456", "common", 1),
    ],
)
def test_a_weak_password_is_weak_for_a_reason(password: str, word: str, rank: int) -> None:
    assert why(password, "root", "linux", LISTS) == (word, rank)
    assert is_weak(password, "root", "linux", LISTS)


def test_a_password_that_nobody_tries_is_not_weak() -> None:
    assert not is_weak("Xk3#9dlw0qz", "root", "linux", LISTS)


def test_of_vnc_s_passwords_the_beginning_counts() -> None:
    lists = Lists(("correcthorse",), ())

    assert is_weak("correcth", "vnc", "vnc", lists)
    assert not is_weak("correcth", "root", "linux", lists)


@pytest.mark.parametrize(
    ("password", "shown"),
    [
        ("", ""),
        ("a", "******"),
        ("abc", "******"),
        ("abcd", "a******"),
        ("a" * 100, "a******"),
        ("\x1babcd", "\\x1b******"),
    ],
)
def test_a_password_is_shown_by_its_first_character_at_most(password: str, shown: str) -> None:
    assert masked(password) == shown


def test_names_are_those_of_the_file_whatever_their_bytes() -> None:
    raw = b"a\xff\\b"

    assert as_bytes(plain_name(escape(raw))) == raw
    assert as_bytes(as_text(raw)) == raw
