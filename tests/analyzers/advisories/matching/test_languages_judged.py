"""Packages of languages: by ecosystem, by product, and what their owners say instead."""

from __future__ import annotations

import pytest

from scantling_analyzers.advisories.matching.families import BY_NAME, FAMILIES, MOVED, products_of
from scantling_analyzers.advisories.models import Advisory, Coverage, Enrichment, Statement
from scantling_analyzers.advisories.streams import CPE, LANGUAGES
from tests.analyzers.advisories.matching.asking import ids, match, only, package
from tests.builders.advisory_book import AdvisoryBook, advisory, fixed_in

CVE = "CVE-2024-1000"
SECOND = "CVE-2024-2000"


def _ranges(stream: str, name: str, *ranges: tuple[str, str]) -> Statement:
    return Statement(
        stream=stream,
        name=name,
        ranges=tuple((("introduced", since), ("fixed", fix)) for since, fix in ranges),
    )


@pytest.mark.parametrize(
    ("type_", "name", "stream", "written"),
    [
        ("pypi", "Flask_SQLAlchemy", "PyPI", "flask-sqlalchemy"),
        ("npm", "@scope/name", "npm", "@scope/name"),
        ("npm", "JSONStream", "npm", "jsonstream"),
        ("golang", "github.com/Masterminds/goutils", "Go", "github.com/Masterminds/goutils"),
        ("maven", "com.example:a", "Maven", "com.example:a"),
        ("cargo", "smallvec", "crates.io", "smallvec"),
        ("gem", "rack", "RubyGems", "rack"),
        ("composer", "Symfony/HTTP-Kernel", "Packagist", "symfony/http-kernel"),
        ("nuget", "Newtonsoft.Json", "NuGet", "newtonsoft.json"),
        ("hex", "plug", "Hex", "plug"),
        ("pear", "pear.php.net/Archive_Tar", "Packagist", "pear/archive_tar"),
        ("bitnami", "redis", "Bitnami", "redis"),
        ("cran", "readxl", "CRAN", "readxl"),
    ],
)
def test_a_package_is_asked_for_by_its_name_in_the_ecosystem(
    type_: str, name: str, stream: str, written: str
) -> None:
    book = AdvisoryBook(advisory(CVE, fixed_in(stream, written, "2.0.0")))
    assert ids(match(book, package(type_, name, "1.0.0"))) == [CVE]
    assert ids(match(book, package(type_, name, "2.0.0"))) == []


def test_what_a_distribution_brought_is_judged_by_its_statement_alone() -> None:
    book = AdvisoryBook(
        advisory(CVE, fixed_in("PyPI", "pyyaml", "5.4")), Coverage(feed="x", stream="debian:12")
    )
    backported = package("pypi", "PyYAML", "5.3.1", owner="deb:python3-yaml")
    own = package("pypi", "PyYAML", "5.3.1")
    assert ids(match(book, backported, on="debian:12")) == []
    assert ids(match(book, own, on="debian:12")) == [CVE]


def test_what_another_vendor_s_system_package_brought_is_judged_by_its_language() -> None:
    book = AdvisoryBook(
        advisory(CVE, fixed_in("PyPI", "pyyaml", "5.4")), Coverage(feed="x", stream="debian:12")
    )
    brought = package("pypi", "PyYAML", "5.3.1", owner="deb:vendor-agent", third_party=True)
    assert ids(match(book, brought, on="debian:12")) == [CVE]


def test_conda_is_no_distribution_so_what_it_brought_is_judged_by_its_language() -> None:
    book = AdvisoryBook(advisory(CVE, fixed_in("PyPI", "pyyaml", "5.4")))
    assert ids(match(book, package("pypi", "PyYAML", "5.3.1", owner="conda:pyyaml"))) == [CVE]


