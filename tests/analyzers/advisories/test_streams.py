"""Keys of streams: what each ecosystem and CPE name becomes, and what becomes none."""

from __future__ import annotations

import pytest

from scantling_analyzers.advisories.lifecycle import END_OF_LIFE, ended
from scantling_analyzers.advisories.streams import (
    LANGUAGES,
    of_cpe,
    of_osv,
    of_suse,
    release_of_product,
    scheme_of,
    type_of,
)
from scantling_common.versions.schemes import Scheme


@pytest.mark.parametrize(
    ("ecosystem", "stream"),
    [
        ("Debian:12", "debian:12"),
        ("Ubuntu:22.04:LTS", "ubuntu:22.04"),
        ("Ubuntu:23.10", "ubuntu:23.10"),
        ("Alpine:v3.18", "alpine:3.18"),
        ("Alpine:edge", "alpine:edge"),
        ("Wolfi", "wolfi"),
        ("BellSoft Hardened Containers:stream", "bellsoft-hardened-containers:stream"),
        ("Chainguard", "chainguard"),
        ("Red Hat:enterprise_linux:8::appstream", "rhel:8"),
        ("Red Hat:enterprise_linux:10.2", "rhel:10"),
        ("AlmaLinux:9", "almalinux:9"),
        ("Rocky Linux:9", "rocky:9"),
        ("SUSE:Linux Enterprise Server 15 SP5", "sles:15.5"),
        ("SUSE:Linux Enterprise Module for Basesystem 15 SP5", "sles:15.5"),
        ("SUSE:Linux Enterprise Server 12", "sles:12"),
        ("SUSE:Linux Enterprise Module for Containers 12", "sle-module:12"),
        ("SUSE:Linux Enterprise Module for Python 3 15 SP5", "sles:15.5"),
        ("SUSE:Linux Enterprise Module for Development Tools 15 SP5", "sles:15.5"),
        ("SUSE:Linux Enterprise Module for Package Hub 15 SP5", "sles:15.5"),
        ("SUSE:Linux Enterprise Module for SAP Applications 15 SP5", "sles:15.5"),
        ("SUSE:Linux Enterprise Module for What-Ever (New) 15 SP5", "sles:15.5"),
        ("SUSE:Package Hub 15 SP5", "sles:15.5"),
        ("SUSE:Package Hub 12", "sle-module:12"),
        ("openSUSE:Backports SLE-15-SP5", "sles:15.5"),
        ("SUSE:Linux Enterprise Server 16.0", "sles:16"),
        ("SUSE:Linux Enterprise Server 16.1", "sles:16.1"),
        ("SUSE:Linux Enterprise Micro 5.5", "sle-micro:5.5"),
        ("SUSE:Linux Enterprise Micro for Rancher 5.4", "sle-micro:5.4"),
        ("SUSE:Linux Micro Extras 6.0", "sle-micro:6.0"),
        ("openSUSE:Leap 15.5", "opensuse-leap:15.5"),
        ("openSUSE:Leap Micro 5.5", "opensuse-leap-micro:5.5"),
        ("openSUSE:Tumbleweed", "opensuse-tumbleweed"),
        ("openEuler:22.03-LTS-SP3", "openeuler:22.03-LTS-SP3"),
        ("Azure Linux:3", "azurelinux:3.0"),
        ("Azure Linux:2", "mariner:2.0"),
        ("Photon OS:5.0", "photon:5.0"),
        ("Mageia:9", "mageia:9"),
        ("Maven", "Maven"),
        ("Maven:https://maven.example.com", "Maven"),
        ("crates.io", "crates.io"),
    ],
)
def test_an_ecosystem_is_the_stream_of_its_release(ecosystem: str, stream: str) -> None:
    assert of_osv(ecosystem) == stream


@pytest.mark.parametrize(
    ("ecosystem", "stream"),
    [
        ("Ubuntu:Pro:16.04:LTS", "ubuntu-pro:16.04"),
        ("Ubuntu:Pro:FIPS:18.04:LTS", "ubuntu-fips:18.04"),
        ("Ubuntu:Pro:FIPS-updates:20.04:LTS", "ubuntu-fips-updates:20.04"),
        ("Ubuntu:Pro:22.04:LTS:Realtime:Kernel", "ubuntu-realtime-kernel:22.04"),
        ("Ubuntu:Nvidia-BlueField:22.04", "ubuntu-nvidia-bluefield:22.04"),
        ("Red Hat:rhel_eus:8.6::baseos", "rhel-eus:8.6"),
        ("Red Hat:rhel_els:7", "rhel-els:7"),
        ("Red Hat:rhel_e4s:9.2::baseos", "rhel-e4s:9.2"),
        ("SUSE:Linux Enterprise Server 15 SP4-LTSS", "sles-ltss:15.4"),
        ("SUSE:Linux Enterprise Server LTSS Extended Security 12 SP5", "sles-ltss:12.5"),
        ("SUSE:Linux Enterprise High Performance Computing 15 SP4-ESPOS", "sles-espos:15.4"),
        ("SUSE:Linux Enterprise High Performance Computing LTSS 15 SP4", "sles-ltss:15.4"),
        ("SUSE:Linux Enterprise Server 12 SP5-LTSS Extended Security", "sles-ltss:12.5"),
        ("SUSE:Linux Enterprise Server 15 SP2-BCL", "sles-espos:15.2"),
        ("SUSE:Linux Enterprise Server Business Critical Linux 15 SP2", "sles-espos:15.2"),
        ("SUSE:Linux Enterprise Server ESPOS 12 SP4", "sles-espos:12.4"),
        ("SUSE:Linux Enterprise Server for SAP Applications 15 SP3", "sles-sap:15.3"),
        ("SUSE:Linux Enterprise Server for SAP applications 16.0", "sles-sap:16"),
        ("TuxCare:CentOS:7", "tuxcare-centos:7"),
        ("Root:Alpine:3.18", "root-alpine:3.18"),
    ],
)
def test_support_that_is_built_apart_is_never_the_base_release(ecosystem: str, stream: str) -> None:
    assert of_osv(ecosystem) == stream


