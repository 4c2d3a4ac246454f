"""The list of unchecked paths: what an entry means, and which are refused."""

from __future__ import annotations

import pytest

from scantling_common.unchecked_paths.entries import (
    MAX_ENTRIES,
    PathInvalid,
    UncheckedPath,
    first_error,
    parse_entry,
)


def test_an_entry_is_a_file_or_with_a_slash_at_its_end_all_beneath_a_folder() -> None:
    folder, file = parse_entry("/srv/app/"), parse_entry("/srv/app")
    assert folder == UncheckedPath("srv/app/")
    assert folder.covers("srv/app/.env")
    assert folder.covers("srv/app/a/b")
    assert not folder.covers("srv/app")
    assert not folder.covers("srv/application")
    assert file.covers("srv/app")
    assert not file.covers("srv/app/.env")


def test_a_path_may_be_written_as_reports_show_it() -> None:
    assert parse_entry("/a\\x0ab").path == "a\\x0ab"
    assert parse_entry("/a\u202eb") == parse_entry("/a\\xe2\\x80\\xaeb")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("srv/app", "srv/app is no absolute path", "begin it with /"),
        ("C:\\app", "C:\\x5capp is no absolute path", "begin it with /"),
        ("/", "/ would leave everything unchecked", "leave secret out"),
        ("/a//b", "/a//b has an empty segment, . or .. in it", "as a container sees it"),
        ("/a/../b", "/a/../b has an empty segment, . or .. in it", "as a container sees it"),
        ("/a/./b", "/a/./b has an empty segment, . or .. in it", "as a container sees it"),
        ("/a/*.md", "/a/*.md is a pattern, and entries are paths", "end a folder with /"),
        ("/a?", "/a? is a pattern, and entries are paths", "end a folder with /"),
        ("/a\x1bb", "a control character in a path", "name the folder"),
        ("/" + "a" * 1024, "the path has 1025 characters, 1024 at most", "name a folder"),
    ],
)
def test_what_is_no_entry_is_refused_with_what_to_write(text: str, message: str, hint: str) -> None:
    with pytest.raises(PathInvalid) as raised:
        parse_entry(text)
    assert raised.value.message == message
    assert hint in raised.value.hint


def test_the_first_error_says_in_which_line_it_is() -> None:
    error = first_error(["# ours", "", "/a", "b", "c"], "line")
    assert error is not None
    assert error.message == "line 4: b is no absolute path"


def test_the_twenty_first_entry_is_refused_with_its_line() -> None:
    lines = ["# ours", *(f"/{n}" for n in range(MAX_ENTRIES)), "/0", "/a"]
    assert first_error(lines[:-1], "line") is None
    error = first_error(lines, "line")
    assert error is not None
    assert error.message == "line 23: there are more than 20 entries"
    assert "name folders" in error.hint
