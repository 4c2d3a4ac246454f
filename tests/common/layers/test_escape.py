"""One escape for all text from images: reversible, and harmless wherever it is shown."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scantling_common.layers.escape import escape, escape_text, unescape

HARMLESS = {"L", "M", "N", "P", "S"}


@given(st.binary())
def test_bytes_come_back(raw: bytes) -> None:
    assert unescape(escape(raw)) == raw


@given(st.text(st.characters()))
def test_text_comes_back_lone_surrogates_included(text: str) -> None:
    assert unescape(escape_text(text)) == text.encode("utf-8", "surrogatepass")


@given(st.binary(), st.binary())
def test_different_names_stay_different(one: bytes, other: bytes) -> None:
    assert (escape(one) == escape(other)) == (one == other)


@given(st.text(st.characters()))
def test_escaped_text_can_be_stored_and_shown(text: str) -> None:
    escaped = escape_text(text)

    assert json.loads(json.dumps(escaped).encode("utf-8")) == escaped
    categories = {unicodedata.category(character)[0] for character in escaped} - HARMLESS
    # What is left is unassigned or private (C) or the space (Z), never a control or format one.
    assert not {c for c in escaped if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert categories <= {"C", "Z"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"usr/bin/env", "usr/bin/env"),
        ("naïve/文件".encode(), "naïve/文件"),
        (b"caf\xe9", "caf\\xe9"),
        (b"a\\x41", "a\\x5cx41"),
        (b"\x1b[31mred", "\\x1b[31mred"),
        ("safe\u202etxt.exe".encode(), "safe\\xe2\\x80\\xaetxt.exe"),
        (b"line\nbreak", "line\\x0abreak"),
        ("\ufeffbom".encode(), "\\xef\\xbb\\xbfbom"),
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
        (b"", ""),
    ],
)
def test_what_is_escaped(raw: bytes, expected: str) -> None:
    assert escape(raw) == expected


def test_text_that_was_never_escaped_is_taken_as_it_stands() -> None:
    assert unescape("C:\\temp\\x") == b"C:\\temp\\x"
