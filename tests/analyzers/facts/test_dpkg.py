"""dpkg: which packages count, what is said of them, and what a broken database does."""

from __future__ import annotations

import pytest

from scantling_analyzers.facts import reading
from scantling_analyzers.facts.models import Diversions, Package
from scantling_analyzers.facts.packages import dpkg as module
from scantling_analyzers.facts.packages import ownership
from scantling_analyzers.facts.packages.dpkg import DpkgReader
from tests.analyzers.facts.files import Found, keys, read
from tests.builders import dpkg


def _read(content: bytes, path: str = dpkg.STATUS) -> Found:
    return read(DpkgReader(), content, path)


def test_a_package_carries_what_its_record_says() -> None:
    found = _read(
        dpkg.status(
            [
                dpkg.stanza(
                    "libssl3",
                    "1:3.0.11-1~deb12u2",
                    Source="openssl (3.0.11-1)",
                    Maintainer="Debian OpenSSL Team <team@example.org>",
                )
            ]
        )
    )
    assert found.facts == [
        Package(
            path=dpkg.STATUS,
            name="libssl3",
            version="1:3.0.11-1~deb12u2",
            type="deb",
            arch="amd64",
            source_name="openssl",
            source_version="3.0.11-1",
            maintainer="Debian OpenSSL Team <team@example.org>",
            found_by="dpkg",
        )
    ]
    assert not found.errors


def test_without_a_source_version_the_source_has_the_package_s() -> None:
    (named,) = _read(dpkg.status([dpkg.stanza("a", "1-2", Source="src")])).packages
    (own,) = _read(dpkg.status([dpkg.stanza("a", "1-2")])).packages
    assert (named.source_name, named.source_version) == ("src", "1-2")
    assert (own.source_name, own.source_version) == ("a", "1-2")


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        ("installed", True),
        ("half-installed", True),
        ("unpacked", True),
        ("half-configured", True),
        ("triggers-awaited", True),
        ("triggers-pending", True),
        ("config-files", False),
        ("not-installed", False),
    ],
)
def test_a_package_counts_while_its_files_are_there(state: str, *, counts: bool) -> None:
    content = dpkg.status([dpkg.stanza("a", "1", status=f"install ok {state}")])
    packages = _read(content).packages
    assert bool(packages) == counts
    broken = "" if state == "installed" else state
    assert all(package.state == broken for package in packages)


def test_two_architectures_of_a_package_are_two_packages_and_a_repetition_is_one() -> None:
    record = dpkg.stanza("libc6", "2.36")
    other = dpkg.stanza("libc6", "2.36", Architecture="i386")
    found = _read(dpkg.status([record, record, other]))
    assert [package.arch for package in found.packages] == ["amd64", "i386"]


def test_distroless_has_a_file_a_package_without_a_status() -> None:
    content = dpkg.stanza("base-files", "12.4", status="").encode()
    found = _read(content, "var/lib/dpkg/status.d/base-files")
    assert found.versions == [("base-files", "12.4")]
    assert not _read(content, "var/lib/dpkg/status.d/base-files.md5sums").facts


def test_the_list_of_a_package_names_its_files_for_every_architecture() -> None:
    content = b"/.\n/usr\n/usr/bin\n/usr/bin/a\n/usr/lib\n/usr/lib/a.so.1\n/var/empty\n"
    for name in ("a.list", "a:amd64.list"):
        found = _read(content, f"var/lib/dpkg/info/{name}")
        assert found.owned == {"deb:a": keys(b"usr/bin/a", b"usr/lib/a.so.1", b"var/empty")}
        assert not found.errors
    assert not _read(b"/.\n", "var/lib/dpkg/info/metapackage.list").facts


def test_distroless_names_the_files_of_a_package_beside_its_record() -> None:
    folder = "var/lib/dpkg/status.d"
    sums = f"{'0' * 32}  usr/share/zoneinfo/UTC\n{'f' * 32} *etc/x y\nno sum\n".encode()
    layer = {
        f"{folder}/tzdata1": dpkg.stanza("tzdata", "1", status="").encode(),
        f"{folder}/tzdata1.md5sums": sums,
    }
    found = Found(DpkgReader(), layer, f"{folder}/tzdata1.md5sums")
    assert found.owned == {"deb:tzdata": keys(b"usr/share/zoneinfo/UTC", b"etc/x y")}
    layer[f"{folder}/tzdata1"] = b"Version: 1\n"
    nameless = Found(DpkgReader(), layer, f"{folder}/tzdata1.md5sums")
    assert list(nameless.owned) == ["deb:tzdata1"]
    alone = _read(sums, f"{folder}/tzdata.md5sums")
    assert list(alone.owned) == ["deb:tzdata"]
    assert not alone.errors


