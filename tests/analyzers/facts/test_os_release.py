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
        ("etc/system-release", "Amazon Linux release 2 (Karoo)\n", ("amzn", "2", "Karoo")),
        ("etc/oracle-release", "Oracle Linux Server release 8.9\n", ("ol", "8.9", "")),
        (
            "etc/kylin-release",
            "Kylin Linux Advanced Server release V10 (Tercel)\n",
            ("kylin", "V10", "Tercel"),
        ),
        (
            "etc/hce-release",
            "Huawei Cloud EulerOS release 2.0 (West Lake)\n",
            ("hce", "2.0", "West Lake"),
        ),
        (
            "etc/UnionTech-release",
            "UnionTech OS Server release 20 (fuyu)\n",
            ("uos", "20", "fuyu"),
        ),
        (
            "etc/openEuler-release",
            "openEuler release 22.03 (LTS-SP1)",
            ("openEuler", "22.03", "LTS-SP1"),
        ),
        (
            "etc/photon-release",
            "VMware Photon OS 4.0\nPHOTON_BUILD_NUMBER=d\n",
            ("photon", "4.0", ""),
        ),
        ("etc/mariner-release", "CBL-Mariner 2.0.2024\nBUILD=1\n", ("mariner", "2.0.2024", "")),
        (
            "etc/tencentos-release",
            "TencentOS Server 3.1 (Final)",
            ("tencentos", "3.1", "Final"),
        ),
        ("etc/gentoo-release", "Gentoo Base System release 2.14\n", ("gentoo", "2.14", "")),
        ("etc/arch-release", "", ("arch", "", "")),
        (
            "etc/lsb-release",
            'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=16.04\nDISTRIB_CODENAME="xenial"\n',
            ("ubuntu", "16.04", "xenial"),
        ),
        (
            "etc/openwrt_release",
            "DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='22.03.5'\nDISTRIB_TARGET='x86/64'\n",
            ("openwrt", "22.03.5", ""),
        ),
    ],
)
def test_older_files_name_a_distribution_too(
    path: str, content: str, expected: tuple[str, str, str]
) -> None:
    found = _read(content, path).distribution
    assert (found.id, found.version_id, found.version_codename) == expected
    assert found.path == path


@pytest.mark.parametrize(
    ("fields", "pack"),
    [
        ('ID="euleros"\nVERSION_ID="2.0"\nVERSION="2.0 (SP9x86_64)"\n', "SP9"),
        ('ID="euleros"\nVERSION_ID="2.0"\nVERSION="2.0 (SP10)"\n', "SP10"),
        ('ID="euleros"\nVERSION_ID="2.0"\nPRETTY_NAME="EulerOS 2.0 (SP12)"\n', "SP12"),
        ('ID="kylin"\nVERSION_ID="V10"\nVERSION="V10 (Tercel)"\n', "SP1"),
        ('ID="kylin"\nVERSION_ID="V10"\nVERSION="V10 (Sword)"\n', "SP2"),
        ('ID="kylin"\nVERSION_ID="V10"\nVERSION="V10 (Lance)"\n', "SP3"),
        ('ID="kylin"\nVERSION_ID="V10"\nVERSION="V10 (Halberd)"\n', "SP3"),
        ('ID="kylin"\nVERSION_ID="V10"\nVERSION="V10 (Azalea)"\n', ""),
        ('ID=kylin\nVERSION_ID="v10"\nVERSION="Kylin Desktop V10 (SP1)"\nID_LIKE=debian\n', "SP1"),
        ('ID="hce"\nVERSION_ID="2.0"\nVERSION="2.0 (x86_64)"\n', ""),
        ('ID="openEuler"\nVERSION_ID="24.03"\nVERSION="24.03 (LTS-SP1)"\n', "LTS-SP1"),
        ('ID="openEuler"\nVERSION_ID="24.03"\nVERSION="24.03 (LTS)"\n', "LTS"),
        ('ID="sles"\nVERSION_ID="15.4"\nVERSION="15-SP4"\n', "SP4"),
        ('ID=ubuntu\nVERSION_ID="22.04"\nVERSION="22.04.3 LTS (Jammy Jellyfish)"\n', ""),
        ('ID=debian\nVERSION_ID="12"\nVERSION="12 (Lance)"\n', ""),
    ],
)
def test_a_service_pack_is_found_in_the_text_of_the_version(fields: str, pack: str) -> None:
    assert _read(fields).distribution.service_pack == pack