def test_records_of_one_vulnerability_are_one_finding_with_all_that_they_say() -> None:
    book = AdvisoryBook(
        advisory("GHSA-aaaa-bbbb-cccc", fixed_in("PyPI", "django", "3.2.5"), aliases=(CVE,)),
        advisory("PYSEC-2024-1", fixed_in("PyPI", "django", "3.2.4"), aliases=(CVE,)),
    )
    finding = only(match(book, package("pypi", "Django", "3.2.3")))
    assert finding.id == CVE
    assert finding.fixed_version == "3.2.5"
    known = finding.vulnerability
    assert known is not None
    assert known.aliases == ("GHSA-aaaa-bbbb-cccc", "PYSEC-2024-1")
    assert [(each.id, each.decided) for each in known.advisories] == [
        ("GHSA-aaaa-bbbb-cccc", True),
        ("PYSEC-2024-1", False),
    ]
    assert "PYSEC-2024-1 say the same" in known.reasons


def test_a_withdrawn_record_matches_nothing() -> None:
    gone = advisory(CVE, fixed_in("PyPI", "django", "9"), withdrawn="2024-01-01T00:00:00Z")
    assert ids(match(AdvisoryBook(gone), package("pypi", "Django", "3.2.3"))) == []


def test_a_vulnerability_that_was_rejected_matches_nothing() -> None:
    book = AdvisoryBook(
        advisory(CVE, fixed_in("PyPI", "django", "9")),
        Enrichment(id=CVE, feed="nvd", rejected=True),
    )
    assert ids(match(book, package("pypi", "Django", "3.2.3"))) == []


def test_a_listed_version_is_affected_and_its_local_versions_with_it() -> None:
    listed = Statement(stream="PyPI", name="django", versions=("3.2", "3.2.1"))
    book = AdvisoryBook(advisory(CVE, listed))
    found = [
        ids(match(book, package("pypi", "Django", version)))
        for version in ("3.2.0", "3.2.1+local", "3.2.2", "4.0+local")
    ]
    assert found == [[CVE], [CVE], [], []]


def test_the_upgrade_stays_in_the_branch_and_clears_all() -> None:
    book = AdvisoryBook(
        advisory(CVE, _ranges("Maven", "g:a", ("1.0", "1.5"), ("2.0", "2.3"))),
        advisory(SECOND, _ranges("Maven", "g:a", ("1.2", "1.6"), ("2.0", "2.4"))),
    )
    findings = match(book, package("maven", "g:a", "1.3")).findings
    assert {(f.id, f.fixed_version) for f in findings} == {(CVE, "1.5"), (SECOND, "1.6")}
    assert {f.vulnerability and f.vulnerability.upgrade for f in findings} == {"1.6"}


def test_an_upgrade_is_not_affected_by_what_the_installed_version_is_free_of() -> None:
    book = AdvisoryBook(
        advisory(CVE, _ranges("npm", "a", ("0", "2.0.0"))),
        advisory(SECOND, _ranges("npm", "a", ("2.0.0", "2.0.3"))),
    )
    finding = only(match(book, package("npm", "a", "1.9.0")))
    assert (finding.fixed_version, finding.vulnerability and finding.vulnerability.upgrade) == (
        "2.0.0",
        "2.0.3",
    )
    assert "2.0.3 clears all that is known of it" in finding.solution


def test_there_is_no_upgrade_where_one_finding_has_no_fix() -> None:
    book = AdvisoryBook(
        advisory(CVE, fixed_in("npm", "a", "2.0.0")), advisory(SECOND, fixed_in("npm", "a"))
    )
    findings = match(book, package("npm", "a", "1.9.0")).findings
    assert {f.vulnerability and f.vulnerability.upgrade for f in findings} == {""}
    assert {f.id: f.vulnerability and f.vulnerability.state for f in findings} == {
        CVE: "",
        SECOND: "not_fixed",
    }


