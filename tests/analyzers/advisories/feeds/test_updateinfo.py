"""``updateinfo.xml`` of every vendor: which package of which release is fixed in which version."""

from __future__ import annotations

import pytest

from scantling_analyzers.advisories.feeds import updateinfo
from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.reasons import MAX_REASONS, Reasons
from scantling_analyzers.advisories.feeds.updateinfo import UpdateinfoFeed
from scantling_analyzers.advisories.models import (
    Advisory,
    Coverage,
    Reference,
    Score,
    Statement,
)
from tests.builders.feeds import updateinfo as build
from tests.builders.feeds.document import advisories, refusals, said

FEED = UpdateinfoFeed()
FOO = build.package("foo", "1.2", "3.el8_8")


def read(*updates: str, path: str = "updateinfo.xml") -> list[Advisory]:
    found = said(FEED, build.updateinfo(*updates), path)
    assert refusals(found) == []
    return advisories(found)


def only(*updates: str, path: str = "updateinfo.xml") -> Advisory:
    (advisory,) = read(*updates, path=path)
    return advisory


def reasons(*updates: str, path: str = "updateinfo.xml") -> list[tuple[str, bool]]:
    return [
        (each.code, each.part) for each in refusals(said(FEED, build.updateinfo(*updates), path))
    ]


def test_a_security_update_is_an_erratum_of_the_vulnerabilities_that_it_names() -> None:
    update = build.update(
        "ALSA-2023:0001",
        build.collection(FOO, short="almalinux-8"),
        cves=("CVE-2023-0001", "CVE-2023-0002"),
        references=build.reference("ALSA-2023:0001", kind="self", href="https://alma.example/1"),
    )

    assert said(FEED, build.updateinfo(update)) == [
        Coverage(feed="almalinux-updateinfo", stream="almalinux:8"),
        Advisory(
            id="ALSA-2023:0001",
            feed="almalinux-updateinfo",
            vulnerabilities=("CVE-2023-0001", "CVE-2023-0002"),
            title="Important: foo security update",
            details="foo was mended.",
            published="2023-02-01T10:20:30Z",
            modified="2023-02-02",
            scores=(Score(source="almalinux", kind="word", text="Important"),),
            references=(
                Reference(url="https://cve.example/CVE-2023-0001"),
                Reference(url="https://cve.example/CVE-2023-0002"),
                Reference(url="https://alma.example/1", kind="ADVISORY"),
            ),
            statements=(
                Statement(
                    stream="almalinux:8",
                    name="foo",
                    ranges=((("introduced", "0"), ("fixed", "1.2-3.el8_8")),),
                    arches=("x86_64",),
                ),
            ),
        ),
    ]


@pytest.mark.parametrize("kind", ["bugfix", "enhancement", "newpackage", "recommended", ""])
def test_an_update_that_is_not_about_security_says_nothing(kind: str) -> None:
    assert read(build.update("ALSA-2023:0001", build.collection(FOO), kind=kind)) == []


