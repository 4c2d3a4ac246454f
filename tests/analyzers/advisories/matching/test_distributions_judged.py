"""Packages of distributions: by their own streams, by both names, by architecture and module."""

from __future__ import annotations

from typing import Any

import pytest

from scantling_analyzers.advisories.models import Advisory, RepositoryCpe, Statement
from scantling_common.outcomes import DistributionEntry
from tests.analyzers.advisories.matching.asking import distribution, ids, match, only, package
from tests.builders.advisory_book import AdvisoryBook, advisory, fixed_in

CVE = "CVE-2024-1000"
SECOND = "CVE-2024-2000"


def _announced(id_: str, statement: Statement, about: tuple[str, ...] = (CVE,)) -> Advisory:
    return advisory(id_, statement, vulnerabilities=about)


def _book(stream: str, fix: str, **more: Any) -> AdvisoryBook:
    return AdvisoryBook(advisory(CVE, fixed_in(stream, "openssl", fix, **more)))


def test_a_package_is_judged_by_the_stream_of_its_release_only() -> None:
    book = _book("debian:12", "3.0.11-1~deb12u2", name_of="source")
    old = package("deb", "openssl", "3.0.11-1~deb12u1")
    assert ids(match(book, old, on="debian:12")) == [CVE]
    other = AdvisoryBook(
        advisory(CVE, fixed_in("debian:12", "openssl", "9:9", name_of="source")),
        advisory(SECOND, fixed_in("debian:11", "openssl", "1.1.1n-0+deb11u5")),
    )
    assert ids(match(other, package("deb", "openssl", "1.1.1n-0+deb11u6"), on="debian:11")) == []


def test_a_statement_about_a_source_is_about_all_that_is_built_from_it() -> None:
    book = _book("debian:12", "3.0.11-1~deb12u2", name_of="source")
    built = package("deb", "libssl3", "3.0.11-1~deb12u1", source_name="openssl")
    finding = only(match(book, built, on="debian:12"))
    assert finding.vulnerability is not None
    assert finding.vulnerability.match == "source"
    assert "build of openssl 3.0.11-1~deb12u2" in finding.solution


def test_a_statement_about_a_binary_is_not_about_others_of_its_source() -> None:
    book = _book("almalinux:9", "1:3.0.7-27.el9")
    libs = package("rpm", "openssl-libs", "1:3.0.7-1.el9", source_name="openssl")
    assert ids(match(book, libs, on="almalinux:9.3")) == []
    assert ids(match(book, package("rpm", "openssl", "1:3.0.7-1.el9"), on="almalinux:9.3")) == [CVE]


@pytest.mark.parametrize(
    ("version", "source_version", "found"),
    [
        ("3.0.11-1~deb12u2+b1", "3.0.11-1~deb12u2", False),
        ("3.0.11-1~deb12u2+b1", "", False),
        ("3.0.11-1~deb12u1+b9", "", True),
        ("2:1.02.185-2", "3.0.11-1~deb12u1", True),
        ("2:1.02.185-2", "3.0.11-1~deb12u2", False),
    ],
)
def test_a_source_statement_is_compared_with_the_version_of_the_source(
    version: str, source_version: str, *, found: bool
) -> None:
    book = _book("debian:12", "3.0.11-1~deb12u2", name_of="source")
    built = package("deb", "libssl3", version, source_name="openssl", source_version=source_version)
    assert ids(match(book, built, on="debian:12")) == ([CVE] if found else [])


@pytest.mark.parametrize(
    ("version", "source_version", "fix", "found"),
    [
        # The epoch of the package is that of its source, which rpm does not tell.
        ("1:3.0.7-27.el9", "3.0.7-27.el9", "1:3.0.7-27.el9", False),
        ("1:3.0.7-26.el9", "3.0.7-26.el9", "1:3.0.7-27.el9", True),
        ("1:3.0.7-26.el9_1", "3.0.7-26.el9", "1:3.0.7-27.el9", True),
        # A package with a version of its own tells nothing of the epoch of its source.
        ("1.42-396.el8", "5.26.3-422.el8", "4:5.26.3-421.el8", False),
        ("1.42-396.el8", "5.26.3-420.el8", "4:5.26.3-421.el8", True),
        ("1.42-396.el8", "4:5.26.3-420.el8", "4:5.26.3-421.el8", True),
    ],
)
def test_sources_of_rpm_have_the_epoch_that_can_be_known(
    version: str, source_version: str, fix: str, *, found: bool
) -> None:
    book = _book("openeuler:22.03-LTS", fix, name_of="source")
    built = package(
        "rpm", "openssl-libs", version, source_name="openssl", source_version=source_version
    )
    matched = match(book, built, on=distribution("openEuler:22.03", service_pack="LTS"))
    assert ids(matched) == ([CVE] if found else [])
    if found:
        assert only(matched).fixed_version == fix


