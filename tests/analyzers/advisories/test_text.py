"""Text of feeds is made safe before it is kept."""

from __future__ import annotations

import pytest

from scantling_analyzers.advisories.models import MAX_TEXT, MAX_TITLE
from scantling_analyzers.advisories.text import MAX_WORD, prose, title, word


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CVE-2024-0001", "CVE-2024-0001"),
        (" 1:2.3~rc1 ", "1:2.3~rc1"),
        ("a b", "a b"),
        ("a\\b", "a\\x5cb"),
        ("a\x1b[31m", "a\\x1b[31m"),
        ("a\u202eb", "a\\xe2\\x80\\xaeb"),
        ("a\nb", "a\\x0ab"),
        ("a\n", "a"),
        ("\ud800", "\\xed\\xa0\\x80"),
        ("ä", "ä"),
        ("x" * MAX_WORD, "x" * MAX_WORD),
        ("x" * (MAX_WORD + 1), ""),
        ("", ""),
    ],
)
def test_a_word_is_escaped_and_never_cut(text: str, expected: str) -> None:
    assert word(text) == expected


def test_a_title_is_one_line_of_bounded_length() -> None:
    assert title(" a\n\tb\x1b ") == "a b\\x1b"
    assert len(title("x" * 10_000)) == MAX_TITLE


def test_prose_keeps_its_lines_and_is_bounded() -> None:
    assert prose("a \r\nb\u2028c\td\x1b\n") == "a\nb\nc    d\\x1b"
    assert len(prose("x" * 1_000_000)) == MAX_TEXT
