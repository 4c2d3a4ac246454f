"""Whole lists: numbers of lines, comments, and how long they may take."""

from __future__ import annotations

import time

from scantling_common.software_list.errors import EntryInvalid
from scantling_common.software_list.lines import MAX_LINES, first_error, read_lines

SECONDS = 10.0


def test_comments_and_empty_lines_count_and_say_nothing() -> None:
    read = list(read_lines(["# a", "", "nmap", "  # b", " allow x "]))
    assert [each.number for each in read] == [3, 5]


def test_the_first_error_says_where_it_is_and_how_many_follow() -> None:
    error = first_error(["nmap", "  type=x", "ok", "path=y"], "line")

    assert isinstance(error, EntryInvalid)
    assert error.message.startswith("line 2, column 8: 'x' is no type")
    assert error.message.endswith("; 1 more are wrong")
    assert "deb" in error.hint


def test_a_list_without_errors_has_none() -> None:
    assert first_error(["nmap", "include default"], "line") is None


def test_the_longest_list_is_read_in_seconds() -> None:
    lines = [f'tool-{n} type=deb version="< {n}" reason="no tool"' for n in range(MAX_LINES)]
    begun = time.process_time()
    assert sum(1 for _ in read_lines(lines)) == MAX_LINES
    assert time.process_time() - begun < SECONDS