def test_after_a_last_affected_version_the_fix_is_unknown_and_not_missing() -> None:
    bounded = Statement(
        stream="npm", name="a", ranges=((("introduced", "0"), ("last_affected", "1.9.0")),)
    )
    finding = only(match(AdvisoryBook(advisory(CVE, bounded)), package("npm", "a", "1.9.0")))
    assert finding.vulnerability is not None
    assert (finding.fixed_version, finding.vulnerability.state) == ("", "")


def test_the_standard_library_of_go_is_judged_by_the_version_of_the_toolchain() -> None:
    book = AdvisoryBook(advisory("GO-2024-1", fixed_in("Go", "stdlib", "1.21.11"), aliases=(CVE,)))
    assert ids(match(book, package("golang", "stdlib", "1.21.5"))) == [CVE]
    assert ids(match(book, package("golang", "stdlib", "1.21.11"))) == []
    assert ids(match(book, package("golang", "stdlib", "1.22rc1"))) == []


def test_a_main_module_without_a_version_is_told_as_not_judged() -> None:
    book = AdvisoryBook(advisory(CVE, fixed_in("Go", "example.com/main", "2.0.0")))
    matched = match(book, package("golang", "example.com/main", "(devel)"))
    assert ids(matched) == []
    assert matched.coverage.unversioned == 1


def test_what_is_said_of_a_product_holds_for_its_parts_and_is_marked() -> None:
    book = AdvisoryBook(advisory(CVE, fixed_in("Maven", "org.apache.tomcat:tomcat", "8.5.51")))
    finding = only(match(book, package("maven", "org.apache.tomcat:tomcat-juli", "8.5.20")))
    assert finding.vulnerability is not None
    assert finding.vulnerability.match == "product"
    assert any("is a part of org.apache.tomcat:tomcat" in r for r in finding.vulnerability.reasons)


def test_what_is_said_of_the_part_itself_outweighs_what_is_said_of_the_product() -> None:
    book = AdvisoryBook(
        advisory(CVE, fixed_in("Maven", "org.apache.tomcat:tomcat", "8.5.51")),
        advisory(
            "GHSA-aaaa-bbbb-cccc",
            fixed_in("Maven", "org.apache.tomcat:tomcat-juli", "8.5.15"),
            aliases=(CVE,),
        ),
    )
    assert ids(match(book, package("maven", "org.apache.tomcat:tomcat-juli", "8.5.20"))) == []
    finding = only(match(book, package("maven", "org.apache.tomcat:tomcat-juli", "8.5.14")))
    assert finding.vulnerability is not None
    assert finding.vulnerability.match == "package"


def test_the_nvd_speaks_of_products() -> None:
    book = AdvisoryBook(
        advisory(CVE, _ranges(CPE, "vmware:spring_framework", ("5.3.0", "5.3.18"), ("0", "5.2.20")))
    )
    aop = package("maven", "org.springframework:spring-aop", "4.3.0.RELEASE")
    boot = package("maven", "org.springframework.boot:spring-boot", "2.6.0")
    matched = match(book, aop, boot)
    assert [(f.package, f.fixed_version) for f in matched.findings] == [(aop.name, "5.2.20")]


def test_an_artifact_is_known_by_the_name_that_it_was_moved_to_and_from() -> None:
    book = AdvisoryBook(
        advisory(CVE, fixed_in("Maven", "com.mysql:mysql-connector-j", "8.2.0")),
        advisory(SECOND, fixed_in("Maven", "mysql:mysql-connector-java", "8.0.28")),
    )
    old = only(match(book, package("maven", "mysql:mysql-connector-java", "8.0.30")))
    new = only(match(book, package("maven", "com.mysql:mysql-connector-j", "8.0.33")))
    assert old.id == new.id == CVE
    assert old.vulnerability is not None
    assert any("names of one package" in reason for reason in old.vulnerability.reasons)


