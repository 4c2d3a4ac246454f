"""Patterns of readers: what they match, and that the cheap questions lose nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scantling_analyzers.extraction.matcher import Matcher, compile_pattern
from scantling_analyzers.facts.catalogue import READERS
from tests.analyzers.extraction.readers import EveryFile


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("etc/os-release", b"etc/os-release", True),
        ("etc/os-release", b"usr/etc/os-release", False),
        ("etc/os-release", b"etc/os-release.d", False),
        ("**/*.jar", b"a.jar", True),
        ("**/*.jar", b"opt/deep/er/a.jar", True),
        ("**/*.jar", b"opt/a.jar/b", False),
        ("**/*.jar", b"opt/a\n.jar", True),
        ("status.d/*", b"status.d/x", True),
        ("status.d/*", b"status.d/x/y", False),
        ("a?c", b"abc", True),
        ("a?c", b"a/c", False),
        ("**/node_modules/**/package.json", b"app/node_modules/@s/n/package.json", True),
        ("**/node_modules/**/package.json", b"node_modules/package.json", True),
        ("**/node_modules/**/package.json", b"app/package.json", False),
        ("x.y", b"xzy", False),
    ],
)
def test_a_pattern_matches_what_its_words_say(pattern: str, path: bytes, *, matches: bool) -> None:
    assert bool(compile_pattern(pattern).fullmatch(path)) is matches


segments = st.lists(
    st.sampled_from([b"etc", b"os-release", b"var", b"lib", b"dpkg", b"status", b"a.jar", b"x"])
    | st.binary(min_size=1, max_size=4).map(lambda raw: re.sub(rb"[/\0]", b"_", raw)),
    min_size=1,
    max_size=6,
)


@given(st.lists(segments.map(b"/".join), max_size=30))
def test_the_cheap_questions_dismiss_no_path_that_a_reader_wants(paths: list[bytes]) -> None:
    matcher = Matcher(READERS)
    kept = set(matcher.candidates(paths))
    for row, path in enumerate(paths):
        expected = [
            n
            for n, reader in enumerate(READERS)
            if any(compile_pattern(pattern).fullmatch(path) for pattern in reader.patterns)
        ]
        assert matcher.readers_of(path) == expected
        assert row in kept or not expected


def test_a_reader_of_every_file_is_asked_for_every_file() -> None:
    matcher = Matcher([*READERS, EveryFile()])
    paths = [b"a", b"b/c", b"\xff"]
    assert list(matcher.candidates(paths)) == [0, 1, 2]
    assert all(len(READERS) in matcher.readers_of(path) for path in paths)
