"""CSAF of Red Hat, SUSE and openEuler: which package of which release is affected until when."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scantling_analyzers.advisories.feeds import csaf_statements
from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.csaf import CsafFeed
from scantling_analyzers.advisories.models import Advisory, Event, Reference, Score, Statement
from tests.builders.feeds.csaf import (
    OPENEULER,
    RHEL_8,
    SUSE,
    csaf,
    part_of,
    product,
    red_hat,
    vulnerability,
    within,
)
from tests.builders.feeds.document import advisories, refusals, said

FEED = CsafFeed()
EVERY = ((("introduced", "0"),),)


def until(version: str) -> tuple[tuple[Event, ...], ...]:
    return ((("introduced", "0"), ("fixed", version)),)


def only(content: dict[str, Any]) -> Advisory:
    found = said(FEED, content, "cve.json")
    assert refusals(found) == []
    (advisory,) = advisories(found)
    return advisory


def statement(content: dict[str, Any]) -> Statement:
    (found,) = only(content).statements
    return found


def reasons(content: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(each.code, each.part) for each in refusals(said(FEED, content, "cve.json"))]


FOO = ("foo-0:1.2-3.el8_8.x86_64", "pkg:rpm/redhat/foo@1.2-3.el8_8?arch=x86_64")


def test_a_document_of_one_cve_is_about_that_cve() -> None:
    content = red_hat(FOO, fixed=[FOO[0]])
    content["document"]["references"] = [
        {"category": "self", "url": "https://vendor.example/1"},
        {"category": "external", "url": "https://bugzilla.vendor.example/2"},
        {"category": "external", "url": "https://other.example/3"},
        {"category": "external", "url": "javascript:alert(1)"},
    ]
    content["vulnerabilities"][0] |= {
        "cwe": {"id": "CWE-113", "name": "Splitting"},
        "title": "foo: splits",
        "notes": [
            {"category": "summary", "text": "foo: splits"},
            {"category": "description", "text": "A flaw was found\x1b[31m in foo."},
        ],
        "scores": [
            {"products": [], "cvss_v3": {"vectorString": "CVSS:3.1/AV:N", "baseScore": 8.8}},
            {"products": [], "cvss_v2": {"vectorString": "AV:N/AC:L", "baseScore": 99}},
        ],
    }

    assert only(content) == Advisory(
        id="CVE-2023-0001",
        feed="redhat-csaf",
        title="foo: splits",
        details="A flaw was found\\x1b[31m in foo.",
        published="2024-03-05T00:00:00Z",
        modified="2025-08-13T15:14:45Z",
        scores=(
            Score(source="redhat", kind="cvss_v3", text="CVSS:3.1/AV:N", value=8.8),
            Score(source="redhat", kind="cvss_v2", text="AV:N/AC:L"),
            Score(source="redhat", kind="word", text="Moderate"),
        ),
        weaknesses=("CWE-113",),
        references=(
            Reference(url="https://vendor.example/1", kind="ADVISORY"),
            Reference(url="https://bugzilla.vendor.example/2", kind="REPORT"),
            Reference(url="https://other.example/3"),
        ),
        statements=(
            Statement(stream="rhel:8", name="foo", ranges=until("1.2-3.el8_8"), arches=("x86_64",)),
        ),
    )


def test_a_weakness_that_is_written_as_text_is_understood() -> None:
    content = red_hat(FOO, fixed=[FOO[0]])
    content["vulnerabilities"][0]["cwe"] = "{'id': 'CWE-20', 'name': 'Improper Input Validation'}"

    assert only(content).weaknesses == ("CWE-20",)


@pytest.mark.parametrize(
    ("purl", "version"),
    [
        ("pkg:rpm/redhat/bind@9.11.4-26.P2.el8?arch=x86_64", "32:9.11.4-26.P2.el8"),
        ("pkg:rpm/redhat/bind@9.11.4-26.P2.el8?arch=x86_64&epoch=33", "33:9.11.4-26.P2.el8"),
        ("pkg:rpm/redhat/bind@9.11.4-26.P2.el8?arch=x86_64&epoch=0", "9.11.4-26.P2.el8"),
    ],
)
def test_the_epoch_is_in_the_package_url_or_in_the_name(purl: str, version: str) -> None:
    id_ = "bind-32:9.11.4-26.P2.el8.x86_64"

    assert statement(red_hat((id_, purl), fixed=[id_])).ranges == until(version)


def test_a_fix_for_several_architectures_is_one_statement() -> None:
    packages = [
        (f"foo-0:1-2.{arch}", f"pkg:rpm/redhat/foo@1-2?arch={arch}")
        for arch in ("x86_64", "aarch64")
    ]

    found = statement(red_hat(*packages, fixed=[id_ for id_, _ in packages]))

    assert found.arches == ("aarch64", "x86_64")


def test_a_package_of_no_architecture_is_of_all() -> None:
    id_ = "foo-0:1-2.noarch"

    assert statement(red_hat((id_, "pkg:rpm/redhat/foo@1-2?arch=noarch"), fixed=[id_])).arches == ()


def test_of_what_is_fixed_the_source_is_left_aside_where_its_packages_are_listed() -> None:
    source = ("foo-0:1.2-3.el8_8.src", "pkg:rpm/redhat/foo@1.2-3.el8_8?arch=src")

    both = only(red_hat(FOO, source, fixed=[FOO[0], source[0]]))
    alone = only(red_hat(source, fixed=[source[0]]))

    assert [each.name_of for each in both.statements] == ["binary"]
    assert [(each.name_of, each.arches) for each in alone.statements] == [("source", ())]


@pytest.mark.parametrize(
    ("category", "details", "state"),
    [
        ("no_fix_planned", "Will not fix", "will_not_fix"),
        ("no_fix_planned", "Out of support scope", "end_of_life"),
        ("no_fix_planned", "", "will_not_fix"),
        ("none_available", "Affected", "not_fixed"),
        ("none_available", "Fix deferred", "deferred"),
        ("workaround", "Will not fix", "not_fixed"),
    ],
)
def test_what_is_affected_says_why_it_has_no_fix(category: str, details: str, state: str) -> None:
    source = ("foo.src", "pkg:rpm/redhat/foo?arch=src")

    found = statement(
        red_hat(
            source,
            known_affected=["foo.src"],
            remediations=[{"category": category, "details": details, "product_ids": ["foo.src"]}],
        )
    )

    assert (found.name_of, found.ranges, found.state) == ("source", EVERY, state)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("known_not_affected", "not_affected"),
        ("under_investigation", "under_investigation"),
        ("known_affected", "not_fixed"),
    ],
)
def test_every_status_is_kept(status: str, state: str) -> None:
    statuses: dict[str, Any] = {status: ["foo"]}
    content = red_hat(("foo", "pkg:rpm/redhat/foo"), **statuses)

    found = statement(content)

    assert (found.name, found.name_of, found.ranges, found.state) == ("foo", "binary", EVERY, state)


def test_the_first_and_the_last_affected_version_are_bounds() -> None:
    first = statement(red_hat(FOO, first_affected=[FOO[0]]))
    last = statement(red_hat(FOO, last_affected=[FOO[0]]))

    assert first.ranges == ((("introduced", "1.2-3.el8_8"),),)
    assert last.ranges == ((("introduced", "0"), ("last_affected", "1.2-3.el8_8")),)


@pytest.mark.parametrize(
    ("cpe", "stream", "repositories"),
    [
        ("cpe:/o:redhat:enterprise_linux:8::baseos", "rhel:8", ()),
        ("cpe:/o:redhat:enterprise_linux:10.0", "rhel:10", ()),
        ("cpe:/a:redhat:rhel_eus:8.6::appstream", "rhel-eus:8.6", ()),
        ("cpe:/o:redhat:rhel_aus:8.4::baseos", "rhel-aus:8.4", ()),
        ("cpe:/o:redhat:rhel_tus:8.6::baseos", "rhel-tus:8.6", ()),
        ("cpe:/o:redhat:rhel_e4s:8.6::baseos", "rhel-e4s:8.6", ()),
        ("cpe:/o:redhat:rhel_els:7", "rhel-els:7", ()),
        (
            "cpe:/a:redhat:openshift:4.16::el9",
            "rhel:9",
            ("cpe:/a:redhat:openshift:4.16::el9",),
        ),
        ("cpe:/a:redhat:storage:3", "rhel:8", ("cpe:/a:redhat:storage:3",)),
        (
            "cpe:/o:redhat:enterprise_linux:8::fastdatapath",
            "rhel:8",
            ("cpe:/o:redhat:enterprise_linux:8::fastdatapath",),
        ),
    ],
)
def test_the_cpe_name_of_the_product_tells_the_stream(
    cpe: str, stream: str, repositories: tuple[str, ...]
) -> None:
    found = statement(red_hat(FOO, platform=("P", cpe), fixed=[FOO[0]]))

    assert (found.stream, found.repositories) == (stream, repositories)


def test_a_product_that_tells_no_release_is_refused_with_how_often() -> None:
    packages = [("a", "pkg:rpm/redhat/a"), ("b", "pkg:rpm/redhat/b")]
    content = red_hat(
        *packages, platform=("P", "cpe:/a:redhat:storage:3"), known_affected=["a", "b"]
    )

    (refused,) = refusals(said(FEED, content, "cve.json"))

    assert (refused.code, refused.part, refused.record) == ("unknown_stream", True, "CVE-2023-0001")
    assert "(2; one is P:a)" in refused.message


@pytest.mark.parametrize(
    "purl", ["pkg:oci/foo@sha256%3Aab?arch=amd64", "pkg:maven/g/foo@1-2", "pkg:generic/foo"]
)
def test_a_component_that_is_no_rpm_package_is_refused(purl: str) -> None:
    assert reasons(red_hat(("foo", purl), known_affected=["foo"])) == [("unsupported_format", True)]


def test_a_module_between_package_and_product_limits_to_it() -> None:
    label = "ruby:2.7:8080020230427102918:63b34585"
    package = "ruby-0:2.7.8-139.module+el8.8.0+18745+f1bef313.x86_64"
    version = "2.7.8-139.module+el8.8.0+18745+f1bef313"
    purl = f"pkg:rpm/redhat/ruby@{version.replace('+', '%2B')}?arch=x86_64"
    content = csaf(
        vulnerability(fixed=[f"AppStream-8:{label}:{package}"]),
        branches=[
            product("AppStream-8", cpe="cpe:/a:redhat:enterprise_linux:8::appstream"),
            product(label, purl=f"pkg:rpmmod/redhat/ruby@{label.partition(':')[2]}"),
            product(package, purl=purl),
        ],
        relationships=[
            part_of(label, "AppStream-8"),
            part_of(package, f"AppStream-8:{label}"),
        ],
    )

    found = statement(content)

    assert (found.name, found.module, found.ranges) == ("ruby", "ruby:2.7", until(version))


@pytest.mark.parametrize(
    ("id_", "purl"),
    [
        (
            "go-toolset:rhel8/golang",
            "pkg:rpm/redhat/golang@rhel8?arch=src&rpmmod=go-toolset:rhel8",
        ),
        ("go-toolset:rhel8/golang", "pkg:rpm/redhat/golang?rpmmod=go-toolset:rhel8:80:ab"),
        ("go-toolset:rhel8/golang", ""),
        ("go-toolset:rhel8/golang", "pkg:rpmmod/redhat/go-toolset@rhel8/golang"),
    ],
)
def test_a_module_in_the_name_of_a_package_limits_to_it(id_: str, purl: str) -> None:
    found = statement(red_hat((id_, purl), known_affected=[id_]))

    assert (found.name, found.module, found.ranges) == ("golang", "go-toolset:rhel8", EVERY)


def test_a_module_label_without_a_stream_is_refused() -> None:
    package = ("foo", "pkg:rpm/redhat/foo?rpmmod=rhel10")

    assert reasons(red_hat(package, known_affected=["foo"])) == [("malformed", True)]


def test_a_severity_that_differs_by_product_is_that_of_the_statement() -> None:
    content = red_hat(
        ("a", "pkg:rpm/redhat/a"),
        ("b", "pkg:rpm/redhat/b"),
        known_affected=["a", "b"],
        threats=[
            {"category": "impact", "details": "Low", "product_ids": ["a"]},
            {"category": "impact", "details": "Important", "product_ids": ["b"]},
        ],
    )

    assert {each.name: each.severity for each in only(content).statements} == {
        "a": "Low",
        "b": "Important",
    }


def test_an_erratum_names_the_vulnerabilities_that_it_fixes_alike() -> None:
    content = red_hat(FOO, fixed=[FOO[0]])
    first = content["vulnerabilities"][0]
    other = {**first, "cve": "CVE-2023-0002"}
    unlike = {**first, "cve": "CVE-2023-0003", "product_status": {}}
    unlike["product_status"] = {"known_not_affected": first["product_status"]["fixed"]}
    content["vulnerabilities"] = [first, other, unlike]
    content["document"]["tracking"]["id"] = "RHSA-2023:3821"
    content["document"]["title"] = "Red Hat Security Advisory: foo"

    (alike, apart) = advisories(said(FEED, content, "rhsa.json"))

    assert (alike.id, apart.id) == ("RHSA-2023:3821", "RHSA-2023:3821")
    assert alike.vulnerabilities == ("CVE-2023-0001", "CVE-2023-0002")
    assert apart.vulnerabilities == ("CVE-2023-0003",)
    assert [each.state for each in apart.statements] == ["not_affected"]
    assert alike.title == "Red Hat Security Advisory: foo"


def suse(*, packages: list[str], product_name: str, **statuses: Any) -> dict[str, Any]:
    lists = {key: [f"{product_name}:{each}" for each in value] for key, value in statuses.items()}
    return csaf(
        vulnerability(**lists),
        publisher=SUSE,
        branches=[within("vendor", "SUSE", product(product_name), *map(product, packages))],
        relationships=[part_of(each, product_name) for each in packages],
    )


@pytest.mark.parametrize(
    ("name", "stream"),
    [
        ("SUSE Linux Enterprise Server 15 SP5", "sles:15.5"),
        ("SUSE Linux Enterprise Module for Basesystem 15 SP5", "sles:15.5"),
        ("SUSE Linux Enterprise Server 15 SP3-LTSS", "sles-ltss:15.3"),
        ("SUSE Linux Enterprise Server 16.0", "sles:16"),
        ("SUSE Linux Enterprise Server 16.1", "sles:16.1"),
        ("SUSE Linux Micro 6.1", "sle-micro:6.1"),
        ("SUSE Linux Enterprise Module for Python 3 15 SP5", "sles:15.5"),
        ("SUSE Linux Enterprise Module for Web and Scripting 12", "sle-module:12"),
        ("SUSE Linux Enterprise Module for Python 3 12", "sle-module:12"),
        ("SUSE Package Hub 15 SP5", "sles:15.5"),
        ("openSUSE Leap 15.5", "opensuse-leap:15.5"),
        ("openSUSE Tumbleweed", "opensuse-tumbleweed"),
        ("SUSE Linux Enterprise Micro 5.5", "sle-micro:5.5"),
    ],
)
def test_the_name_of_a_product_of_suse_tells_the_stream(name: str, stream: str) -> None:
    package = "python311-aiohttp-3.9.3-150400.10.14.1"

    found = statement(suse(packages=[package], product_name=name, recommended=[package]))

    assert (found.stream, found.name) == (stream, "python311-aiohttp")
    assert found.ranges == until("3.9.3-150400.10.14.1")


def test_a_name_of_suse_without_a_version_is_that_of_the_package() -> None:
    found = only(
        suse(
            packages=["python3-aiohttp", "lib-a-b-2"],
            product_name="SUSE Linux Enterprise Server 15 SP4",
            known_affected=["python3-aiohttp"],
            known_not_affected=["lib-a-b-2"],
        )
    )

    assert [(each.name, each.state) for each in found.statements] == [
        ("python3-aiohttp", "not_fixed"),
        ("lib-a-b-2", "not_affected"),
    ]


@pytest.mark.parametrize("name", ["Container bci/golang:latest", "SUSE Manager Server 4.3"])
def test_a_product_of_suse_that_is_no_release_is_refused(name: str) -> None:
    content = suse(packages=["a-1-2"], product_name=name, fixed=["a-1-2"])

    assert reasons(content) == [("unknown_stream", True)]


def test_packages_of_openeuler_are_named_by_their_files() -> None:
    release, file_name = "openEuler-22.03-LTS-SP3", "varnish-7.4.3-2.oe2203sp3.aarch64.rpm"
    cpe = "cpe:/a:openEuler:openEuler:22.03-LTS-SP3"
    content = csaf(
        vulnerability(fixed=[f"{release}:varnish-7.4.3-2.oe2203sp3.aarch64"]),
        publisher=OPENEULER,
        branches=[product(release, cpe=cpe), product(file_name, cpe=cpe)],
        relationships=[part_of(file_name, release, f"{release}:{file_name.removesuffix('.rpm')}")],
    )

    assert statement(content) == Statement(
        stream="openeuler:22.03-LTS-SP3",
        name="varnish",
        ranges=until("7.4.3-2.oe2203sp3"),
        arches=("aarch64",),
    )


def test_of_another_publisher_only_vex_documents_are_read() -> None:
    content = csaf(
        vulnerability(known_affected=["x"]),
        publisher="https://vendor.example",
        category="csaf_security_advisory",
    )

    (refused,) = said(FEED, content, "a.json")

    assert refused.code == "unknown_publisher"  # type: ignore[union-attr]  # one refusal


@pytest.mark.parametrize("namespace", ["https://redhat.com.evil.example", "https://notsuse.com"])
def test_a_publisher_whose_name_only_looks_like_a_vendors_is_another(namespace: str) -> None:
    content = red_hat(FOO, fixed=[FOO[0]])
    content["document"]["publisher"]["namespace"] = namespace

    assert advisories(said(FEED, content, "a.json")) == []


def test_a_whole_product_without_a_package_says_nothing_of_packages() -> None:
    content = csaf(
        vulnerability(known_affected=["P"]),
        branches=[product("P", cpe="cpe:/o:redhat:enterprise_linux:8")],
    )

    assert reasons(content) == [("names_no_package", True)]


def test_a_fixed_package_without_a_version_is_refused() -> None:
    assert reasons(red_hat(("foo", "pkg:rpm/redhat/foo"), fixed=["foo"])) == [("malformed", True)]


def test_products_that_are_parts_of_each_other_are_refused() -> None:
    content = csaf(
        vulnerability(fixed=["a:b"]),
        relationships=[part_of("a", "b", "a:b"), part_of("a:b", "a", "b")],
    )

    assert reasons(content) == [("malformed", True)]


def test_a_vulnerability_without_an_id_is_refused() -> None:
    content = red_hat(FOO, fixed=[FOO[0]])
    del content["vulnerabilities"][0]["cve"]

    assert reasons(content) == [("malformed", False)]


def test_another_id_stands_for_a_cve_that_is_not_there_yet() -> None:
    content = red_hat(FOO, fixed=[FOO[0]])
    del content["vulnerabilities"][0]["cve"]
    content["vulnerabilities"][0]["ids"] = [
        {"system_name": "Page", "text": "https://vendor.example/x"},
        {"system_name": "GHSA", "text": "GHSA-aaaa-bbbb-cccc"},
    ]

    assert only(content).vulnerabilities == ("GHSA-aaaa-bbbb-cccc",)


def test_too_many_products_are_not_all_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csaf_statements, "MAX_STATEMENTS", 1)
    content = red_hat(FOO, fixed=[FOO[0]] * 2)

    assert reasons(content) == [("too_many", True)]


def test_a_product_tree_with_too_many_branches_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.csaf_products.MAX_BRANCHES", 2)

    with pytest.raises(FeedUnreadable, match="branches"):
        said(FEED, red_hat(FOO, fixed=[FOO[0]]), "a.json")


@pytest.mark.parametrize(
    "inside",
    [
        '"branches": [{"branches": ' * 10_000 + "[]" + "}]" * 10_000,
        '"x": ' + "[" * 100_000 + "]" * 100_000,
    ],
)
def test_a_document_that_is_nested_too_deep_is_refused(inside: str) -> None:
    text = '{"document": {"category": "csaf_vex"}, "product_tree": {' + inside + "}}"

    with pytest.raises(FeedUnreadable):
        said(FEED, text, "a.json")


@pytest.mark.parametrize("content", ['{"document": {"category": "csaf_vex"', '{"csaf_version": 1}'])
def test_what_is_no_csaf_is_refused(content: str) -> None:
    with pytest.raises(FeedUnreadable):
        said(FEED, content, "a.json")


def test_remediations_may_name_groups_of_products() -> None:
    content = red_hat(
        ("foo", "pkg:rpm/redhat/foo"),
        known_affected=["foo"],
        remediations=[{"category": "no_fix_planned", "group_ids": ["g", "none"]}],
    )
    content["product_tree"]["product_groups"] = [
        {"group_id": "g", "product_ids": [f"{RHEL_8[0]}:foo"]}
    ]

    assert statement(content).state == "will_not_fix"


def test_product_ids_of_a_wrong_type_name_no_product() -> None:
    content = red_hat(("foo", "pkg:rpm/redhat/foo"), known_affected=["foo"])
    content["vulnerabilities"][0]["remediations"] = [
        {"category": "no_fix_planned", "product_ids": {"foo": 1}}
    ]

    assert statement(content).state == "not_fixed"


def test_product_ids_that_are_no_text_name_no_product() -> None:
    content = red_hat(("foo", "pkg:rpm/redhat/foo"), known_affected=["foo"])
    content["vulnerabilities"][0]["remediations"] = [
        {"category": "no_fix_planned", "product_ids": ["BROKEN"]}
    ]
    damaged = json.dumps(content).encode().replace(b"BROKEN", b"\x96")

    ((found,),) = (each.statements for each in advisories(said(FEED, damaged)))

    assert found.state == "not_fixed"


def test_text_of_products_that_is_long_is_refused_and_not_cut() -> None:
    package = ("x" * 2000, f"pkg:rpm/redhat/{'x' * 900}")

    assert reasons(red_hat((package[0], ""), known_affected=[package[0]])) == [
        ("names_no_package", True)
    ]


def test_other_json_is_not_taken_for_csaf() -> None:
    assert not FEED.recognises("a.json", json.dumps({"vulns": []}).encode())
    assert not FEED.recognises("a.xml", b'<a "csaf_version": />')