@pytest.mark.parametrize(
    ("id_", "release", "short", "title", "stream"),
    [
        ("ALAS2-2018-951", "9.amzn2.0.1", "amazon-linux-2", "", "amzn:2"),
        ("ALAS2023-2024-001", "12.amzn2023.0.3", "amazon-linux-2023", "", "amzn:2023"),
        ("ALAS-2018-123", "1.2.amzn1", "amazon-linux", "", "amzn:1"),
        ("ALAS-2018-123", "1.2", "amazon-linux", "", "amzn:1"),
        ("ALAS2023-2024-001", "1", "amazon-linux-2023", "", "amzn:2023"),
        ("ALSA-2021:1", "3.module_el8.4.0", "", "", "almalinux:8"),
        ("RLSA-2021:2575", "3.el8_4", "RL8", "", "rocky:8"),
        ("RXSA-2024:1", "3.el9_4", "", "", "rocky:9"),
        ("ELSA-2024-1", "3.el9_4", "ol9_appstream", "", "ol:9"),
        ("FEDORA-2023-ab12", "1.fc39", "F39", "", "fedora:39"),
        ("HCE2-SA-2024-0001", "5.hce2", "hce", "", "hce:2.0"),
        ("HCE2-SA-2024-0001", "5", "hce", "", "hce:2.0"),
        ("openEuler-SA-2024-1", "33.oe2203sp3", "openEuler", "", "openeuler:22.03-LTS-SP3"),
        ("openEuler-SA-2024-1", "33.oe2403", "openEuler", "", "openeuler:24.03-LTS"),
        ("openEuler-SA-2021-1", "33.oe2109", "openEuler", "", "openeuler:21.09"),
        (
            "openEuler-SA-2021-1502",
            "9.oe1",
            "openEuler",
            "An update for polkit is now available for openEuler-20.03-LTS-SP3",
            "openeuler:20.03-LTS-SP3",
        ),
        ("RHSA-2024:1", "3.el8_9", "rhel-8-for-x86_64-baseos-rpms", "", "rhel:8"),
        ("ANSA-2024:1", "3.an8", "", "", "anolis:8"),
    ],
)
def test_the_update_tells_the_stream(
    id_: str, release: str, short: str, title: str, stream: str
) -> None:
    package = build.package("foo", "1.2", release)
    update = build.update(id_, build.collection(package, short=short), title=title)

    advisory = only(update)

    assert [each.stream for each in advisory.statements] == [stream]
    assert advisory.feed == f"{stream.partition(':')[0]}-updateinfo"


@pytest.mark.parametrize(
    ("path", "stream"),
    [
        ("kylin:V10-SP2/updateinfo.xml", "kylin:V10-SP2"),
        ("feeds.tar!/kylin:V10-SP2/x86_64/updateinfo.xml", "kylin:V10-SP2"),
        ("rhel-eus:8.6/updateinfo.xml", "rhel-eus:8.6"),
        ("tuxcare-centos:7/updateinfo.xml", "tuxcare-centos:7"),
        ("euleros:2.0-SP9/updateinfo.xml", "euleros:2.0-SP9"),
    ],
)
def test_a_folder_that_is_named_as_a_stream_tells_it(path: str, stream: str) -> None:
    update = build.update("KYSA-202301-0001", build.collection(FOO))

    assert [each.stream for each in only(update, path=path).statements] == [stream]


@pytest.mark.parametrize(
    "path", ["updateinfo.xml", "Kylin:V10/u.xml", "debian:12/u.xml", "none:1/u.xml", "kylin/u.xml"]
)
def test_an_update_whose_stream_nothing_tells_is_refused_with_what_to_do(path: str) -> None:
    update = build.update("KYSA-202301-0001", build.collection(FOO))

    (refused,) = refusals(said(FEED, build.updateinfo(update), path))

    assert (refused.code, refused.record, refused.part) == (
        "unknown_stream",
        "KYSA-202301-0001",
        False,
    )
    assert "kylin:V10-SP2/updateinfo.xml" in refused.message


@pytest.mark.parametrize("short", ["rhel-8-for-x86_64-baseos-eus-rpms__8_DOT_6", "", "BaseOS"])
def test_extended_support_of_red_hat_is_not_taken_for_the_release(short: str) -> None:
    assert reasons(build.update("RHSA-2023:1", build.collection(FOO, short=short))) == [
        ("unknown_stream", False)
    ]


def test_a_stream_of_the_path_is_covered_also_without_an_update() -> None:
    assert said(FEED, build.updateinfo(), "kylin:V10-SP2/updateinfo.xml") == [
        Coverage(feed="kylin-updateinfo", stream="kylin:V10-SP2")
    ]


@pytest.mark.parametrize(
    ("version", "release", "stream"),
    [
        ("2.28", "225.0.4.ksplice1.el8", "ol-ksplice:8"),
        ("3.0.7", "18.0.1.el9_2_fips", "ol-fips:9"),
        ("2.28", "225.0.4.el8", "ol:8"),
    ],
)
def test_builds_apart_of_oracle_are_not_of_the_release(
    version: str, release: str, stream: str
) -> None:
    package = build.package("glibc", version, release, epoch="2")

    statements = only(build.update("ELSA-2023-1", build.collection(package))).statements

    assert [each.stream for each in statements] == [stream]


