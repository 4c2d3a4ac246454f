"""VEX statements: what they set aside, and what they do not."""

from __future__ import annotations

import pytest

from scantling_analyzers.advisories.matching.products import purl_of
from scantling_analyzers.advisories.models import Exemption
from tests.analyzers.advisories.matching.asking import DIGEST, match, only, package
from tests.builders.advisory_book import AdvisoryBook, advisory, fixed_in

CVE = "CVE-2024-1000"
ALIAS = "GHSA-aaaa-bbbb-cccc"
MAVEN = "pkg:maven/org.example/app@1.0"


def _suppressed(*own: Exemption, database: tuple[Exemption, ...] = ()) -> str:
    book = AdvisoryBook(
        advisory(ALIAS, fixed_in("Maven", "org.example:app", "2.0"), aliases=(CVE,)), *database
    )
    app = package(
        "maven",
        "org.example:app",
        "1.0",
        purl=MAVEN,
        cpes=("cpe:2.3:a:example:app:1.0:*:*:*:*:*:*:*",),
    )
    finding = only(match(book, app, own=own))
    return finding.details.get("suppressed", "")


def _said(*products: str, **more: str) -> Exemption:
    whole = {"vulnerability": CVE, "status": "not_affected", "author": "Us", **more}
    return Exemption(products=products, **whole)  # type: ignore[arg-type]  # words of the model


@pytest.mark.parametrize(
    "product",
    [
        MAVEN,
        "pkg:maven/org.example/app",
        "pkg:maven/org.example/app@1.0?type=jar",
        f"pkg:oci/image@{DIGEST.replace(':', '%3A')}?repository_url=registry.example",
        f"pkg:oci/image@{DIGEST}",
        DIGEST,
        "cpe:2.3:a:example:app:1.0:*:*:*:*:*:*:*",
        "cpe:2.3:a:example:app:*:*:*:*:*:*:*:*",
    ],
)
def test_a_statement_about_the_package_or_the_image_sets_the_finding_aside(product: str) -> None:
    said = _suppressed(_said(product, justification="vulnerable_code_not_present"))
    assert said == "not affected (vulnerable code not present), says Us"


@pytest.mark.parametrize(
    "product",
    [
        "pkg:maven/org.example/app@1.1",
        "pkg:maven/org.example/other",
        "pkg:npm/app@1.0",
        "pkg:oci/image",
        f"pkg:oci/image@sha256:{'0' * 64}",
        "cpe:2.3:a:example:app:2.0:*:*:*:*:*:*:*",
        "cpe:2.3:a:other:app:1.0:*:*:*:*:*:*:*",
        "app",
        "pkg:",
        "pkg:maven/" + "x" * 10_000,
    ],
)
def test_a_statement_about_something_else_does_not(product: str) -> None:
    assert _suppressed(_said(product)) == ""


def test_a_statement_about_an_image_may_be_about_some_of_its_parts() -> None:
    image = f"pkg:oci/image@{DIGEST}"
    about = Exemption(
        vulnerability=CVE, status="not_affected", products=(image,), components=(MAVEN,)
    )
    other = Exemption(
        vulnerability=CVE, status="not_affected", products=(image,), components=("pkg:npm/other",)
    )
    assert _suppressed(about)
    assert not _suppressed(other)


def test_a_statement_may_use_any_name_of_the_vulnerability() -> None:
    assert _suppressed(_said(MAVEN, vulnerability=ALIAS))
    named = Exemption(
        vulnerability="OUR-1", aliases=(CVE,), status="fixed", products=(MAVEN,), author="Us"
    )
    assert _suppressed(named) == "fixed, says Us"
    assert not _suppressed(_said(MAVEN, vulnerability="CVE-2024-9999"))


@pytest.mark.parametrize("status", ["affected", "under_investigation"])
def test_other_statuses_set_nothing_aside_and_are_told(status: str) -> None:
    book = AdvisoryBook(advisory(CVE, fixed_in("npm", "app", "2.0.0")))
    app = package("npm", "app", "1.0.0")
    finding = only(match(book, app, own=[_said(app.purl, status=status)]))
    assert not finding.details
    assert finding.vulnerability is not None
    assert f"{status.replace('_', ' ')}, says Us" in finding.vulnerability.reasons


def test_the_newest_statement_holds() -> None:
    old = _said(MAVEN, timestamp="2024-01-01T00:00:00Z")
    new = _said(MAVEN, timestamp="2024-02-01T00:00:00Z", status="affected")
    assert not _suppressed(old, new)
    assert not _suppressed(new, old)


def test_users_outweigh_the_database() -> None:
    vendors = _said(MAVEN, author="Vendor")
    assert _suppressed(database=(vendors,)) == "not affected, says Vendor"
    assert not _suppressed(_said(MAVEN, status="affected"), database=(vendors,))


def test_packages_of_a_distribution_are_named_by_source_too() -> None:
    book = AdvisoryBook(advisory(CVE, fixed_in("ubuntu:22.04", "openssl", "9", name_of="source")))
    libssl = package(
        "deb",
        "libssl3",
        "3.0.2-0ubuntu1",
        purl="pkg:deb/ubuntu/libssl3@3.0.2-0ubuntu1?arch=amd64&distro=ubuntu-22.04",
        source_name="openssl",
        arch="amd64",
    )
    products = {
        "pkg:deb/ubuntu/openssl?arch=source": True,
        "pkg:deb/ubuntu/openssl@3.0.2-0ubuntu1?arch=source&distro=jammy": True,
        "pkg:deb/ubuntu/openssl@1?arch=source": False,
        "pkg:deb/ubuntu/libssl3?arch=amd64": True,
        "pkg:deb/ubuntu/libssl3?arch=arm64": False,
        "pkg:deb/ubuntu/openssl": False,
        "pkg:deb/libssl3": True,
        "pkg:deb/debian/libssl3": False,
        "pkg:deb/debian/openssl?arch=source": False,
    }
    for product, expected in products.items():
        finding = only(match(book, libssl, on="ubuntu:22.04", own=[_said(product)]))
        assert bool(finding.details) == expected, product


def test_package_urls_are_compared_in_one_form() -> None:
    assert purl_of("pkg:pypi/Flask_X@1.0") == purl_of("pkg:PyPI/flask-x@1.0")
    assert purl_of("pkg:npm/%40scope/name@1") == purl_of("pkg:npm/@scope/name@1#sub")
    assert purl_of("pkg:rpm/redhat/openssl@1-1") == purl_of("pkg:rpm/rhel/openssl@1-1")
    assert purl_of("https://example.com") is None
