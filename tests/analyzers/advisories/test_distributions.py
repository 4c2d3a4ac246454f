"""Who speaks for which distribution."""

from __future__ import annotations

from typing import Any

import pytest

from scantling_analyzers.advisories.distributions import built_apart, speaks_for
from scantling_analyzers.advisories.streams import type_of
from scantling_common.outcomes import DistributionEntry


def _of(id_: str, version: str = "", **more: Any) -> tuple[tuple[str, ...], ...]:
    return speaks_for(DistributionEntry(id=id_, version_id=version, **more)).choices


@pytest.mark.parametrize(
    ("id_", "version", "stream"),
    [
        ("debian", "12", "debian:12"),
        ("debian", "9.13", "debian:9"),
        ("raspbian", "11", "debian:11"),
        ("ubuntu", "22.04", "ubuntu:22.04"),
        ("alpine", "3.18.4", "alpine:3.18"),
        ("alpine", "3.20_alpha20240329", "alpine:edge"),
        ("wolfi", "20230201", "wolfi"),
        ("rhel", "8.6", "rhel:8"),
        ("centos", "7", "rhel:7"),
        ("scientific", "7.9", "rhel:7"),
        ("ol", "8.9", "ol:8"),
        ("amzn", "2", "amzn:2"),
        ("amzn", "2018.03", "amzn:1"),
        ("amzn", "2023", "amzn:2023"),
        ("fedora", "39", "fedora:39"),
        ("sles", "15.5", "sles:15.5"),
        ("sles", "15", "sles:15"),
        ("opensuse-leap", "15.6", "opensuse-leap:15.6"),
        ("opensuse-tumbleweed", "20240801", "opensuse-tumbleweed"),
        ("photon", "5.0", "photon:5.0"),
        ("azurelinux", "3.0", "azurelinux:3.0"),
        ("mariner", "2.0", "mariner:2.0"),
        ("hce", "2.0", "hce:2.0"),
        ("hce", "1.1", "hce:1.1"),
        ("anolis", "8.6", "anolis:8"),
        ("openwrt", "22.03.5", "openwrt:22.03"),
        ("arch", "", "arch"),
        ("alpaquita", "23.1", "alpaquita:23"),
        ("alpaquita", "stream", "alpaquita:stream"),
        ("bellsoft-hardened-containers", "stream", "bellsoft-hardened-containers:stream"),
    ],
)
def test_a_release_is_judged_by_its_stream(id_: str, version: str, stream: str) -> None:
    assert _of(id_, version) == ((stream,),)
    assert type_of(stream) is not None


@pytest.mark.parametrize(
    ("id_", "version", "pack", "stream"),
    [
        ("euleros", "2.0", "SP9", "euleros:2.0-SP9"),
        ("openEuler", "22.03", "LTS-SP3", "openeuler:22.03-LTS-SP3"),
        ("openEuler", "22.03", "LTS", "openeuler:22.03-LTS"),
        ("openEuler", "23.09", "", "openeuler:23.09"),
        ("kylin", "V10", "SP2", "kylin:V10-SP2"),
        ("sles", "15", "SP5", "sles:15.5"),
        ("sles", "15.5", "SP5", "sles:15.5"),
    ],
)
def test_a_service_pack_is_part_of_the_stream(
    id_: str, version: str, pack: str, stream: str
) -> None:
    assert _of(id_, version, service_pack=pack) == ((stream,),)


@pytest.mark.parametrize("version", ["12", "12.5"])
def test_the_modules_of_suse_12_speak_for_each_of_its_service_packs(version: str) -> None:
    answer = speaks_for(DistributionEntry(id="sles", version_id=version, service_pack="SP5"))
    assert answer.choices == (("sle-module:12", "sles:12.5"),)
    assert answer.release == "sles:12.5"


def test_the_server_for_sap_is_mended_by_itself_and_as_the_base_release() -> None:
    answer = speaks_for(DistributionEntry(id="sles_sap", version_id="15.3"))
    assert answer.choices == (("sles-sap:15.3", "sles:15.3"),)
    assert answer.release == "sles:15.3"