@pytest.mark.parametrize(
    ("id_", "version", "release", "introduced"),
    [
        ("ALASKERNEL-5.10-2023-042", "5.10.197", "186.748.amzn2", "5.10"),
        ("ALAS2KERNEL-5.10-2026-123", "5.10.197", "186.748.amzn2", "5.10"),
        ("ALASPOSTGRESQL12-2023-001", "12.8", "1.amzn2.0.1", "12"),
        ("ALASKERNEL-5.1-2023-042", "5.10.197", "186.748.amzn2", "0"),
        ("ALASDOCKER-2021-001", "20.10.7", "5.amzn2", "0"),
        ("ALAS2-2021-001", "4.14.1", "5.amzn2", "0"),
    ],
)
def test_an_extra_of_amazon_is_about_its_line_of_versions(
    id_: str, version: str, release: str, introduced: str
) -> None:
    package = build.package("kernel", version, release)

    (found,) = only(build.update(id_, build.collection(package))).statements

    assert found.stream == "amzn:2"
    assert found.ranges == ((("introduced", introduced), ("fixed", f"{version}-{release}")),)


def test_packages_of_a_module_are_limited_to_it() -> None:
    package = build.package("rubygem-abrt", "0.3.0", "4.module+el8.5.0+738")
    update = build.update("RLSA-2019:1972", build.collection(package, module="ruby:2.5"))

    assert [each.module for each in only(update).statements] == ["ruby:2.5"]


def test_the_title_names_the_module_where_no_element_does() -> None:
    packages = [build.package("a", "1", "4.module_el8.5.0+7"), build.package("b", "1", "4.el8")]
    update = build.update(
        "ALSA-1", build.collection(*packages), title="Important: nodejs:18 security update"
    )

    assert [(each.name, each.module) for each in only(update).statements] == [
        ("a", "nodejs:18"),
        ("b", ""),
    ]


def test_an_epoch_is_a_part_of_the_version() -> None:
    packages = [
        build.package("a", "1", "2.el8", epoch="4"),
        build.package("b", "1", "2.el8", epoch=""),
        build.package("c", "1", "2.el8", arch="noarch"),
    ]

    statements = only(build.update("ALSA-1", build.collection(*packages))).statements

    assert [each.ranges[0][1][1] for each in statements] == ["4:1-2.el8", "1-2.el8", "1-2.el8"]
    assert [each.arches for each in statements] == [("x86_64",), ("x86_64",), ()]


def test_of_several_builds_of_a_fix_the_earliest_is_taken() -> None:
    packages = [build.package("a", "1", f"{n}.el8") for n in (3, 2, 4)]

    statements = only(build.update("ALSA-1", build.collection(*packages))).statements

    assert [each.ranges[0][1][1] for each in statements] == ["1-2.el8"]


def test_sources_count_only_where_no_package_is_listed() -> None:
    source = build.package("foo", "1.2", "3.el8_8", arch="src")

    both = only(build.update("ALSA-1", build.collection(source, FOO)))
    alone = only(build.update("ALSA-1", build.collection(source)))

    assert [each.name_of for each in both.statements] == ["binary"]
    assert [(each.name_of, each.arches) for each in alone.statements] == [("source", ())]


def test_an_update_for_two_distributions_is_one_advisory_of_each() -> None:
    packages = [build.package("a", "1", "1.fc39"), build.package("a", "1", "1.amzn2")]

    found = read(build.update("FEDORA-2023-1", build.collection(*packages)))

    assert [each.feed for each in found] == ["fedora-updateinfo", "amzn-updateinfo"]


def test_cves_are_found_in_titles_of_references_and_else_in_the_text() -> None:
    package = build.package("a", "1", "1.fc39")
    bug = build.reference("426091", kind="bugzilla", title="CVE-2007-3568 imlib: infinite loop")
    by_title = build.update("FEDORA-1", build.collection(package), cves=(), references=bug)
    by_text = build.update(
        "FEDORA-2", build.collection(package), cves=(), description="Fixes CVE-2024-0001."
    )
    by_none = build.update("FEDORA-3", build.collection(package), cves=())

    assert [each.vulnerabilities for each in read(by_title, by_text, by_none)] == [
        ("CVE-2007-3568",),
        ("CVE-2024-0001",),
        (),
    ]


