"""opkg: what its two records of a package say, and whose a file is."""

from __future__ import annotations

import pytest

from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages import opkg as module
from scantling_analyzers.facts.packages.opkg import OpkgReader
from tests.analyzers.facts.files import Found, keys, read
from tests.builders import opkg

CONTROL = opkg.CONTROL.format("libubox")


def _read(content: bytes, path: str = opkg.STATUS) -> Found:
    return read(OpkgReader(), content, path)


def test_status_says_what_is_installed_and_how_far() -> None:
    found = _read(
        opkg.record("libc", "1.2.4-4", Status="install user installed")
        + opkg.record("half", "1", Status="install ok half-installed")
        + opkg.record("gone", "1", Status="deinstall ok not-installed")
        + opkg.record("left", "1", Status="deinstall ok config-files")
    )
    assert found.versions == [("libc", "1.2.4-4"), ("half", "1")]
    assert [package.state for package in found.packages] == ["", "half-installed"]
    assert not found.errors


def test_control_says_what_a_package_is() -> None:
    content = opkg.record(
        "libubox20230523",
        "2023-05-23-1",
        Source="package/libs/libubox",
        SourceName="libubox",
        License="ISC",
        Maintainer="A Maintainer <maintainer@example.org>",
    )
    assert _read(content, CONTROL).facts == [
        Package(
            path=CONTROL,
            name="libubox20230523",
            version="2023-05-23-1",
            type="opkg",
            arch="x86_64",
            source_name="libubox",
            licenses=("ISC",),
            maintainer="A Maintainer <maintainer@example.org>",
            found_by="opkg",
        )
    ]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("feeds/packages/net/curl", "curl"),
        ("acl_2.2.53.bb", "acl"),
        ("recipes-core/zlib_1.2.11.bb", "zlib"),
        ("https://example.org/acl.tar.gz", ""),
        ("see the web", ""),
        ("", ""),
    ],
)
def test_the_source_is_a_folder_or_a_recipe(source: str, name: str) -> None:
    (package,) = _read(opkg.record("a", "1", Source=source)).packages
    assert package.source_name == name


def test_a_list_names_the_files_of_a_package() -> None:
    content = b"/usr/lib/libubox.so\n/etc/x\t0100644\t0:0\n\n"
    found = _read(content, "usr/lib/opkg/info/libubox.list")
    assert found.owned == {"opkg:libubox": keys(b"usr/lib/libubox.so", b"etc/x")}


def test_a_record_without_a_version_is_an_error_and_the_others_stay() -> None:
    found = _read(opkg.record("a", "") + opkg.record("", "1") + opkg.record("b", "1"))
    assert (found.versions, found.codes) == ([("b", "1")], ["malformed"] * 2)


def test_hostile_names_are_escaped_and_binary_and_large_files_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _read(opkg.record("a\x1b[31m", "1")).versions == [(r"a\x1b[31m", "1")]
    assert _read(b"Package: a\0").codes == ["not_text"]
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 5)
    assert _read(opkg.record("a", "1")).codes == ["too_large"]
