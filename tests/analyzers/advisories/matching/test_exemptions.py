"""VEX statements: what they set aside, and what they do not."""

from __future__ import annotations

import pytest

from scantling_analyzers.advisories.matching.products import purl_of
from scantling_analyzers.advisories.matching.qualifiers import is_release
from scantling_analyzers.advisories.models import Exemption
from tests.analyzers.advisories.matching.asking import DIGEST, match, only, package
from tests.builders.advisory_book import AdvisoryBook, advisory, fixed_in

CVE = "CVE-2024-1000"
ALIAS = "GHSA-aaaa-bbbb-cccc"
INDEX = f"sha256:{'1' * 64}"
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
        path="srv/outer.war!/app.jar",
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
        "pkg:maven/org.example/app@1.0?package-id=0f1e2d3c",
        "pkg:maven/org.example/app@1.0?file_path=%2Fsrv/outer.war/app.jar",
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
        "pkg:maven/org.example/app@1.0?type=war",
        "pkg:maven/org.example/app@1.0?file_path=srv/other.war/app.jar",
        "pkg:maven/org.example/app@1.0?classifier=sources",
        "pkg:maven/org.example/app@1.0?repository_url=https://maven.example.com",
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


@pytest.mark.parametrize("product", [f"pkg:oci/image@{INDEX}?tag=1", INDEX])
def test_an_image_is_named_by_an_index_that_leads_to_it_too(product: str) -> None:
    book = AdvisoryBook(advisory(CVE, fixed_in("npm", "app", "2.0.0")))
    app = package("npm", "app", "1.0.0")

    assert only(match(book, app, own=[_said(product)], indexes=(INDEX,))).details
    assert not only(match(book, app, own=[_said(product)])).details


def test_an_image_without_a_digest_is_named_by_nothing() -> None:
    book = AdvisoryBook(advisory(CVE, fixed_in("npm", "app", "2.0.0")))
    app = package("npm", "app", "1.0.0")
    for product in ("", "pkg:oci/image", "pkg:oci/image@"):
        assert not only(match(book, app, own=[_said(product)], digest="", indexes=("",))).details


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
        "pkg:deb/ubuntu/libssl3?arch=amd64&distro=jammy": True,
        "pkg:deb/ubuntu/libssl3?distro=ubuntu-22.04": True,
        "pkg:deb/ubuntu/libssl3?distro=Ubuntu-Jammy": True,
        "pkg:deb/ubuntu/libssl3?distro=22.04": True,
        "pkg:deb/ubuntu/libssl3?distro=ubuntu": True,
        "pkg:deb/ubuntu/libssl3?upstream=openssl": True,
        "pkg:deb/ubuntu/libssl3?distro=focal": False,
        "pkg:deb/ubuntu/openssl?arch=source&distro=trusty": False,
        "pkg:deb/ubuntu/libssl3?distro=ubuntu-20.04": False,
        "pkg:deb/ubuntu/libssl3?distro=debian-22.04": False,
        "pkg:deb/ubuntu/libssl3?distro=esm-infra/jammy": False,
        "pkg:deb/ubuntu/libssl3?upstream=other": False,
        "pkg:deb/ubuntu/libssl3?repository_url=packages.example.com": False,
    }
    for product, expected in products.items():
        finding = only(match(book, libssl, on="ubuntu:22.04", own=[_said(product)]))
        assert bool(finding.details) == expected, product


def test_rpm_packages_are_told_apart_by_epoch_source_and_module() -> None:
    fix = fixed_in("rhel:9", "nodejs", "9:0-0", module="nodejs:18")
    book = AdvisoryBook(advisory(CVE, fix))
    node = package(
        "rpm",
        "nodejs",
        "1:18.1-1.el9",
        purl="pkg:rpm/rhel/nodejs@18.1-1.el9?arch=x86_64&distro=rhel-9.4&epoch=1",
        arch="x86_64",
        module="nodejs:18:9040020240101:rhel9",
    )
    qualifiers = {
        "epoch=1": True,
        "epoch=0": False,
        "distro=rhel-9": True,
        "distro=redhat-9.4": True,
        "distro=rhel-9.2": False,
        "distro=rhel-8": False,
        "upstream=nodejs-18.1-1.el9.src.rpm": True,
        "upstream=nodejs-18.2-1.el9.src.rpm": False,
        "upstream=nodejs@1:18.1-1.el9": True,
        "rpmmod=nodejs:18": True,
        "rpmmod=nodejs:1": False,
        "rpmmod=nodejs:20": False,
        "arch=x86_64": True,
        "arch=aarch64": False,
    }
    for qualifier, expected in qualifiers.items():
        said = _said(f"pkg:rpm/redhat/nodejs?{qualifier}")
        finding = only(match(book, node, on="rhel:9.4", own=[said]))
        assert bool(finding.details) == expected, qualifier


@pytest.mark.parametrize(
    ("asked", "own", "same"),
    [
        ("debian-11", "debian-12", False),
        ("debian-12.5", "debian-12", True),
        ("bookworm", "debian-12", True),
        ("bookworm", "raspbian-12", False),
        ("alpine-3.18", "alpine-3.18.4", True),
        ("alpine-3.1", "alpine-3.18.4", False),
        ("3.18.4", "alpine-3.18.4", True),
        ("opensuse-leap-15.5", "opensuse-leap-15.5", True),
        ("sles-15.5", "sles_sap-15.5", True),
        ("arch", "arch", True),
        ("jammy", "", False),
        ("", "", False),
    ],
)
def test_distributions_are_compared_as_tools_call_them(asked: str, own: str, *, same: bool) -> None:
    assert is_release(asked, own) is same


def test_package_urls_are_compared_in_one_form() -> None:
    assert purl_of("pkg:pypi/Flask_X@1.0") == purl_of("pkg:PyPI/flask-x@1.0")
    assert purl_of("pkg:npm/%40scope/name@1") == purl_of("pkg:npm/@scope/name@1#sub")
    assert purl_of("pkg:rpm/redhat/openssl@1-1") == purl_of("pkg:rpm/rhel/openssl@1-1")
    assert purl_of("https://example.com") is None