@pytest.mark.parametrize(
    "ecosystem",
    [
        *("Debian", "AlmaLinux", "Ubuntu", "Alpine", "Red Hat", "Photon OS:"),
        *("Android", "Linux", "OSS-Fuzz", "GIT", "", ":", "Unheard-of", "Azure Linux:x"),
        *("Red Hat:openshift:4.14::el9", "SUSE:Manager Server 4.3", "SUSE:Liberty Linux 9"),
        *("Debian:12 \x1b[31m", "TuxCare:Amiga:3", "Root:\x00", "Root:npm", "TuxCare:Maven"),
    ],
)
def test_what_no_package_of_an_image_belongs_to_has_no_stream(ecosystem: str) -> None:
    assert of_osv(ecosystem) is None


@pytest.mark.parametrize(
    ("cpe", "stream"),
    [
        ("cpe:/o:redhat:enterprise_linux:8::baseos", "rhel:8"),
        ("cpe:/a:redhat:enterprise_linux:9::appstream", "rhel:9"),
        ("cpe:/a:redhat:rhel_eus:8.6::appstream", "rhel-eus:8.6"),
        ("cpe:/a:redhat:enterprise_linux_eus:10.0", "rhel-eus:10.0"),
        ("cpe:2.3:o:redhat:rhel_aus:8.4:*:baseos:*:*:*:*:*", "rhel-aus:8.4"),
        ("cpe:/a:redhat:openshift:4.14::el9", None),
        ("cpe:/o:redhat:enterprise_linux", None),
        ("cpe:/o:canonical:ubuntu_linux:22.04", None),
        ("", None),
    ],
)
def test_a_cpe_name_is_the_stream_of_a_release(cpe: str, stream: str | None) -> None:
    assert of_cpe(cpe) == stream


def test_a_layered_product_tells_the_release_that_it_runs_on() -> None:
    assert release_of_product("cpe:/a:redhat:openshift:4.14::el9") == "rhel:9"
    assert release_of_product("cpe:/a:redhat:jboss_core_services:1") is None


def test_products_of_suse_are_known_with_and_without_their_maker() -> None:
    assert of_suse("SUSE Linux Enterprise Server 15 SP5") == "sles:15.5"
    assert of_suse("openSUSE Leap 15.6") == "opensuse-leap:15.6"
    assert of_suse("SUSE Linux Enterprise " + "x" * 10_000) is None


@pytest.mark.parametrize(
    ("stream", "scheme", "type_"),
    [
        ("debian:12", Scheme.DEB, "deb"),
        ("ubuntu-fips-updates:20.04", Scheme.DEB, "deb"),
        ("rhel-eus:8.6", Scheme.RPM, "rpm"),
        ("tuxcare-centos:7", Scheme.RPM, "rpm"),
        ("tuxcare-ubuntu:18.04", Scheme.DEB, "deb"),
        ("uos:20-1050-e", Scheme.RPM, "rpm"),
        ("uos:20-d", Scheme.DEB, "deb"),
        ("wolfi", Scheme.APK, "apk"),
        ("Maven", Scheme.MAVEN, None),
        ("unheard-of:1", None, None),
    ],
)
def test_a_stream_has_the_order_of_its_packages(
    stream: str, scheme: Scheme | None, type_: str | None
) -> None:
    assert (scheme_of(stream), type_of(stream)) == (scheme, type_)


def test_languages_are_streams_by_their_own_name() -> None:
    assert all(of_osv(name) == name for name in LANGUAGES)


def test_a_release_has_ended_after_its_last_day_and_not_on_it() -> None:
    assert not ended("debian:10", "2024-06-30T12:00:00Z")
    assert ended("debian:10", "2024-07-01") == "2024-06-30"
    assert not ended("wolfi", "2099-01-01")
    assert not ended("debian:10", "")


def test_dates_of_the_end_of_life_are_dates() -> None:
    assert all(len(day) == 10 and day[4] == day[7] == "-" for day in END_OF_LIFE.values())
