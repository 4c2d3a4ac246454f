"""VEX of anybody, in CSAF, OpenVEX and CycloneDX: what is said of a vulnerability in a product."""

from __future__ import annotations

from typing import Any

import pytest

from scantling_analyzers.advisories.feeds import csaf_vex, cyclonedx_vex, openvex
from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.csaf import CsafFeed
from scantling_analyzers.advisories.feeds.cyclonedx_vex import CycloneDxVexFeed
from scantling_analyzers.advisories.feeds.openvex import OpenVexFeed
from scantling_analyzers.advisories.models import Exemption, Refused
from tests.builders.feeds.csaf import csaf, part_of, product, vulnerability
from tests.builders.feeds.document import refusals, said

CSAF = CsafFeed()
OPENVEX = OpenVexFeed()
CYCLONEDX = CycloneDxVexFeed()
IMAGE = "pkg:oci/app?repository_url=registry.example/app"
LOG4J = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"


def exemptions(found: list[Any]) -> list[Exemption]:
    return [each for each in found if isinstance(each, Exemption)]


def codes(found: list[Any]) -> list[tuple[str, bool]]:
    return [(each.code, each.part) for each in refusals(found)]


def vex(*vulnerabilities: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return csaf(*vulnerabilities, publisher="https://app.example", **fields)


def test_csaf_of_a_product_exempts_a_component_in_it() -> None:
    content = vex(
        vulnerability(
            "CVE-2021-44228",
            known_not_affected=["app:log4j"],
            flags=[{"label": "vulnerable_code_not_present", "product_ids": ["app:log4j"]}],
            threats=[{"category": "impact", "details": "Removed.", "product_ids": ["app:log4j"]}],
        ),
        branches=[product("app", purl=IMAGE), product("log4j", purl=LOG4J)],
        relationships=[part_of("log4j", "app")],
        id_="APP-1",
    )

    assert said(CSAF, content, "vex.json") == [
        Exemption(
            vulnerability="CVE-2021-44228",
            status="not_affected",
            products=(IMAGE,),
            components=(LOG4J,),
            justification="vulnerable_code_not_present",
            statement="Removed.",
            document="APP-1",
            author="A vendor",
            timestamp="2025-08-13T15:14:45Z",
            feed="csaf-vex",
        )
    ]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("known_affected", "affected"),
        ("fixed", "fixed"),
        ("under_investigation", "under_investigation"),
        ("known_not_affected", "not_affected"),
    ],
)
def test_csaf_statuses_are_words_of_openvex(status: str, expected: str) -> None:
    content = vex(
        vulnerability(**{status: ["app"]}), branches=[product("app", cpe="cpe:2.3:a:x:app:1")]
    )

    (found,) = exemptions(said(CSAF, content, "vex.json"))

    assert (found.status, found.products, found.components) == (
        expected,
        ("cpe:2.3:a:x:app:1",),
        (),
    )


def test_csaf_products_that_nothing_names_are_refused() -> None:
    content = vex(
        vulnerability(known_not_affected=["app", "app:log4j"]),
        branches=[product("app"), product("log4j", purl=LOG4J)],
        relationships=[part_of("log4j", "app")],
    )

    found = said(CSAF, content, "vex.json")

    assert (exemptions(found), codes(found)) == (
        [],
        [("names_no_package", False), ("names_no_package", False)],
    )


def test_csaf_without_an_id_and_with_too_many_products_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csaf_vex, "MAX_PRODUCTS", 1)
    content = vex(
        vulnerability("", fixed=["app"]),
        vulnerability(fixed=["app", "app", "app"]),
        branches=[product("app", purl=IMAGE)],
    )

    found = said(CSAF, content, "vex.json")

    assert len(exemptions(found)) == 1
    assert codes(found) == [("malformed", True), ("too_many", True)]


def open_vex(*statements: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://app.example/vex/1",
        "author": "An author",
        "timestamp": "2024-01-02T03:04:05Z",
        "version": 1,
        "statements": list(statements),
        **fields,
    }


def open_statement(**fields: Any) -> dict[str, Any]:
    return {
        "vulnerability": {"name": "CVE-2023-0001"},
        "products": [{"@id": IMAGE}],
        "status": "not_affected",
        **fields,
    }


def test_openvex_exempts_subcomponents_of_products() -> None:
    content = open_vex(
        open_statement(
            vulnerability={"name": "CVE-2023-0001", "aliases": ["GHSA-aaaa-bbbb-cccc"]},
            products=[{"@id": IMAGE, "subcomponents": [{"@id": LOG4J}]}],
            justification="vulnerable_code_not_in_execute_path",
            impact_statement="Never called.",
            timestamp="2024-05-06T07:08:09+02:00",
        )
    )

    assert said(OPENVEX, content) == [
        Exemption(
            vulnerability="CVE-2023-0001",
            aliases=("GHSA-aaaa-bbbb-cccc",),
            status="not_affected",
            products=(IMAGE,),
            components=(LOG4J,),
            justification="vulnerable_code_not_in_execute_path",
            statement="Never called.",
            document="https://app.example/vex/1",
            author="An author",
            timestamp="2024-05-06T05:08:09Z",
            feed="openvex",
        )
    ]


