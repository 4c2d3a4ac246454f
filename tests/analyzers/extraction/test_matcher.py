"""Patterns of readers: what they match, and that the cheap questions lose nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scantling_analyzers.contract import Reader
from scantling_analyzers.extraction.matcher import EVERY, Matcher, compile_pattern
from scantling_analyzers.facts.catalogue import READERS
from scantling_analyzers.facts.models import LocatedError
from tests.analyzers.extraction.readers import EveryFile, Executables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact


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


class Varied(Reader):
    """Wants files by globs of every kind."""

    name = "varied"
    version = 1
    patterns = (
        *("etc/exact", "**/exact", "**/*.jar", "**/a*.jar", "**/libssl.so*", "opt/*", "a?c"),
        *("**/ab*", "**/*-tail", "**/*.a.b", "x/**/y"),
    )
    companions = ("**/beside", "opt/*.log")

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        yield LocatedError(path=file.text_path, code="seen", message="")


class MostFiles(EveryFile):
    """Wants every file that does not stand in ``/usr``."""

    name = "most-files"

    @property
    def passes_over(self) -> Callable[[bytes], bool]:
        return lambda path: path.startswith(b"usr/")


BY_GLOBS = tuple(reader for reader in READERS if EVERY not in reader.patterns)
VARIED = (*BY_GLOBS, Varied())
MATCHER = Matcher(VARIED)

segments = st.lists(
    st.sampled_from(
        [
            *(b"etc", b"os-release", b"var", b"lib", b"dpkg", b"status", b"a.jar", b"x", b"y"),
            *(b"exact", b"libssl.so.3", b"libss", b"opt", b"abc", b"a-tail", b".a.b", b"beside"),
            *(b"q.log", b"usr", b"package.json", b"rpm", b"rpmdb.sqlite-wal", b"x.b", b"local"),
        ]
    )
    | st.binary(min_size=1, max_size=4).map(lambda raw: re.sub(rb"[/\0]", b"_", raw)),
    min_size=1,
    max_size=6,
)


@given(segments.map(b"/".join))
def test_what_a_name_leads_to_is_what_all_globs_say(path: bytes) -> None:
    expected = [
        n
        for n, reader in enumerate(VARIED)
        if any(compile_pattern(pattern).fullmatch(path) for pattern in reader.patterns)
    ]
    companions = [pattern for reader in VARIED for pattern in reader.companions]
    beside = any(compile_pattern(pattern).fullmatch(path) for pattern in companions)
    assert MATCHER.readers_of(path) == expected
    assert MATCHER.wants(path) is (bool(expected) or beside)


def test_a_reader_of_every_file_is_asked_for_every_file() -> None:
    matcher = Matcher([*READERS, EveryFile()])
    assert all(matcher.wants(path) for path in (b"a", b"b/c", b"\xff"))
    assert all(len(READERS) in matcher.readers_of(path) for path in (b"a", b"b/c", b"\xff"))


def test_a_reader_of_every_file_may_pass_over_some() -> None:
    matcher = Matcher([*BY_GLOBS, MostFiles()])
    assert not matcher.wants(b"usr/x")
    assert matcher.wants(b"app/x")
    assert len(BY_GLOBS) in matcher.readers_of(b"app/x")
    assert len(BY_GLOBS) not in matcher.readers_of(b"usr/lib/os-release")
    assert matcher.wants(b"usr/lib/os-release")


def test_files_are_wanted_by_how_they_begin() -> None:
    matcher = Matcher([EveryFile(), Executables()])
    assert matcher.looks_inside
    assert matcher.readers_of_start(b"\x7fELF\2\1\1\0") == [1]
    assert matcher.wants_start(b"\x7fELF\2\1\1\0")
    assert not matcher.wants_start(b"#!/bin/s")
    assert matcher.wants_data(b"PK\x03\x04\2\1\1\0")
    assert matcher.readers_of_data(b"PK\x03\x04\2\1\1\0") == [1]
    assert not matcher.wants_data(b"\x7fELF\2\1\1\0")
    assert matcher.readers_of_data(b"\x7fELF\2\1\1\0") == []
    assert not Matcher([EveryFile()]).looks_inside
