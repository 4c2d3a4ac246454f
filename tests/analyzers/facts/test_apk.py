"""apk: what is said of a package, and what a broken database does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages import ownership
from scantling_analyzers.facts.packages.apk import ApkReader
from tests.analyzers.facts.files import Found, keys, read
from tests.analyzers.facts.sample_data import image_files
from tests.builders import apk

if TYPE_CHECKING:
    import pytest


def _read(content: bytes) -> Found:
    return read(ApkReader(), content, apk.INSTALLED)


def test_a_package_carries_what_its_record_says() -> None:
    content = apk.installed([apk.record("libssl3", "3.1.4-r5", origin="openssl", files=["lib/x"])])
    assert _read(content).packages == [
        Package(
            path=apk.INSTALLED,
            name="libssl3",
            version="3.1.4-r5",
            type="apk",
            arch="x86_64",
            source_name="openssl",
            source_version="3.1.4-r5",
            licenses=("MIT",),
            maintainer="A Maintainer <maintainer@example.org>",
            found_by="apk",
        )
    ]


def test_a_package_without_origin_is_its_own_source() -> None:
    (package,) = _read(apk.installed([apk.record("a", "1-r0", licence="")])).packages
    assert package.source_name == "a"
    assert package.licenses == ()


def test_the_files_of_a_package_are_its_own() -> None:
    content = apk.installed(
        [
            apk.record("a", "1-r0", files=["bin/a", "etc/conf.d/b", "at-the-root"]),
            apk.record("b", "1-r0", files=["usr/lib/b.so"]),
            apk.record("virtual", "1-r0"),
        ]
    )
    found = _read(content)
    assert found.owned == {
        "apk:a": keys(b"bin/a", b"etc/conf.d/b", b"at-the-root"),
        "apk:b": keys(b"usr/lib/b.so"),
    }
    assert [name for name, _ in found.versions] == ["a", "b", "virtual"]
    assert not found.errors


def test_files_before_the_first_folder_lie_at_the_root() -> None:
    assert _read(b"P:a\nV:1\nR:x\nF:usr/\nR:y\nM:0:0:755\nF:\nR:z\n").owned == {
        "apk:a": keys(b"x", b"usr/y", b"z")
    }


def test_more_files_than_any_system_has_are_an_error_told_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ownership, "MAX_FILES", 2)
    content = apk.installed([apk.record(n, "1-r0", files=["a", "b", "c"]) for n in ("x", "y")])
    found = _read(content)
    assert [name for name, _ in found.versions] == ["x", "y"]
    assert found.codes == ["too_many"]
    assert not found.owned


def test_paths_longer_than_any_system_has_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "MAX_PATH_BYTES", 10)
    found = _read(apk.installed([apk.record("x", "1-r0", files=["a" * 11])]))
    assert (found.codes, found.owned) == (["too_many"], {})


def test_keys_are_told_apart_by_case() -> None:
    content = b"p:so:not-the-name=1\nP:a\nv:9\nV:1\no:src\nO:no\n"
    (package,) = _read(content).packages
    assert (package.name, package.version, package.source_name) == ("a", "1", "src")


def test_a_record_without_a_name_is_an_error_and_the_others_stay() -> None:
    found = _read(b"V:1\n\nP:b\nV:2\n\nP:c\n")
    assert found.versions == [("b", "2")]
    assert found.codes == ["malformed", "malformed"]


def test_hostile_names_are_escaped_and_binary_files_refused() -> None:
    assert _read(b"P:\xe2\x80\xaea\x1b]0;x\x07\nV:1\n").versions == [
        (r"\xe2\x80\xaea\x1b]0;x\x07", "1")
    ]
    assert _read(b"P:a\nV:1\n\0").codes == ["not_text"]


def test_alpine_3_10_has_fourteen_packages() -> None:
    content = image_files("alpine-3.10.9")[apk.INSTALLED]
    found = _read(content)
    assert not found.errors
    assert len(found.packages) == 14
    assert ("musl", "1.1.22-r4") in found.versions
    (utils,) = (package for package in found.packages if package.name == "libc-utils")
    assert utils.source_name == "libc-dev"
    assert sum(map(len, found.owned.values())) == 78 * 8