@pytest.mark.parametrize(
    ("fields", "products"),
    [
        ({"products": [IMAGE, "pkg:oci/b"]}, (IMAGE, "pkg:oci/b")),
        (
            {"products": [{"identifiers": {"purl": IMAGE, "cpe23": "cpe:2.3:a:x:y"}}]},
            (IMAGE, "cpe:2.3:a:x:y"),
        ),
        ({"products": [{"@id": "app", "hashes": {"sha-256": "ab"}}]}, ("app", "sha256:ab")),
        ({"vulnerability": "CVE-2023-0001"}, (IMAGE,)),
        ({"vulnerability": {"@id": "https://nvd.example/vuln/CVE-2023-0001"}}, (IMAGE,)),
    ],
)
def test_openvex_names_products_in_every_form(
    fields: dict[str, Any], products: tuple[str, ...]
) -> None:
    (found,) = exemptions(said(OPENVEX, open_vex(open_statement(**fields))))

    assert (found.vulnerability, found.products) == ("CVE-2023-0001", products)


def test_openvex_components_of_the_first_version_belong_to_all_products() -> None:
    content = open_vex(open_statement(products=["a", "b"], subcomponents=[LOG4J]))

    found = exemptions(said(OPENVEX, content))

    assert [(each.products, each.components) for each in found] == [
        (("a",), (LOG4J,)),
        (("b",), (LOG4J,)),
    ]


def test_openvex_in_an_attestation_is_read() -> None:
    content = {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": "https://openvex.dev/ns/v0.2.0",
        "subject": [],
        "predicate": open_vex(open_statement()),
    }

    assert len(exemptions(said(OPENVEX, content))) == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"status": "fine"}, "malformed"),
        ({"vulnerability": {}}, "malformed"),
        ({"vulnerability": ""}, "malformed"),
        ({"vulnerability": None}, "malformed"),
        ({"products": []}, "names_no_package"),
        ({"products": [{"@id": ""}]}, "names_no_package"),
        ({"products": ["x" * 2000]}, "names_no_package"),
    ],
)
def test_openvex_statements_that_say_nothing_are_refused(fields: dict[str, Any], code: str) -> None:
    assert codes(said(OPENVEX, open_vex(open_statement(**fields)))) == [(code, False)]


@pytest.mark.parametrize(
    "content",
    [
        '{"@context": "https://openvex.dev/ns"}',
        '{"@context": "https://openvex.dev/ns", "statements": 1}',
        '{"@context": "https://openvex.dev/ns", "x": ' + "[" * 100_000,
        '{"@context": "https://openvex.dev/ns", "x": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
)
def test_what_is_no_openvex_is_refused(content: str) -> None:
    with pytest.raises(FeedUnreadable):
        said(OPENVEX, content)


def test_openvex_with_too_many_statements_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvex, "MAX_STATEMENTS", 1)

    with pytest.raises(FeedUnreadable, match="statements"):
        said(OPENVEX, open_vex(open_statement(), open_statement()))


def bom(*vulnerabilities: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "metadata": {
            "timestamp": "2024-01-02T03:04:05Z",
            "authors": [{"name": "An author"}],
            "component": {"bom-ref": "app", "type": "container", "name": "app", "purl": IMAGE},
        },
        "components": [
            {"bom-ref": "outer", "name": "o", "components": [{"bom-ref": "log4j", "purl": LOG4J}]}
        ],
        "vulnerabilities": list(vulnerabilities),
        **fields,
    }


def analysed(state: str = "not_affected", ref: str = "log4j", **fields: Any) -> dict[str, Any]:
    return {
        "id": "CVE-2023-0001",
        "analysis": {"state": state},
        "affects": [{"ref": ref}],
        **fields,
    }


def test_cyclonedx_exempts_components_of_what_it_describes() -> None:
    content = bom(
        analysed(
            references=[{"id": "GHSA-aaaa-bbbb-cccc", "source": {"name": "GitHub"}}],
            analysis={
                "state": "not_affected",
                "justification": "code_not_reachable",
                "detail": "Never called.",
                "lastUpdated": "2024-02-03T00:00:00Z",
            },
        )
    )

    assert said(CYCLONEDX, content) == [
        Exemption(
            vulnerability="CVE-2023-0001",
            aliases=("GHSA-aaaa-bbbb-cccc",),
            status="not_affected",
            products=(IMAGE,),
            components=(LOG4J,),
            justification="code_not_reachable",
            statement="Never called.",
            document="urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
            author="An author",
            timestamp="2024-02-03T00:00:00Z",
            feed="cyclonedx-vex",
        )
    ]