@pytest.mark.parametrize(
    ("arch", "found"), [("x86_64", True), ("aarch64", False), ("noarch", True), ("", True)]
)
def test_a_statement_about_an_architecture_is_about_no_other(arch: str, *, found: bool) -> None:
    book = _book("almalinux:9", "1:3.0.7-27.el9", arches=("x86_64",))
    installed = package("rpm", "openssl", "1:3.0.7-1.el9", arch=arch)
    assert ids(match(book, installed, on="almalinux:9")) == ([CVE] if found else [])


@pytest.mark.parametrize(
    ("claimed", "label", "found"),
    [
        ("nodejs:18", "nodejs:18:8090020230301:a75119d5", True),
        ("nodejs:18", "nodejs:16:8090020230301:a75119d5", False),
        ("nodejs:18", "", False),
        ("", "nodejs:18:8090020230301:a75119d5", False),
        ("", "", True),
    ],
)
def test_modules_are_respected_both_ways(claimed: str, label: str, *, found: bool) -> None:
    fix = fixed_in("rhel:8", "nodejs", "1:18.14.2-2.el8", module=claimed)
    installed = package("rpm", "nodejs", "1:18.9.1-1.el8", module=label)
    matched = match(AdvisoryBook(advisory(CVE, fix)), installed, on="rhel:8.7")
    assert ids(matched) == ([CVE] if found else [])


@pytest.mark.parametrize(("version", "found"), [("1:18.9.1-1", True), ("1:16.9.1-1", False)])
def test_a_module_that_a_feed_does_not_name_is_known_by_the_line_of_versions(
    version: str, *, found: bool
) -> None:
    fix = fixed_in("almalinux:8", "nodejs", "1:18.14.2-2.module_el8.7.0+3370+56e1ee0c")
    label = "nodejs:1x:8090020230301:a75119d5"
    installed = package("rpm", "nodejs", f"{version}.module_el8.6.0+1", module=label)
    matched = match(AdvisoryBook(advisory(CVE, fix)), installed, on="almalinux:8.7")
    assert ids(matched) == ([CVE] if found else [])


def test_a_statement_about_a_product_is_about_images_with_its_repositories() -> None:
    product = "cpe:/a:redhat:openshift:4.14::el9"
    book = AdvisoryBook(
        advisory(CVE, fixed_in("rhel:9", "podman", "4.4.1-9.el9", repositories=(product,))),
        RepositoryCpe(repository="rhocp-4.14-for-rhel-9-x86_64-rpms", cpes=(product,), feed="x"),
    )
    podman = package("rpm", "podman", "4.4.1-3.el9")
    with_it = DistributionEntry(
        id="rhel", version_id="9.2", content_sets=("rhocp-4.14-for-rhel-9-x86_64-rpms",)
    )
    assert ids(match(book, podman, on=with_it)) == [CVE]
    assert ids(match(book, podman, on="rhel:9.2")) == []


def test_extended_support_speaks_only_for_builds_of_its_own() -> None:
    book = AdvisoryBook(
        advisory(CVE, fixed_in("ubuntu:16.04", "openssl", "1.0.2g-1ubuntu4.20", name_of="source")),
        advisory(
            SECOND,
            fixed_in("ubuntu-pro:16.04", "openssl", "1.0.2g-1ubuntu4.20+esm9", name_of="source"),
        ),
    )
    base = package("deb", "openssl", "1.0.2g-1ubuntu4.19")
    paid = package("deb", "openssl", "1.0.2g-1ubuntu4.20+esm3")
    assert ids(match(book, base, on="ubuntu:16.04")) == [CVE]
    assert ids(match(book, paid, on="ubuntu:16.04")) == [SECOND]