def test_what_is_said_of_its_own_name_goes_before_what_is_said_of_the_other_one() -> None:
    both = Advisory(
        id=CVE,
        feed="x",
        statements=(
            _ranges("Maven", "com.alibaba:dubbo", ("2.5.0", "2.6.9")),
            _ranges("Maven", "org.apache.dubbo:dubbo", ("2.5.0", "2.7.10")),
        ),
    )
    book = AdvisoryBook(both)
    assert ids(match(book, package("maven", "com.alibaba:dubbo", "2.6.9"))) == []
    assert ids(match(book, package("maven", "org.apache.dubbo:dubbo", "2.6.9"))) == [CVE]


def test_a_rewrite_that_begins_anew_is_not_what_it_comes_from() -> None:
    book = AdvisoryBook(
        advisory(CVE, fixed_in("Maven", "org.apache.logging.log4j:log4j-core", "2.17.1"))
    )
    assert ids(match(book, package("maven", "log4j:log4j", "1.2.17"))) == []


def test_a_program_without_an_ecosystem_is_judged_by_vendor_and_product() -> None:
    book = AdvisoryBook(
        advisory(CVE, fixed_in(CPE, "redis:redis", "7.0.15")),
        advisory(SECOND, fixed_in(CPE, "other:redis", "9")),
    )
    redis = package(
        "generic", "redis", "7.0.5", cpes=("cpe:2.3:a:redis:redis:7.0.5:*:*:*:*:*:*:*",)
    )
    finding = only(match(book, redis))
    assert finding.id == CVE
    assert finding.vulnerability is not None
    assert finding.vulnerability.match == "product"


def test_quoted_characters_of_a_cpe_name_are_those_of_the_name() -> None:
    book = AdvisoryBook(advisory(CVE, fixed_in(CPE, "erlang:erlang/otp", "26.2")))
    cpe = "cpe:2.3:a:erlang:erlang\\/otp:25.0:*:*:*:*:*:*:*"
    assert ids(match(book, package("generic", "erlang", "25.0", cpes=(cpe,)))) == [CVE]


def test_a_version_that_can_not_be_compared_is_a_doubt_and_no_clean_answer() -> None:
    book = AdvisoryBook(advisory(CVE, fixed_in("npm", "a", "not a version")))
    installed = package("npm", "a", "1.0.0")
    matched = match(book, installed)
    assert ids(matched) == []
    assert [(each.package, each.advisories) for each in matched.doubts] == [(installed, (CVE,))]


def test_tables_of_products_name_streams_that_there_are() -> None:
    rows = [row for rules in FAMILIES.values() for _, products in rules for row in products]
    rows += [row for products in BY_NAME.values() for row in products]
    assert {stream for stream, _ in rows} <= {*LANGUAGES, CPE}
    assert all(":" in name for stream, name in rows if stream in {CPE, "Maven"})
    assert all(old != new and old.count(":") == new.count(":") == 1 for old, new in MOVED)


def test_what_only_shares_a_group_with_a_product_is_no_part_of_it() -> None:
    assert products_of("Maven", "org.apache.tomcat:tomcat-native") == ()
    assert products_of("Maven", "org.springframework:spring-security-core") == ()
    assert products_of("Maven", "com.example:tomcat-juli") == ()
    assert products_of("npm", "tomcat") == ()


def test_components_of_apache_commons_are_products_of_their_own() -> None:
    assert products_of("Maven", "commons-lang:commons-lang") == ((CPE, "apache:commons_lang"),)
    assert products_of("Maven", "org.apache.commons:commons-lang3") == (
        (CPE, "apache:commons_lang"),
    )
    assert products_of("Maven", "com.example:commons-lang") == ()


def test_equal_packages_at_several_places_are_findings_of_each_place() -> None:
    book = AdvisoryBook(advisory(CVE, fixed_in("npm", "a", "2.0.0")))
    one, two = package("npm", "a", "1.0.0", path="a"), package("npm", "a", "1.0.0", path="b")
    matched = match(book, two, one)
    assert [finding.path for finding in matched.findings] == ["a", "b"]
    assert len({finding.fingerprint for finding in matched.findings}) == 2


