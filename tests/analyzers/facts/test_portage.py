"""Portage: what a folder of its database says, whose a file is, and what broken ones do."""

from __future__ import annotations

import pytest

from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.portage import PortageReader
from tests.analyzers.facts.files import Found, keys, read
from tests.builders import portage


def _found(package: str, layer: dict[str, bytes], file: str = "CONTENTS") -> Found:
    return Found(PortageReader(), layer, f"{portage.FOLDER}/{package}/{file}")


def test_a_package_carries_what_its_folder_says() -> None:
    layer = portage.installed(
        "dev-libs/openssl-3.0.13-r2",
        licence="Apache-2.0 MIT Apache-2.0",
        files=["/usr/bin/openssl", "/usr/share/a b"],
        links=["/usr/lib64/libssl.so"],
    )
    found = _found("dev-libs/openssl-3.0.13-r2", layer)
    assert found.packages == [
        Package(
            path="var/db/pkg/dev-libs/openssl-3.0.13-r2/CONTENTS",
            name="dev-libs/openssl",
            version="3.0.13-r2",
            type="ebuild",
            arch="x86_64",
            licenses=("Apache-2.0", "MIT"),
            module="0/3",
            found_by="portage",
        )
    ]
    assert found.owned == {
        "ebuild:dev-libs/openssl": keys(
            b"usr/bin/openssl", b"usr/share/a b", b"usr/lib64/libssl.so"
        )
    }
    assert not found.errors


def test_a_package_is_told_once_even_without_a_list_of_its_files() -> None:
    layer = portage.installed("virtual/ssh-0")
    assert not _found("virtual/ssh-0", layer, "PF").facts
    del layer["var/db/pkg/virtual/ssh-0/CONTENTS"]
    assert _found("virtual/ssh-0", layer, "PF").versions == [("virtual/ssh", "0")]


def test_where_there_is_a_choice_of_licences_the_whole_expression_is_told() -> None:
    layer = portage.installed("a/b-1", licence="|| ( GPL-2  Artistic )")
    assert _found("a/b-1", layer).packages[0].licenses == ("|| ( GPL-2 Artistic )",)


@pytest.mark.parametrize(
    ("folder", "name", "version"),
    [
        ("openssl-3.0.13", "openssl", "3.0.13"),
        ("gtk+-2.24.33-r3", "gtk+", "2.24.33-r3"),
        ("font-adobe-100dpi-1.0.3", "font-adobe-100dpi", "1.0.3"),
        ("ntp-4.2.8_p15-r1", "ntp", "4.2.8_p15-r1"),
        ("glibc-2.38_pre20230101_rc1", "glibc", "2.38_pre20230101_rc1"),
        ("openssl-1.0.2u", "openssl", "1.0.2u"),
    ],
)
def test_name_and_version_are_told_apart(folder: str, name: str, version: str) -> None:
    found = _found(f"c/{folder}", portage.installed(f"c/{folder}"))
    assert found.versions == [(f"c/{name}", version)]


@pytest.mark.parametrize("folder", ["openssl", "openssl-r1", "-1.0", "openssl-x", "a-1.0-rc"])
def test_a_folder_without_a_version_is_an_error(folder: str) -> None:
    found = _found(f"c/{folder}", portage.installed(f"c/{folder}"))
    assert (found.facts, found.codes) == ([], ["malformed"])


def test_a_package_that_is_being_installed_is_told_as_such() -> None:
    found = _found("c/-MERGING-a-1", portage.installed("c/-MERGING-a-1"))
    assert [(package.name, package.state) for package in found.packages] == [("c/a", "merging")]


def test_only_the_list_of_files_may_be_missing() -> None:
    found = read(PortageReader(), b"obj /a\n", "var/db/pkg/c/a-1/CONTENTS")
    assert found.versions == [("c/a", "1")]
    assert (found.packages[0].licenses, found.packages[0].module) == ((), "")
    assert not found.owned


def test_binary_and_large_files_are_refused_and_names_escaped() -> None:
    binary = read(PortageReader(), b"obj /a\0", "var/db/pkg/c/a-1/CONTENTS")
    assert (binary.versions, binary.codes) == ([("c/a", "1")], ["not_text"])
    layer = portage.installed("c/a-1", licence="x" * 70_000)
    assert _found("c/a-1", layer).codes == ["too_large"]
    layer = portage.installed("c\x1b/a-1")
    assert _found("c\x1b/a-1", layer).packages[0].name == r"c\x1b/a"