def test_extended_support_outweighs_the_base_release_where_both_speak() -> None:
    book = AdvisoryBook(
        advisory(CVE, fixed_in("rhel:8", "openssl", "1:1.1.1k-12.el8_9")),
        _announced(
            "RHSA-1",
            fixed_in("rhel-eus:8.6", "openssl", "1:1.1.1k-9.el8_6"),
            about=(CVE,),
        ),
        advisory(SECOND, fixed_in("rhel:8", "openssl", "1:1.1.1k-12.el8_9")),
    )
    paid = DistributionEntry(
        id="rhel", version_id="8.6", content_sets=("rhel-8-for-x86_64-baseos-eus-rpms",)
    )
    installed = package("rpm", "openssl", "1:1.1.1k-9.el8_6")
    assert ids(match(book, installed, on=paid)) == [SECOND]
    assert ids(match(book, installed, on="rhel:8.6")) == [CVE, SECOND]


def test_centos_is_judged_by_red_hat_and_not_by_who_sells_support_for_it() -> None:
    book = AdvisoryBook(
        advisory(CVE, fixed_in("rhel:7", "openssl", "1:1.0.2k-26.el7_9")),
        advisory(SECOND, fixed_in("tuxcare-centos:7", "openssl", "1:1.0.2k-26.el7_9.tuxcare.els9")),
    )
    plain = package("rpm", "openssl", "1:1.0.2k-25.el7_9")
    bought = package("rpm", "openssl", "1:1.0.2k-26.el7_9.tuxcare.els3")
    assert ids(match(book, plain, on="centos:7")) == [CVE]
    assert ids(match(book, bought, on="centos:7")) == [SECOND]


@pytest.mark.parametrize(
    "state", ["not_fixed", "will_not_fix", "end_of_life", "deferred", "under_investigation"]
)
def test_what_is_not_mended_is_a_finding_with_its_state(state: str) -> None:
    book = _book("debian:12", "", name_of="source", state=state)
    finding = only(match(book, package("deb", "openssl", "3.0.11-1"), on="debian:12"))
    assert finding.vulnerability is not None
    assert finding.vulnerability.state == state
    assert finding.fixed_version == finding.vulnerability.upgrade == ""
    assert finding.solution


def test_what_is_not_affected_is_no_finding() -> None:
    book = _book("debian:12", "", name_of="source", state="not_affected")
    assert ids(match(book, package("deb", "openssl", "3.0.11-1"), on="debian:12")) == []


def test_what_one_says_is_not_affected_after_all_is_set_aside_and_stays_visible() -> None:
    book = AdvisoryBook(
        _announced(
            "DSA-1", fixed_in("debian:12", "openssl", "9:9", name_of="source"), about=(CVE,)
        ),
        advisory(CVE, fixed_in("debian:12", "openssl", name_of="source", state="not_affected")),
    )
    finding = only(match(book, package("deb", "openssl", "3.0.11-1"), on="debian:12"))
    assert finding.details["suppressed"] == f"not affected, says {CVE}"


def test_not_affected_of_a_source_does_not_outweigh_what_is_said_of_the_package() -> None:
    book = AdvisoryBook(
        advisory(CVE, fixed_in("rhel:8", "openssl-libs", "9:9")),
        _announced(
            "X-1",
            fixed_in("rhel:8", "openssl", name_of="source", state="not_affected"),
            about=(CVE,),
        ),
    )
    libs = package("rpm", "openssl-libs", "1:1.1.1k-1", source_name="openssl")
    assert not only(match(book, libs, on="rhel:8")).details


def test_the_record_of_a_vulnerability_outweighs_an_announcement() -> None:
    book = AdvisoryBook(
        _announced(
            "DSA-1",
            fixed_in("debian:12", "openssl", "3.0.12-1", name_of="source"),
            about=(CVE,),
        ),
        advisory(CVE, fixed_in("debian:12", "openssl", "3.0.11-1", name_of="source")),
    )
    mended = package("deb", "openssl", "3.0.11-1")
    open_ = package("deb", "openssl", "3.0.10-1")
    assert ids(match(book, mended, on="debian:12")) == []
    assert only(match(book, open_, on="debian:12")).fixed_version == "3.0.11-1"


