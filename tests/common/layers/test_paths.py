"""Paths inside a layer are relative, without dots, and never lead out."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scantling_common.layers.paths import ancestors, normalise, parent

NAMES = st.lists(st.sampled_from([b"a", b".", b"", b"..", b".b", b"c.", b"..d"]), max_size=6).map(
    b"/".join
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"usr/bin/env", b"usr/bin/env"),
        (b"./usr/bin/", b"usr/bin"),
        (b"/etc/passwd", b"etc/passwd"),
        (b"//etc//passwd", b"etc/passwd"),
        (b"a/./b", b"a/b"),
        (b"a//", b"a"),
        (b".hidden", b".hidden"),
        (b"./", b""),
        (b".", b""),
        (b"/", b""),
        (b"..", None),
        (b"../etc/passwd", None),
        (b"a/../b", b"b"),
        (b"a/b/../../c", b"c"),
        (b"a/..", b""),
        (b"a/../..", None),
        (b"/../a", None),
        (b"..a/b..", b"..a/b.."),
    ],
)
def test_a_name_addresses(name: bytes, expected: bytes | None) -> None:
    assert normalise(name) == expected


@given(NAMES)
def test_normalising_agrees_with_posix_and_never_leaves_the_root(name: bytes) -> None:
    path = normalise(name)

    expected = posixpath.normpath(name.lstrip(b"/"))
    if expected.split(b"/")[0] == b"..":
        assert path is None
    else:
        assert path == (b"" if expected == b"." else expected)


@given(NAMES)
def test_normalising_twice_changes_nothing(name: bytes) -> None:
    path = normalise(name)

    assert path is None or normalise(path) == path


def test_ancestors_end_at_the_root() -> None:
    assert ancestors(b"a/b/c") == [b"a/b", b"a", b""]
    assert ancestors(b"a") == [b""]
    assert ancestors(b"") == []
    assert parent(b"a") == b""
