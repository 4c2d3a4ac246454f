"""Chisel: the packages of Ubuntu images that were cut from them."""

from __future__ import annotations

import json

import pytest
import zstandard

from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages import chisel as module
from scantling_analyzers.facts.packages.chisel import ChiselReader
from tests.analyzers.facts.files import Found, keys, read
from tests.builders import chisel

LINES: list[dict[str, object]] = [
    chisel.package("libssl3t64", "3.0.13-0ubuntu3.4"),
    chisel.path("/usr/lib/x86_64-linux-gnu/libssl.so.3", "libssl3t64_libs"),
    chisel.path("/usr/lib/", "libssl3t64_libs"),
    {"kind": "slice", "name": "libssl3t64_libs"},
    {"kind": "content", "slice": "libssl3t64_libs", "path": "/usr/lib/"},
]


def _read(content: bytes) -> Found:
    return read(ChiselReader(), content, chisel.MANIFEST)


def _plain(content: bytes) -> Found:
    return _read(zstandard.ZstdCompressor().compress(content))


def test_packages_and_their_files_are_told() -> None:
    found = _read(chisel.manifest(LINES))
    assert found.packages == [
        Package(
            path=chisel.MANIFEST,
            name="libssl3t64",
            version="3.0.13-0ubuntu3.4",
            type="deb",
            arch="amd64",
            found_by="chisel",
        )
    ]
    assert found.owned == {"deb:libssl3t64": keys(b"usr/lib/x86_64-linux-gnu/libssl.so.3")}
    assert not found.errors


def test_a_manifest_with_fewer_lines_than_it_claims_is_truncated() -> None:
    found = _plain(chisel.wall(LINES, count=9))
    assert (len(found.packages), found.codes) == (1, ["truncated"])


def test_a_line_of_another_form_is_an_error_and_the_others_stay() -> None:
    wrong = [chisel.package("a", ""), chisel.package("", "1"), {"kind": "package", "name": 1}]
    found = _plain(chisel.wall([*wrong, *LINES]))
    assert found.versions == [("libssl3t64", "3.0.13-0ubuntu3.4")]
    assert found.codes == ["malformed"] * 3


@pytest.mark.parametrize("head", [{"jsonwall": "2.0"}, {"kind": "package"}])
def test_another_version_of_the_form_is_not_guessed_at(head: dict[str, str]) -> None:
    assert _plain(json.dumps(head).encode() + b"\n").codes == ["unsupported_format"]


def test_what_is_no_manifest_is_an_error() -> None:
    assert _plain(b"").codes == ["malformed"]
    assert _plain(b'{"jsonwall": "\xff"}').codes == ["malformed"]
    assert _read(chisel.manifest(LINES)[:-5]).codes == ["malformed"]
    assert _read(b"\xfd7zXZ\0" + bytes(600)).codes == ["malformed"]


def test_a_bomb_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zstandard.ZstdCompressor().compress(b" " * (module.MAX_PLAIN_BYTES + 1))
    assert len(bomb) < 10_000
    assert _read(bomb).codes == ["too_large"]
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 5)
    assert _read(chisel.manifest(LINES)).codes == ["too_large"]


def test_hostile_names_are_escaped() -> None:
    hostile = [chisel.package("a\x1b[31m", "1"), chisel.path("/x", "a\x1b_all")]
    found = _read(chisel.manifest(hostile))
    assert found.versions == [(r"a\x1b[31m", "1")]
    assert list(found.owned) == [r"deb:a\x1b"]
