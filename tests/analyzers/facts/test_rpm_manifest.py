"""rpm: the list of packages in images of Azure Linux without a database."""

from __future__ import annotations

from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.rpm.reader import RpmReader
from tests.analyzers.facts.files import Found, read

PATH = "var/lib/rpmmanifest/container-manifest-2"
VENDOR = "Microsoft Corporation"


def line(name: str, version: str, *, epoch: str = "0", source: str = "") -> str:
    columns = [name, version, "1653816591", "1653753130", VENDOR, "(none)", "10735", "x86_64"]
    return "\t".join([*columns, epoch, source]) + "\n"


def _read(content: str) -> Found:
    return read(RpmReader(), content.encode(), PATH)


def test_each_line_is_a_package() -> None:
    found = _read(
        line("openssl-libs", "1.1.1k-16.cm2", source="openssl-1.1.1k-16.cm2.src.rpm")
        + line("shadow-utils", "4.9-8.cm2", epoch="2")
        + line("gpg-pubkey", "1-2")
        + "\n"
    )
    assert not found.errors
    assert found.versions == [
        ("openssl-libs", "1.1.1k-16.cm2"),
        ("shadow-utils", "2:4.9-8.cm2"),
    ]
    assert found.packages[0] == Package(
        path=PATH,
        name="openssl-libs",
        version="1.1.1k-16.cm2",
        type="rpm",
        arch="x86_64",
        source_name="openssl",
        source_version="1.1.1k-16.cm2",
        maintainer=VENDOR,
        found_by="rpm",
    )


def test_a_line_of_another_form_is_an_error_and_the_others_stay() -> None:
    wrong = [
        "bash 5.1\n",
        line("", "1-1"),
        line("a", "(none)"),
        line("a", "1-1", epoch="one"),
        line("a", "1" * 5000),
    ]
    found = _read("".join([line("x", "1-1"), *wrong, line("y", "1-1")]))
    assert [name for name, _ in found.versions] == ["x", "y"]
    assert found.codes == ["malformed"] * 4 + ["too_large"]


def test_hostile_names_are_escaped_and_binary_files_refused() -> None:
    assert _read(line("a\x1b[31m", "1-1")).versions == [(r"a\x1b[31m", "1-1")]
    assert read(RpmReader(), b"a\0b", PATH).codes == ["not_text"]