@pytest.mark.parametrize(
    ("fields", "edition"),
    [
        ('ID="uos"\nNAME="UOS Server 20"\nVERSION_CODENAME=kongzi\nPLATFORM_ID="x"\n', "a"),
        ('ID="uos"\nNAME="UOS Server 20"\nVERSION_CODENAME="kongli"\n', "c"),
        ('ID="uos"\nNAME="UOS Server 20"\nPLATFORM_ID="platform:uel20"\n', "e"),
        ('ID="uos"\nNAME="UOS Server 20"\nPLATFORM_ID="platform:new"\n', ""),
        ('ID="uos"\nNAME="UnionTech OS Server 20 Enterprise"\n', "d"),
        ('ID=uos\nNAME="uos"\nVERSION_CODENAME=eagle\n', ""),
        ('ID=other\nNAME="Server"\nVERSION_CODENAME=kongzi\n', ""),
    ],
)
def test_the_edition_of_uos_server_is_told_by_platform_and_code_name(
    fields: str, edition: str
) -> None:
    assert _read(fields).distribution.edition == edition


def test_uos_keeps_its_update_and_edition_in_a_file_of_its_own() -> None:
    content = (
        "[Version]\nSystemName=UnionTech OS Server\nSystemName[zh_CN]=x\nProductType=Server\n"
        "EditionName=E\nMajorVersion=20\nMinorVersion=1050\nOsBuild=11068.102\n"
    )
    found = _read(content, "etc/os-version").distribution
    assert (found.id, found.version_id, found.service_pack) == ("uos", "20", "1050")
    assert found.edition == "e"
    desktop = _read(content.replace("Server", "Desktop"), "etc/os-version").distribution
    assert desktop.edition == ""
    deepin = _read("[Version]\nSystemName=Deepin\nMajorVersion=23\n", "etc/os-version")
    assert deepin.distribution.id == "deepin"


@pytest.mark.parametrize(
    "content",
    [
        "Kylin Linux Advanced Server\nrelease V10 (SP1) /(Tercel)-x86_64-Build20/20210518\n",
        "ProductName=Kylin Linux Advanced Server\nProductVersion=V10\nInfo[0]=(SP1)\n",
        "Kylin Linux Advanced Server\nrelease V10 (Tercel)-x86_64\n",
    ],
)
def test_kylin_keeps_its_service_pack_in_a_file_of_its_own(content: str) -> None:
    found = _read(content, "etc/.productinfo").distribution
    assert (found.id, found.version_id, found.service_pack) == ("kylin", "V10", "SP1")


def test_suse_s_old_file_has_version_and_patch_level_in_lines_of_their_own() -> None:
    content = "SUSE Linux Enterprise Server 12 (x86_64)\nVERSION = 12\nPATCHLEVEL = 5\n# old\n"
    found = _read(content, "etc/SuSE-release").distribution
    assert (found.id, found.version_id, found.service_pack) == ("sles", "12.5", "SP5")
    assert found.name == "SUSE Linux Enterprise Server 12"
    leap = _read("openSUSE 42.2 (x86_64)\nVERSION = 42.2\nCODENAME = M\n", "etc/SuSE-release")
    assert (leap.distribution.id, leap.distribution.version_id) == ("opensuse", "42.2")
    first = _read("SUSE LINUX 10\nVERSION = 10\nPATCHLEVEL = 0\n", "etc/SuSE-release").distribution
    assert (first.id, first.version_id, first.service_pack) == ("suse", "10", "")


def test_files_of_these_names_that_mean_something_else_name_nothing() -> None:
    for path, content in [
        ("etc/lsb-release", "LSB_VERSION=base-4.0-amd64\n"),
        ("etc/os-version", "1.2.3\n"),
    ]:
        found = _read(content, path)
        assert not found.facts
        assert not found.errors


def test_an_empty_file_names_nothing_and_nonsense_is_an_error() -> None:
    assert not _read("\n").facts
    assert not _read("\n").errors
    assert _read("no assignment at all").codes == ["malformed"]
    assert _read("nonsense", "etc/redhat-release").codes == ["malformed"]
    assert _read("openSUSE 42.2", "etc/SuSE-release").codes == ["malformed"]
    assert _read(b"ID=a\0").codes == ["not_text"]


def test_too_much_is_an_error() -> None:
    assert _read("".join(f"A{n}=1\n" for n in range(1000))).codes == ["too_many"]
    assert _read("".join(f"A=a{n}\n" for n in range(129)), "etc/os-version").codes == ["too_many"]
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
