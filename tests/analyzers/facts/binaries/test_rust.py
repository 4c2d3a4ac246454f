"""Rust programs: the crates that cargo-auditable recorded."""

from __future__ import annotations

import zlib

import pytest

from scantling_analyzers.facts.binaries import rust as module
from scantling_analyzers.facts.binaries.reader import BinaryReader
from tests.analyzers.facts.files import Found, read
from tests.builders.elf import RUST_SECTION, audit_data, crate, elf, rust_program

CRATES = (
    crate("app", "0.1.0", source="local", root=True, dependencies=[1, 2]),
    crate("serde", "1.0.200", kind="runtime"),
    crate("cc", "1.0.90", kind="build"),
)


def _read(content: bytes) -> Found:
    return read(BinaryReader(), content, "app/run")


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["<", ">"])
def test_crates_that_are_in_the_program(bits: int, order: str) -> None:
    found = _read(rust_program(*CRATES, bits=bits, order=order))
    assert found.versions == [("app", "0.1.0"), ("serde", "1.0.200")]
    assert {(p.type, p.path, p.found_by) for p in found.packages} == {
        ("cargo", "app/run", "rust-audit-data")
    }
    assert not found.errors


def test_a_kind_that_a_later_format_brings_is_in_the_program() -> None:
    assert _read(rust_program(crate("a", "1", kind="later"))).versions == [("a", "1")]


def test_a_program_without_audit_data_is_no_error() -> None:
    found = _read(elf({".text": bytes(64)}))
    assert (found.facts, found.errors) == ([], [])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"not zlib", "malformed"),
        (audit_data(CRATES)[:-8], "truncated"),
        (zlib.compress(b"{}"), "malformed"),
        (zlib.compress(b"["), "malformed"),
        (zlib.compress(b'{"packages": [{"name": 1, "version": "1"}]}'), "malformed"),
        (zlib.compress(b'{"packages": [{"name": "a\xff", "version": "1"}]}'), "malformed"),
        (zlib.compress(b'{"x":' * 200_000), "nested_too_deep"),
        (zlib.compress(bytes(9 * 1024 * 1024)), "too_large"),
    ],
)
def test_damaged_and_hostile_audit_data_is_an_error(data: bytes, code: str) -> None:
    found = _read(elf({RUST_SECTION: data}))
    assert (found.codes, found.facts) == ([code], [])


def test_audit_data_that_is_larger_than_what_is_read_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_DATA_BYTES", 20)
    assert _read(rust_program(*CRATES)).codes == ["too_large"]


def test_hostile_text_is_escaped_and_bounded() -> None:
    found = _read(rust_program(crate("a\x1b", "1"), crate("b" * 5000, "1"), crate("", "1")))
    assert found.versions == [("a\\x1b", "1")]
    assert found.codes == ["too_large"]
