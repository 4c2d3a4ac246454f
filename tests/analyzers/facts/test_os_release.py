"""os-release and its forerunners: what distribution a layer names."""

from __future__ import annotations

import pytest

from scantling_analyzers.facts.os_release import OsReleaseReader
from tests.analyzers.facts.files import Found, read
from tests.analyzers.facts.sample_data import image_files


def _read(content: str | bytes, path: str = "etc/os-release") -> Found:
    raw = content if isinstance(content, bytes) else content.encode()
    return read(OsReleaseReader(), raw, path)


def test_os_release_is_read_as_a_shell_would() -> None:
    found = _read(
        "# a comment\n"
        'NAME="Red \\"Hat\\" \\$Linux"\n'
        "ID='almalinux'\n"
        "VERSION_ID=9.3\r\n"
        'ID_LIKE="rhel centos fedora"\n'
        'PRETTY_NAME="AlmaLinux 9.3"\n'
        'CPE_NAME="cpe:/o:almalinux:almalinux:9::baseos"\n'
        "VARIANT_ID=micro\n"
        "VERSION_CODENAME=shamrock\n"
        'VERSION="9.3 (Shamrock)"\n'
        "NOT_AN_ASSIGNMENT\n"
    ).distribution
    assert found.path == "etc/os-release"
    assert (found.id, found.version_id, found.name) == ("almalinux", "9.3", 'Red "Hat" $Linux')
    assert found.id_like == ("rhel", "centos", "fedora")
    assert (found.variant_id, found.version_codename) == ("micro", "shamrock")
    assert found.cpe_name == "cpe:/o:almalinux:almalinux:9::baseos"
    assert found.fields["VERSION"] == "9.3 (Shamrock)"


def test_without_an_id_it_is_linux() -> None:
    assert _read("NAME=Custom\n").distribution.id == "linux"


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("etc/alpine-release", "3.10.9\n", ("alpine", "3.10.9", "")),
        ("etc/debian_version", "12.4\n", ("debian", "12.4", "")),
        ("etc/debian_version", "trixie/sid\n", ("debian", "", "trixie")),
        ("etc/centos-release", "CentOS release 6.10 (Final)\n", ("centos", "6.10", "Final")),
        (
            "etc/centos-release",
            "CentOS Linux release 7.9.2009 (Core)",
            ("centos", "7.9.2009", "Core"),
        ),
        (
            "etc/redhat-release",
            "Red Hat Enterprise Linux Server release 7.9 (Maipo)\n",
            ("rhel", "7.9", "Maipo"),
        ),
        ("etc/redhat-release", "Fedora release 39 (Thirty Nine)", ("fedora", "39", "Thirty Nine")),
        ("etc/redhat-release", "EulerOS release 2.0 (SP9x86_64)", ("euleros", "2.0", "SP9x86_64")),
        ("etc/redhat-release", "My Own! Linux release 1", ("my-own-", "1", "")),
    ],
)
def test_older_files_name_a_distribution_too(
    path: str, content: str, expected: tuple[str, str, str]
) -> None:
    found = _read(content, path).distribution
    assert (found.id, found.version_id, found.version_codename) == expected
    assert found.path == path


def test_an_empty_file_names_nothing_and_nonsense_is_an_error() -> None:
    assert not _read("\n").facts
    assert not _read("\n").errors
    assert _read("no assignment at all").codes == ["malformed"]
    assert _read("nonsense", "etc/redhat-release").codes == ["malformed"]
    assert _read(b"ID=a\0").codes == ["not_text"]


def test_too_much_is_an_error() -> None:
    assert _read("".join(f"A{n}=1\n" for n in range(1000))).codes == ["too_many"]
    assert _read("ID=" + "a" * 5000).codes == ["too_large"]
    assert _read("#" * 100_000).codes == ["too_large"]


def test_what_steers_terminals_is_escaped() -> None:
    assert _read(b"ID=a\nNAME=\x1b[2J\xff\n").distribution.name == r"\x1b[2J\xff"


@pytest.mark.parametrize(
    ("image", "path", "expected"),
    [
        ("alpine-3.10.9", "etc/os-release", ("alpine", "3.10.9")),
        ("alma9-micro", "usr/lib/os-release", ("almalinux", "9.3")),
        ("alma8-micro-s390x", "usr/lib/os-release", ("almalinux", "8.9")),
    ],
)
def test_real_images_name_themselves(image: str, path: str, expected: tuple[str, str]) -> None:
    found = _read(image_files(image)[path], path).distribution
    assert (found.id, found.version_id) == expected
