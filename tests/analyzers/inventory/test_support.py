"""Every distribution that is promised is told apart, down to what its advisories go by."""

from __future__ import annotations

import pytest

from scantling_analyzers.facts.models import Distribution
from scantling_analyzers.facts.os_release import parse_os_release
from scantling_analyzers.inventory.support import unsupported_reason

PROMISED = [
    ('NAME="EulerOS"\nVERSION="2.0 (SP2)"\nID="euleros"\nVERSION_ID="2.0"', "2.0", "SP2"),
    ('NAME="EulerOS"\nVERSION="2.0 (SP12x86_64)"\nID="euleros"\nVERSION_ID="2.0"', "2.0", "SP12"),
    ('NAME="CentOS Linux"\nVERSION="7 (Core)"\nID="centos"\nVERSION_ID="7"', "7", ""),
    ('NAME="Red Hat Enterprise Linux"\nID="rhel"\nVERSION_ID="9.4"', "9.4", ""),
    ('NAME="Rocky Linux"\nID="rocky"\nVERSION_ID="9.3"', "9.3", ""),
    ('NAME="AlmaLinux"\nID="almalinux"\nVERSION_ID="8.9"', "8.9", ""),
    ('NAME="Oracle Linux Server"\nID="ol"\nVERSION_ID="8.9"', "8.9", ""),
    ('NAME="Amazon Linux"\nID="amzn"\nVERSION_ID="2023"', "2023", ""),
    (
        'NAME="Ubuntu"\nVERSION="16.04.7 LTS (Xenial Xerus)"\nID=ubuntu\nVERSION_ID="16.04"',
        "16.04",
        "",
    ),
    (
        'NAME="Ubuntu"\nVERSION="24.04 LTS (Noble Numbat)"\nID=ubuntu\nVERSION_ID="24.04"',
        "24.04",
        "",
    ),
    ('NAME="Debian GNU/Linux"\nVERSION="9 (stretch)"\nID=debian\nVERSION_ID="9"', "9", ""),
    ('NAME="Debian GNU/Linux"\nVERSION="13 (trixie)"\nID=debian\nVERSION_ID="13"', "13", ""),
    (
        'NAME="Kylin Linux Advanced Server"\nVERSION="V10 (Lance)"\nID="kylin"\nVERSION_ID="V10"',
        "V10",
        "SP3",
    ),
    ('NAME="Huawei Cloud EulerOS"\nVERSION="1.1 (x86_64)"\nID="hce"\nVERSION_ID="1.1"', "1.1", ""),
    ('NAME="Huawei Cloud EulerOS"\nVERSION="2.0 (x86_64)"\nID="hce"\nVERSION_ID="2.0"', "2.0", ""),
    ('NAME="SLES"\nVERSION="12-SP5"\nID="sles"\nVERSION_ID="12.5"', "12.5", "SP5"),
    ('NAME="SLES"\nVERSION="15-SP6"\nID="sles"\nVERSION_ID="15.6"', "15.6", "SP6"),
    ('NAME="openSUSE Leap"\nVERSION="15.6"\nID="opensuse-leap"\nVERSION_ID="15.6"', "15.6", ""),
    ('NAME="UOS Server 20"\nID=uos\nVERSION_ID="20"\nPLATFORM_ID="platform:uel20"', "20", ""),
    (
        'NAME="openEuler"\nVERSION="22.03 (LTS-SP1)"\nID="openEuler"\nVERSION_ID="22.03"',
        "22.03",
        "LTS-SP1",
    ),
    ('NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.1', "3.20.1", ""),
    ('NAME="VMware Photon OS"\nID=photon\nVERSION_ID=4.0', "4.0", ""),
    ('NAME="Wolfi"\nID=wolfi\nVERSION_ID="20230201"', "20230201", ""),
    ('NAME="Common Base Linux Mariner"\nID=mariner\nVERSION_ID="2.0"', "2.0", ""),
    ('NAME="Microsoft Azure Linux"\nID=azurelinux\nVERSION_ID="3.0"', "3.0", ""),
]


@pytest.mark.parametrize(("content", "version", "pack"), PROMISED)
def test_every_promised_distribution_is_told_with_its_service_pack(
    content: str, version: str, pack: str
) -> None:
    found = parse_os_release(content.encode(), "etc/os-release")
    assert (found.version_id, found.service_pack) == (version, pack)
    assert not unsupported_reason(found, ())


@pytest.mark.parametrize("type_", ["alpm", "apk", "deb", "ebuild", "opkg", "rpm"])
def test_a_derivative_whose_packages_were_read_is_supported(type_: str) -> None:
    unknown = Distribution(path="etc/os-release", id="unheard-of")
    assert not unsupported_reason(unknown, {"npm", type_})
    assert "unheard-of" in unsupported_reason(unknown, {"npm"})


def test_a_derivative_is_known_by_what_it_is_like_in_any_case() -> None:
    derived = Distribution(path="etc/os-release", id="mine", id_like=("other", "openEuler"))
    assert not unsupported_reason(derived, ())
    assert not unsupported_reason(None, ())