def test_a_retracted_update_is_withdrawn() -> None:
    update = build.update("ALSA-1", build.collection(FOO), status="retracted")

    assert only(update).withdrawn == "2023-02-02"


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        ('<issued date="1612137600"/>', "2021-02-01T00:00:00Z"),
        ('<issued date="2021-02-01 00:00:00 UTC"/>', "2021-02-01T00:00:00Z"),
        ("<issued>2021-02-01</issued>", "2021-02-01"),
        ('<issued date="soon"/>', ""),
        ("", ""),
    ],
)
def test_dates_are_read_in_every_form(issued: str, expected: str) -> None:
    assert only(build.update("ALSA-1", build.collection(FOO), issued=issued)).published == expected


@pytest.mark.parametrize(
    ("update", "code"),
    [
        (build.update("", build.collection(FOO)), "malformed"),
        (build.update("x" * 2000, build.collection(FOO)), "malformed"),
        (build.update("ALSA-1"), "names_no_package"),
        (build.update("ALSA-1", build.collection(build.package("", "1", "1.el8"))), "malformed"),
        (build.update("ALSA-1", build.collection(build.package("a", "", "1.el8"))), "malformed"),
        (build.update("ALSA-1", build.collection(build.package("a", "1 2", ".el8"))), "malformed"),
    ],
)
def test_an_update_that_says_nothing_is_refused(update: str, code: str) -> None:
    assert reasons(update) == [(code, False)]


def test_a_bad_package_does_not_void_the_update() -> None:
    update = build.update("ALSA-1", build.collection(FOO, build.package("", "1", "1.el8")))

    assert reasons(update) == [("malformed", True)]


def test_too_many_packages_and_names_are_not_all_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updateinfo, "MAX_STATEMENTS", 1)
    monkeypatch.setattr(updateinfo, "MAX_NAMES", 1)
    update = build.update(
        "ALSA-1",
        build.collection(FOO, build.package("bar", "1.2", "3.el8_8")),
        cves=("CVE-2023-0001", "CVE-2023-0002"),
    )

    assert reasons(update) == [("too_many", True), ("too_many", True)]


def test_an_update_that_is_too_large_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.hardened_xml.MAX_RECORD", 20)
    update = build.update("ALSA-1", build.collection(*[FOO] * 100))

    assert reasons(update) == [("too_many", True)]


def test_reasons_are_told_once_with_how_often() -> None:
    packages = [build.package("", "1", f"{number}.el8") for number in range(500)]

    (refused,) = refusals(
        said(FEED, build.updateinfo(build.update("ALSA-1", build.collection(*packages))))
    )

    assert "(500)" in refused.message


def test_reasons_of_a_record_are_bounded() -> None:
    reasons = Reasons("a", "b")
    for number in range(1000):
        reasons.add("malformed", f"reason {number}")

    found = list(reasons.refused(part=True))

    assert len(found) == MAX_REASONS + 1
    assert found[-1].message.startswith("other reasons (950")


def test_hostile_text_is_escaped() -> None:
    package = build.package("foo\u202e", "1.2", "3.el8_8")

    (found,) = only(build.update("ALSA-1", build.collection(package))).statements

    assert found.name == "foo\\xe2\\x80\\xae"


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE updates [<!ENTITY x "y">]><updates></updates>',
        "<updates><update>",
        "<updates>" + "<a>" * 10_000,
    ],
)
def test_what_is_no_such_document_is_refused(text: str) -> None:
    with pytest.raises(FeedUnreadable):
        said(FEED, text)


def test_other_xml_is_not_taken_for_it() -> None:
    assert not FEED.recognises("updateinfo.xml", b"<oval_definitions/>")
    assert not FEED.recognises("a.html", b"text <updates>")