def test_a_fingerprint_does_not_change_with_version_or_severity() -> None:
    book = AdvisoryBook(advisory(CVE, fixed_in("npm", "a", "2.0.0")))
    graver = AdvisoryBook(advisory(CVE, fixed_in("npm", "a", "2.0.0", severity="critical")))
    first = only(match(book, package("npm", "a", "1.0.0")))
    second = only(match(graver, package("npm", "a", "1.1.0")))
    assert first.fingerprint == second.fingerprint
    assert first.severity != second.severity


def test_a_finding_is_told_by_the_one_id_of_a_vulnerability() -> None:
    records: list[Advisory] = [
        advisory("RUSTSEC-2024-1", fixed_in("crates.io", "a", "2.0.0"), aliases=("GHSA-x-y-z",)),
        advisory("GHSA-x-y-z", fixed_in("crates.io", "a", "2.0.0"), aliases=(CVE,)),
    ]
    finding = only(match(AdvisoryBook(*records), package("cargo", "a", "1.0.0")))
    assert finding.id == CVE
    assert finding.vulnerability is not None
    assert finding.vulnerability.advisories[0].id == "RUSTSEC-2024-1"


def test_the_command_of_go_is_judged_by_its_own_database_and_then_by_the_nvd() -> None:
    book = AdvisoryBook(
        advisory("GO-2023-1", fixed_in("Go", "toolchain", "1.20.6"), aliases=(CVE,)),
        advisory(CVE, fixed_in(CPE, "golang:go", "1.21.0")),
        advisory(SECOND, fixed_in(CPE, "golang:go", "1.21.0")),
    )
    cpe = "cpe:2.3:a:golang:go:1.20.6:*:*:*:*:*:*:*"
    mended = package("generic", "go", "1.20.6", cpes=(cpe,))
    old = package("generic", "go", "1.20rc1", cpes=(cpe,))
    assert ids(match(book, mended)) == [SECOND]
    assert ids(match(book, old)) == [CVE, SECOND]


@pytest.mark.parametrize(
    ("version", "fixed", "told"),
    [
        ("v0.0.0-20250102030405-abcdefabcdef", "1.2.3", "2025-01-02"),
        ("v0.0.0-20230102030405-abcdefabcdef", "1.2.3", "2023-01-02"),
        # There the dates decide, and a tag is before these.
        ("v0.0.0-20230102030405-abcdefabcdef", "0.0.0-20240102030405-abcdefabcdef", ""),
        ("v1.2.1-0.20250102030405-abcdefabcdef", "1.2.3", ""),
        ("v1.2.2", "1.2.3", ""),
    ],
)
def test_a_commit_of_go_without_a_tag_is_told_as_not_certain(
    version: str, fixed: str, told: str
) -> None:
    said = advisory("GO-2024-1", fixed_in("Go", "example.com/a", fixed), published="2024-05-06")
    finding = only(match(AdvisoryBook(said), package("golang", "example.com/a", version)))
    assert finding.vulnerability is not None
    reason = (
        f"{version} is a commit of {told} that no tag is before, which sorts below every release: "
        f"it is not certain that it lacks what {fixed} mends"
    )
    if told > "2024-05-06":
        reason += ", and it is later than the advisory (2024-05-06)"
    found = [each for each in finding.vulnerability.reasons if "not certain" in each]
    assert found == ([reason] if told else [])


def test_a_commit_of_go_that_is_later_than_the_mend_is_no_finding() -> None:
    book = AdvisoryBook(
        advisory("GO-2024-1", fixed_in("Go", "example.com/a", "0.0.0-20240102030405-abcdefabcdef"))
    )
    after = package("golang", "example.com/a", "v0.0.0-20250102030405-abcdefabcdef")
    assert ids(match(book, after)) == []
