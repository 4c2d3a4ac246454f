"""Whatever bytes a program holds, the reader ends, and says what it left out."""

from __future__ import annotations

from functools import lru_cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scantling_analyzers.facts.binaries.reader import BinaryReader
from scantling_common.layers.escape import escape, unescape
from tests.analyzers.facts.damage import CHANGED_OR_CUT, Damage
from tests.analyzers.facts.files import read
from tests.builders.elf import audit_data, crate, elf, go_program, old_go_program, rust_program

LINES = ("path\ta", "mod\ta\t(devel)", "dep\tb\tv1.0.0", "=>\t./b\t(devel)\t", "build\tx=`y`")
PATHS = ("bin/a", "bin/b", "bin/c", "lib/libssl.so.3")


@lru_cache
def _seeds() -> dict[str, bytes]:
    sections = {".rodata": b"\0OpenSSL 3.0.22 25 Aug 2026\0", ".dep-v0": audit_data([])}
    return {
        "bin/a": go_program("go1.22.3", *LINES),
        "bin/b": old_go_program("go1.13", *LINES, bits=32, order=">", stripped=True),
        "bin/c": rust_program(crate("a", "1"), bits=32),
        "lib/libssl.so.3": elf(sections, order=">"),
    }


def _check(path: str, content: bytes) -> None:
    found = read(BinaryReader(), content, path)
    texts = [error.path + error.message for error in found.errors]
    for package in found.packages:
        assert package.path == path
        assert package.name
        texts += [package.name, package.version]
    for text in texts:
        assert escape(unescape(text)) == text


@pytest.mark.parametrize("path", PATHS)
@settings(deadline=None, max_examples=60, database=None)
@given(content=st.binary(max_size=600))
def test_arbitrary_bytes_after_the_magic(path: str, content: bytes) -> None:
    _check(path, b"\x7fELF" + content)


@pytest.mark.parametrize("path", PATHS)
@settings(
    deadline=None,
    max_examples=200,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(damage=CHANGED_OR_CUT)
def test_a_program_with_bytes_changed_or_cut(path: str, damage: Damage) -> None:
    _check(path, damage.done_to(_seeds()[path]))