def test_an_announcement_mends_what_the_record_does_not_know_to_be_mended() -> None:
    book = AdvisoryBook(
        _announced(
            "DSA-1",
            fixed_in("debian:12", "openssl", "3.0.12-1", name_of="source"),
            about=(CVE,),
        ),
        advisory(CVE, fixed_in("debian:12", "openssl", name_of="source", state="not_fixed")),
    )
    assert ids(match(book, package("deb", "openssl", "3.0.12-1"), on="debian:12")) == []
    finding = only(match(book, package("deb", "openssl", "3.0.11-1"), on="debian:12"))
    assert finding.fixed_version == "3.0.12-1"


def test_an_announcement_of_several_is_a_finding_for_each() -> None:
    book = AdvisoryBook(
        _announced(
            "ALSA-1",
            fixed_in("almalinux:9", "glibc", "2.34-100.el9"),
            about=(CVE, SECOND),
        )
    )
    installed = package("rpm", "glibc", "2.34-83.el9")
    assert ids(match(book, installed, on="almalinux:9.3")) == [CVE, SECOND]


def test_a_rebuild_is_judged_by_red_hat_where_its_own_advisories_are_not_loaded() -> None:
    own = AdvisoryBook(
        _announced("RLSA-1", fixed_in("rocky:9", "openssl", "9:9"), about=(SECOND,)),
        advisory(CVE, fixed_in("rhel:9", "openssl", "9:9")),
    )
    red_hats = AdvisoryBook(advisory(CVE, fixed_in("rhel:9", "openssl", "9:9")))
    installed = package("rpm", "openssl", "1:3.0.7-1.el9")
    assert ids(match(own, installed, on="rocky:9.3")) == [SECOND]
    matched = match(red_hats, installed, on="rocky:9.3")
    assert ids(matched) == [CVE]
    assert "Red Hat's advisories were used" in matched.coverage.notes[0]


def test_the_kernel_of_an_image_is_marked_as_not_running() -> None:
    book = AdvisoryBook(advisory(CVE, fixed_in("debian:12", "linux", "6.1.90-1", name_of="source")))
    headers = package("deb", "linux-libc-dev", "6.1.76-1", source_name="linux")
    perf = package("deb", "linux-perf", "6.1.76-1", source_name="linux")
    matched = match(book, headers, perf, on="debian:12")
    running = {f.package: f.vulnerability and f.vulnerability.running for f in matched.findings}
    assert running == {"linux-libc-dev": False, "linux-perf": True}
    assert only(match(book, headers, on="debian:12")).vulnerability.urgency == "watch"  # type: ignore[union-attr]  # it has one


def test_several_versions_at_one_place_have_fingerprints_of_their_own() -> None:
    book = AdvisoryBook(advisory(CVE, fixed_in("rhel:8", "kernel-core", "4.18.0-500.el8")))
    one = package("rpm", "kernel-core", "4.18.0-300.el8", path="rpmdb", arch="x86_64")
    two = package("rpm", "kernel-core", "4.18.0-400.el8", path="rpmdb", arch="x86_64")
    first, second = match(book, one, two, on="rhel:8").findings
    assert first.fingerprint != second.fingerprint
    alone = only(match(book, one, on="rhel:8"))
    later = only(match(book, two, on="rhel:8"))
    assert alone.fingerprint == later.fingerprint


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("1.29.3-r9", True),
        ("1.29.3-r10", False),
        ("1.29.3-r11", False),
        ("1.30.1-r1", True),
        ("1.30.1-r2", False),
    ],
)
def test_a_fix_that_a_later_version_lost_is_in_the_builds_that_had_it(
    version: str, *, found: bool
) -> None:
    book = AdvisoryBook(
        advisory(
            CVE,
            fixed_in("alpine:3.9", "busybox", "1.29.3-r10", name_of="source"),
            fixed_in("alpine:3.9", "busybox", "1.30.1-r2", name_of="source"),
        )
    )
    matched = match(book, package("apk", "busybox", version), on="alpine:3.9.6")
    assert ids(matched) == ([CVE] if found else [])