def about(**component: str) -> dict[str, Any]:
    return bom(analysed(), metadata={"component": {"bom-ref": "app", "name": "app", **component}})


def test_what_cyclonedx_says_in_a_product_that_nothing_identifies_holds_nowhere() -> None:
    (refused,) = said(CYCLONEDX, about(version="1.0"))

    assert isinstance(refused, Refused)
    assert refused.code == "names_no_package"
    (own,) = exemptions(said(CycloneDxVexFeed(is_own=True), about(version="1.0")))
    assert own.products == (LOG4J,)


def test_an_image_that_cyclonedx_knows_by_its_digest_is_identified() -> None:
    digest = f"sha256:{'1' * 64}"
    (exempted,) = exemptions(said(CYCLONEDX, about(version=digest)))

    assert (exempted.products, exempted.components) == ((digest,), (LOG4J,))


def test_versions_of_an_analysis_keep_what_else_a_package_url_says() -> None:
    content = bom(
        analysed(
            affects=[{"ref": "pkg:npm/@a/b@1?repository_url=x", "versions": [{"version": "2+3"}]}]
        )
    )
    (exempted,) = exemptions(said(CYCLONEDX, content))

    assert exempted.components == ("pkg:npm/@a/b@2%2B3?repository_url=x",)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("resolved", "fixed"),
        ("resolved_with_pedigree", "fixed"),
        ("exploitable", "affected"),
        ("in_triage", "under_investigation"),
        ("false_positive", "not_affected"),
    ],
)
def test_cyclonedx_states_are_words_of_openvex(state: str, status: str) -> None:
    assert [each.status for each in exemptions(said(CYCLONEDX, bom(analysed(state))))] == [status]


@pytest.mark.parametrize(
    ("ref", "products", "components"),
    [
        ("app", (IMAGE,), ()),
        ("pkg:npm/a@1", (IMAGE,), ("pkg:npm/a@1",)),
        ("urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#log4j", (IMAGE,), (LOG4J,)),
    ],
)
def test_cyclonedx_references_are_followed(
    ref: str, products: tuple[str, ...], components: tuple[str, ...]
) -> None:
    (found,) = exemptions(said(CYCLONEDX, bom(analysed(ref=ref))))

    assert (found.products, found.components) == (products, components)


def test_cyclonedx_versions_are_those_of_the_component() -> None:
    affects = [
        {
            "ref": "log4j",
            "versions": [{"version": "2.0"}, {"version": "3.0", "status": "unaffected"}],
        }
    ]

    (found,) = exemptions(said(CYCLONEDX, bom(analysed(affects=affects))))

    assert found.components == ("pkg:maven/org.apache.logging.log4j/log4j-core@2.0",)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"id": ""}, "malformed"),
        ({"analysis": None}, "no_statement"),
        ({"analysis": {"state": "fine"}}, "no_statement"),
        ({"affects": []}, "names_no_package"),
        ({"affects": [{"ref": "none"}]}, "names_no_package"),
        (
            {"affects": [{"ref": "log4j", "versions": [{"range": "vers:maven/<3"}]}]},
            "unsupported_format",
        ),
    ],
)
def test_cyclonedx_vulnerabilities_that_say_nothing_are_refused(
    fields: dict[str, Any], code: str
) -> None:
    assert codes(said(CYCLONEDX, bom(analysed(**fields)))) == [(code, False)]


def test_cyclonedx_without_vulnerabilities_says_nothing() -> None:
    assert said(CYCLONEDX, bom()) == []


def test_cyclonedx_in_xml_is_refused_with_what_to_do() -> None:
    text = '<?xml version="1.0"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/1.5"/>'

    with pytest.raises(FeedUnreadable, match="convert"):
        said(CYCLONEDX, text)


@pytest.mark.parametrize(
    "content",
    [
        '{"bomFormat": "CycloneDX", "components": 1}',
        '{"bomFormat": "CycloneDX", "components": '
        + '[{"components": ' * 10_000
        + "[]"
        + "}]" * 10_000
        + "}",
    ],
)
def test_what_is_no_cyclonedx_is_refused(content: str) -> None:
    with pytest.raises(FeedUnreadable):
        said(CYCLONEDX, content)


def test_cyclonedx_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cyclonedx_vex, "MAX_COMPONENTS", 2)
    with pytest.raises(FeedUnreadable, match="components"):
        said(CYCLONEDX, bom())

    monkeypatch.setattr(cyclonedx_vex, "MAX_COMPONENTS", 10)
    monkeypatch.setattr(cyclonedx_vex, "MAX_VULNERABILITIES", 1)
    with pytest.raises(FeedUnreadable, match="vulnerabilities"):
        said(CYCLONEDX, bom(analysed(), analysed()))