def test_uos_is_asked_for_its_update_first_and_then_for_the_edition() -> None:
    assert _of("uos", "20", service_pack="1050", edition="e") == (("uos:20-1050-e", "uos:20-e"),)
    assert _of("uos", "20", edition="d") == (("uos:20-d",),)


@pytest.mark.parametrize(
    "entry",
    [
        DistributionEntry(id="gobolinux", version_id="17"),
        DistributionEntry(id="euleros", version_id="2.0"),
        DistributionEntry(id="uos", version_id="20"),
        DistributionEntry(id="uos", edition="e"),
        DistributionEntry(id="debian"),
        DistributionEntry(id="alpine", version_id="3"),
        *(
            DistributionEntry(id=id_)
            for id_ in ("rhel", "centos", "rocky", "sles", "amzn", "openEuler", "fedora", "kylin")
        ),
        DistributionEntry(id="kylin", version_id="V10", service_pack="SP 2\x1b"),
    ],
)
def test_of_a_release_that_is_not_told_nobody_speaks_and_why_is_said(
    entry: DistributionEntry,
) -> None:
    answer = speaks_for(entry)
    assert answer.choices == ()
    assert answer.reason


def test_testing_and_unstable_of_debian_are_one_stream() -> None:
    assert _of("debian", name="Debian GNU/Linux trixie/sid") == (("debian:sid",),)


def test_a_rebuild_has_its_own_stream_before_red_hats() -> None:
    answer = speaks_for(DistributionEntry(id="rocky", version_id="9.3"))
    assert answer.choices == (("rocky:9",), ("rhel:9",))
    assert "Red Hat's advisories" in answer.note


def test_centos_is_judged_by_red_hat_and_ends_on_its_own_day() -> None:
    linux = speaks_for(DistributionEntry(id="centos", version_id="8", name="CentOS Linux 8"))
    stream = speaks_for(DistributionEntry(id="centos", version_id="8", name="CentOS Stream 8"))
    assert (linux.release, stream.release) == ("centos:8", "centos-stream:8")
    assert linux.choices == stream.choices == (("rhel:8",),)
    assert "runs ahead" in stream.note


def test_extended_support_is_asked_only_where_the_image_was_built_from_it() -> None:
    base = ("rhel-8-for-x86_64-baseos-rpms", "rhel-8-for-x86_64-appstream-rpms")
    extended = (*base, "rhel-8-for-x86_64-baseos-eus-rpms", "rhel-9-for-x86_64-baseos-e4s-rpms")
    plain = DistributionEntry(id="rhel", version_id="8.6", content_sets=base)
    paid = DistributionEntry(id="rhel", version_id="8.6", content_sets=extended)
    assert speaks_for(plain).choices == (("rhel:8",),)
    assert speaks_for(paid).choices == (("rhel-eus:8.6", "rhel:8"),)


@pytest.mark.parametrize(
    ("release", "version", "stream"),
    [
        ("ubuntu:16.04", "1:7.2p2-4ubuntu2.10+esm5", "ubuntu-pro:16.04"),
        ("ubuntu:20.04", "1.1.1f-1ubuntu2.fips.7", "ubuntu-fips:20.04"),
        ("debian:12", "1.0-1+esm1", None),
        ("centos:7", "0:1.0.2k-26.el7_9.tuxcare.els3", "tuxcare-centos:7"),
        ("ol:8", "10:1.8.5-7.el8_fips", "ol-fips:8"),
        ("ol:8", "2:2.28-236.0.1.ksplice1.el8", "ol-ksplice:8"),
        ("debian:12", "1.2-3.root.io.1", "root-debian:12"),
        ("debian:12", "1.2-3+deb12u1", None),
        ("", "1+esm1", None),
    ],
)
def test_a_build_of_another_is_known_by_its_version(
    release: str, version: str, stream: str | None
) -> None:
    assert built_apart(release, version) == stream
