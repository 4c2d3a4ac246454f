"""The list weak-passwords: what a line of it says, and which is none."""

from __future__ import annotations

import pytest

from scantling_common.password_list import (
    MAX_ENTRIES,
    MAX_LENGTH,
    first_error,
    read_passwords,
)


def said(*lines: str) -> list[object]:
    return [read.said for read in read_passwords(lines)]


def test_each_line_is_a_password_and_comments_are_none() -> None:
    assert said("# ours", "", "  our-city ", "#!comment: theirs", "two words") == [
        "our-city",
        "two words",
    ]


def test_a_password_may_begin_like_a_comment() -> None:
    assert said(r"\#1", r"\\#1", r"\n", "\\") == ["#1", r"\#1", r"\n", "\\"]


@pytest.mark.parametrize("line", ["a" * (MAX_LENGTH + 1), "a\x00b", "a\tb", "a\x1b[31m", "\ud800"])
def test_what_is_no_password_is_refused_with_its_line_and_not_shown(line: str) -> None:
    error = first_error(["# ours", "fine", line, line], "line")

    assert error is not None
    assert error.message.startswith("line 3: ")
    assert error.message.endswith("; 1 more are wrong")
    assert error.hint
    assert "aaa" not in error.message
    assert error.message.isprintable()


def test_a_list_has_a_largest_size() -> None:
    assert first_error(map(str, range(MAX_ENTRIES)), "line") is None

    error = first_error(map(str, range(MAX_ENTRIES + 1)), "line")

    assert error is not None
    assert "at most 10000 are kept" in error.message


def test_a_password_of_the_longest_length_is_one() -> None:
    assert said("a" * MAX_LENGTH) == ["a" * MAX_LENGTH]