def test_a_diverted_file_stands_under_another_name() -> None:
    found = _read(
        b"/bin/sh\n/bin/sh.distrib\ndash\n/etc/x\n/etc/x.orig\n:\n", "var/lib/dpkg/diversions"
    )
    assert found.facts == [
        Diversions(
            path="var/lib/dpkg/diversions",
            moved=(
                (keys(b"bin/sh"), keys(b"bin/sh.distrib"), "deb:dash"),
                (keys(b"etc/x"), keys(b"etc/x.orig"), ""),
            ),
        )
    ]


def test_diversions_that_end_within_one_are_an_error() -> None:
    path = "var/lib/dpkg/diversions"
    assert _read(b"/a\n/b\n", path).codes == ["malformed"]
    assert _read(b"/a\n/b\nc\n" * 10_001, path).codes == ["too_many"]
    assert not _read(b"", path).facts
    assert _read(b"/" * (module.MAX_DIVERSIONS_BYTES + 1), path).codes == ["too_large"]


def test_a_list_of_more_files_than_any_system_has_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ownership, "MAX_FILES", 2)
    assert _read(b"/a\n/b\n/c\n", "var/lib/dpkg/info/a.list").codes == ["too_many"]
    assert _read(b"/a\0\n", "var/lib/dpkg/info/a.list").codes == ["not_text"]


def test_field_names_in_any_case_carriage_returns_and_spaces_in_blank_lines_are_read() -> None:
    content = (
        b"package: a\r\nVERSION: 1\r\nStatus: install ok installed\r\n \t\r\nPackage:b\nVersion:2\n"
    )
    assert _read(content).versions == [("a", "1"), ("b", "2")]


def test_a_record_without_a_version_is_an_error_and_the_others_stay() -> None:
    content = dpkg.status([dpkg.stanza("a", "1"), dpkg.stanza("broken", ""), dpkg.stanza("c", "3")])
    found = _read(content)
    assert found.versions == [("a", "1"), ("c", "3")]
    assert found.codes == ["malformed"]
    assert "broken" in found.errors[0].message


def test_a_database_cut_off_keeps_what_stands_before_the_cut() -> None:
    whole = dpkg.status([dpkg.stanza("a", "1"), dpkg.stanza("b", "2")])
    found = _read(whole[: whole.index(b"Package: b") + 12])
    assert found.versions == [("a", "1")]
    assert found.codes == ["malformed"]


def test_names_that_are_no_utf8_or_steer_terminals_are_escaped() -> None:
    content = b"Package: a\xff\x1b[31m\\\nVersion: 1\xe2\x80\xae2\n"
    assert _read(content).versions == [(r"a\xff\x1b[31m\x5c", r"1\xe2\x80\xae2")]


def test_a_huge_line_is_an_error_of_its_record_alone() -> None:
    content = dpkg.status([dpkg.stanza("a" * 1_000_000, "1"), dpkg.stanza("b", "2")])
    found = _read(content)
    assert found.versions == [("b", "2")]
    assert found.codes == ["too_large"]


def test_a_binary_file_is_no_database() -> None:
    assert _read(b"\x7fELF\x00\x00").codes == ["not_text"]


def test_a_file_over_the_limit_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_STATUS_BYTES", 10)
    found = _read(dpkg.status([dpkg.stanza("a", "1")]))
    assert (found.facts, found.codes) == ([], ["too_large"])


def test_too_many_records_are_said_and_errors_are_counted_not_listed() -> None:
    found = read(DpkgReader(), dpkg.status(["Nothing: here\n"] * 150), dpkg.STATUS)
    assert found.codes == ["malformed"] * reading.MAX_ERRORS + ["too_many"]
    parsed = module.parse_status(dpkg.generated(30), dpkg.STATUS)
    limited = list(reading.bounded(parsed, dpkg.STATUS, limit=20))
    assert len(limited) == 21
    assert getattr(limited[-1], "code", "") == "too_many"


def test_an_empty_database_holds_nothing() -> None:
    found = _read(b"")
    assert not found.facts
    assert not found.errors


def test_five_thousand_packages_are_read_each_once() -> None:
    found = _read(dpkg.generated(5000))
    assert len(found.packages) == len({package.name for package in found.packages}) == 5000
    assert not found.errors
