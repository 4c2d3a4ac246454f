"""OSV records are read in every form in which they are published."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.osv import OsvFeed
from scantling_analyzers.advisories.models import Advisory, Reference, Refused, Score, Statement
from tests.builders.feeds.document import advisories, document, refusals, said
from tests.builders.feeds.osv import package, record, span

if TYPE_CHECKING:
    from scantling_analyzers.advisories.models import Said

FEED = OsvFeed()


def read(*records: dict[str, Any]) -> list[Said]:
    return said(FEED, records[0] if len(records) == 1 else list(records))


def only(*records: dict[str, Any]) -> Advisory:
    found = read(*records)
    assert refusals(found) == []
    (advisory,) = advisories(found)
    return advisory


def statement(
    *affected: dict[str, Any], id_: str = "GHSA-aaaa-bbbb-cccc", **fields: Any
) -> Statement:
    (found,) = only(record(id_, *affected, **fields)).statements
    return found


def refused(entry: dict[str, Any]) -> Refused:
    (found,) = refusals(read(record("GHSA-1", entry)))
    return found


def test_what_a_record_says_is_kept() -> None:
    advisory = only(
        record(
            summary="Left\tpads  too much",
            details="First.\r\n\nSecond.",
            aliases=["CVE-2024-0001", "CVE-2024-0001", "GHSA-aaaa-bbbb-cccc"],
            related=["CVE-2023-0009"],
            severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"}],
            references=[{"type": "FIX", "url": "https://example.org/fix"}],
            database_specific={"severity": "MODERATE", "cwe_ids": ["CWE-79", "odd"]},
        )
    )

    assert advisory == Advisory(
        id="GHSA-aaaa-bbbb-cccc",
        feed="osv",
        aliases=("CVE-2024-0001",),
        related=("CVE-2023-0009",),
        title="Left pads too much",
        details="First.\n\nSecond.",
        published="2024-01-02T03:04:05Z",
        modified="2024-02-03T04:05:06Z",
        scores=(
            Score(source="ghsa", kind="cvss_v3", text="CVSS:3.1/AV:N"),
            Score(source="ghsa", kind="word", text="MODERATE"),
        ),
        weaknesses=("CWE-79",),
        references=(Reference(url="https://example.org/fix", kind="FIX"),),
        statements=(
            Statement(
                stream="npm", name="left", ranges=((("introduced", "0"), ("fixed", "1.2.3")),)
            ),
        ),
    )


@pytest.mark.parametrize("type_", ["SEMVER", "ECOSYSTEM"])
@pytest.mark.parametrize("last", ["fixed", "last_affected", "limit"])
def test_every_bound_of_a_range_is_kept(type_: str, last: str) -> None:
    entry = package("npm", "left", span(type_, introduced="1.0.0", **{last: "2.0.0"}))

    assert statement(entry).ranges == ((("introduced", "1.0.0"), (last, "2.0.0")),)


def test_a_range_without_an_end_is_one() -> None:
    assert statement(package("npm", "left", span())).ranges == ((("introduced", "0"),),)


@pytest.mark.parametrize(
    ("known", "bound"), [("< 1.70", ("limit", "1.70")), ("<= 4.0-b1", ("last_affected", "4.0-b1"))]
)
def test_what_github_knows_of_the_end_of_a_range_ends_it(
    known: str, bound: tuple[str, str]
) -> None:
    said_beside = {"database_specific": {"last_known_affected_version_range": known}}
    entry = package("Maven", "a:b", span(), versions=["1.69", "1.70"], **said_beside)
    fixed = package("Maven", "a:b", span(fixed="2"), versions=["1"], **said_beside)

    assert statement(entry).ranges == ((("introduced", "0"), bound),)
    assert statement(entry).versions == ()
    assert statement(fixed).ranges == ((("introduced", "0"), ("fixed", "2")),)
    assert statement(fixed).versions == ("1",)
    assert statement(entry, id_="PYSEC-2024-1").ranges == ((("introduced", "0"),),)


@pytest.mark.parametrize("known", ["", "> 1", "< 1, > 0", "<", None, ["< 1"], "< " + "1" * 500])
def test_another_form_of_what_github_knows_ends_nothing(known: Any) -> None:
    said_beside = {"database_specific": {"last_known_affected_version_range": known}}

    assert statement(package("npm", "a", span(), **said_beside)).ranges == ((("introduced", "0"),),)


def test_versions_that_are_listed_are_kept_beside_ranges() -> None:
    found = statement(package("PyPI", "Left_Pad", span(fixed="2"), versions=["1.0", "1.1"]))

    assert found.name == "left-pad"
    assert found.versions == ("1.0", "1.1")
    assert len(found.ranges) == 1


def test_commits_are_left_aside_where_versions_are_given_too() -> None:
    git = span("GIT", fixed="b42dd4badf803bb9fb71ac34cd9cb0c249262f2c")

    assert statement(package("PyPI", "a", git, span(fixed="2"))).ranges == (
        (("introduced", "0"), ("fixed", "2")),
    )
    assert statement(package("PyPI", "a", git, versions=["1"])).versions == ("1",)


def test_that_only_commits_are_given_is_said() -> None:
    found = refused(package("PyPI", "a", span("GIT", fixed="b42dd4b")))

    assert (found.code, found.part) == ("range_git", True)


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"ranges": [span()]}, "names_no_package"),
        (package("npm", ""), "names_no_package"),
        (package("npm", "x" * 5_000), "too_large"),
        (package("Atlantis:9"), "unknown_stream"),
        ({"package": {"ecosystem": "npm", "name": "a"}}, "no_versions"),
        (package("npm", "a", {"type": "TIDAL", "events": [{"introduced": "0"}]}), "malformed"),
        (package("npm", "a", {"type": "SEMVER", "events": [{"fixed": "1"}]}), "malformed"),
        (package("npm", "a", {"type": "SEMVER", "events": [{}]}), "malformed"),
        (package("npm", "a", {"type": "SEMVER"}), "malformed"),
        (package("npm", "a", {"type": "SEMVER", "events": [{"introduced": ""}]}), "malformed"),
        (
            package("npm", "a", {"type": "SEMVER", "events": [{"introduced": "0", "fixed": "1"}]}),
            "malformed",
        ),
        (package("npm", "a", span(fixed="1" * 2_000)), "malformed"),
        (
            package("npm", "a", {"type": "SEMVER", "events": [{"introduced": "0"}] * 10_001}),
            "too_many",
        ),
        (package("npm", "a", *[span()] * 1_001), "too_many"),
        (package("npm", "a", versions=["1"] * 50_001), "too_many"),
        (package("npm", "a", versions=[1]), "malformed"),
    ],
)
def test_an_entry_that_can_not_be_used_costs_only_itself(entry: dict[str, Any], code: str) -> None:
    found = read(record("GHSA-1", entry, package("npm", "b")))

    assert [(each.code, each.part, each.record) for each in refusals(found)] == [
        (code, True, "GHSA-1")
    ]
    assert [each.name for each in advisories(found)[0].statements] == ["b"]


def test_a_broken_range_costs_only_itself() -> None:
    broken = {"type": "SEMVER", "events": [{"fixed": "1"}]}
    found = read(record("GHSA-1", package("npm", "a", broken, span(fixed="9"))))

    assert [each.code for each in refusals(found)] == ["malformed"]
    assert len(advisories(found)[0].statements[0].ranges) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("severity", "high"),
        ("references", [{"url": 1}]),
        ("details", ["a"]),
        ("aliases", "CVE-2024-0001"),
        ("published", 2024),
    ],
)
def test_a_field_of_a_wrong_type_costs_only_itself(field: str, value: object) -> None:
    found = read(record("GHSA-1", **{field: value}))

    assert [(each.code, each.part) for each in refusals(found)] == [("malformed", True)]
    assert refusals(found)[0].message.startswith(f"{field}: ")
    assert len(advisories(found)[0].statements) == 1


def test_what_a_database_adds_in_another_form_is_no_error() -> None:
    odd = package("npm", "a", ecosystem_specific=["x"], database_specific=1)

    assert only(record("GHSA-1", odd, database_specific={"severity": ["HIGH"]})).scores == ()


def test_fields_that_are_null_are_as_if_they_were_not_there() -> None:
    names = ("aliases", "upstream", "related", "severity", "references", "withdrawn", "summary")
    entry = package("npm", "a", versions=None, ecosystem_specific=None, severity=None)
    entry["ranges"] = [span()]

    assert len(only(record("GHSA-1", entry, **dict.fromkeys(names))).statements) == 1


def test_a_withdrawn_record_stays_and_says_so() -> None:
    assert only(record(withdrawn="2024-05-06T07:08:09Z")).withdrawn == "2024-05-06T07:08:09Z"
    assert only(record(withdrawn="some day")).withdrawn == "some day"
    assert only(record(withdrawn="2024-05-06T07:08:09Z") | {"affected": []}).statements == ()


def test_text_of_strangers_is_escaped() -> None:
    advisory = only(
        record(
            "X-\x1b1",
            package("npm", "a\u202eb", span(fixed="1\x07")),
            summary="\x1b[31m",
            details="a\x1b",
            references=[{"url": "javascript:alert(1)"}, {"url": "https://example.org/\x1b"}],
        )
    )

    assert advisory.id == "X-\\x1b1"
    assert advisory.title == "\\x1b[31m"
    assert advisory.details == "a\\x1b"
    assert advisory.statements[0].name == "a\\xe2\\x80\\xaeb"
    assert advisory.statements[0].ranges[0][1] == ("fixed", "1\\x07")
    assert [each.url for each in advisory.references] == ["https://example.org/\\x1b"]


def test_links_are_counted() -> None:
    links = [{"url": f"https://example.org/{number}", "type": "WEB"} for number in range(150)]

    assert len(only(record(references=links)).references) == 100


@pytest.mark.parametrize(
    ("id_", "fields", "vulnerabilities", "aliases"),
    [
        (
            "ALSA-2024:1",
            {"related": ["CVE-2024-0001", "CVE-2024-0002"]},
            ("CVE-2024-0001", "CVE-2024-0002"),
            (),
        ),
        (
            "DSA-1-1",
            {"upstream": ["CVE-2024-0001"], "related": ["CVE-2020-0009"]},
            ("CVE-2024-0001",),
            (),
        ),
        ("USN-1-1", {"aliases": ["CVE-2024-0001", "X-1"]}, ("CVE-2024-0001",), ("X-1",)),
        ("OESA-2024-1", {"upstream": ["CVE-2024-0001"]}, ("CVE-2024-0001",), ()),
        ("ALSA-2024:2", {"related": []}, (), ()),
        ("UBUNTU-CVE-2024-0001", {"upstream": ["CVE-2024-0001"]}, ("CVE-2024-0001",), ()),
        ("DEBIAN-CVE-2024-0001", {}, ("CVE-2024-0001",), ()),
        ("CVE-2024-0001", {"upstream": ["CVE-2023-0001"]}, (), ()),
        ("CGA-1", {"aliases": ["CVE-2024-0001"]}, (), ("CVE-2024-0001",)),
        ("CGA-2", {"aliases": ["GHSA-aaaa-bbbb-cccc"]}, ("GHSA-aaaa-bbbb-cccc",), None),
        ("CGA-3", {"upstream": ["GHSA-aaaa-bbbb-cccc"]}, ("GHSA-aaaa-bbbb-cccc",), ()),
    ],
)
def test_an_erratum_is_about_what_it_mends(
    id_: str,
    fields: dict[str, Any],
    vulnerabilities: tuple[str, ...],
    aliases: tuple[str, ...] | None,
) -> None:
    advisory = only(record(id_, package("Wolfi", "left"), **fields))

    assert advisory.vulnerabilities == vulnerabilities
    if aliases is not None:
        assert advisory.aliases == aliases


def test_what_a_project_stems_from_is_not_what_a_record_with_a_cve_is_about() -> None:
    advisory = only(record("GHSA-1", aliases=["CVE-2024-0001"], upstream=["CVE-2020-0001"]))

    assert advisory.vulnerabilities == ()
    assert advisory.upstream == ("CVE-2020-0001",)


def test_updates_that_mend_no_vulnerability_are_refused() -> None:
    entry = package("AlmaLinux:8", "a")
    found = read(record("ALBA-2024:1", entry, related=[]))

    assert [(type(each), each.code, each.part) for each in refusals(found)] == [
        (Refused, "no_vulnerability", False)
    ]
    assert advisories(found) == []
    assert only(record("ALBA-2024:1", entry, related=["CVE-2024-0001"])).vulnerabilities


@pytest.mark.parametrize(
    ("ecosystem", "stream", "name_of"),
    [
        ("Debian:12", "debian:12", "source"),
        ("Ubuntu:22.04:LTS", "ubuntu:22.04", "source"),
        ("Ubuntu:Pro:16.04:LTS", "ubuntu-pro:16.04", "source"),
        ("Alpine:v3.18", "alpine:3.18", "source"),
        ("openEuler:22.03-LTS-SP3", "openeuler:22.03-LTS-SP3", "source"),
        ("SUSE:Linux Enterprise Server 15 SP5", "sles:15.5", "source"),
        ("Azure Linux:3", "azurelinux:3.0", "source"),
        ("AlmaLinux:9", "almalinux:9", "binary"),
        ("Rocky Linux:9", "rocky:9", "source"),
        ("Red Hat:enterprise_linux:8::appstream", "rhel:8", "binary"),
        ("Maven", "Maven", "binary"),
    ],
)
def test_each_distribution_names_packages_in_its_way(
    ecosystem: str, stream: str, name_of: str
) -> None:
    found = statement(package(ecosystem, "a"))

    assert (found.stream, found.name_of) == (stream, name_of)


def test_the_module_of_an_erratum_stands_in_its_title() -> None:
    title = "Important: nodejs:18 security update"
    entry = package("AlmaLinux:8", "nodejs", span(fixed="1:18.1-1.module_el8.6.0+1+a"))
    plain = package("AlmaLinux:8", "nodejs", span(fixed="1:18.1-1.el8"))

    assert statement(entry, id_="ALSA-1:1", summary=title).module == "nodejs:18"
    assert statement(plain, id_="ALSA-1:1", summary=title).module == ""
    assert statement(entry, id_="ALSA-1:1", summary="nodejs security update").module == ""


def test_an_erratum_of_two_modules_speaks_of_both() -> None:
    advisory = only(
        record(
            "RLSA-1:1",
            package("Rocky Linux:8", "a", span(fixed="1-1.module+el8.4.0+570+c")),
            summary="Moderate: python39:3.9 and python39-devel:3.9 security update",
        )
    )

    assert [each.module for each in advisory.statements] == ["python39:3.9", "python39-devel:3.9"]


def test_of_builds_of_the_same_fix_the_earliest_counts() -> None:
    fixes = ("1:2-3.el8_10", "1:2-3.el8_5", "1:2-3.el8_6", "1:3-1.el8")
    advisory = only(
        record("ALSA-1:1", *(package("AlmaLinux:8", "a", span(fixed=each)) for each in fixes))
    )

    assert [each.ranges[0][1] for each in advisory.statements] == [
        ("fixed", "1:2-3.el8_5"),
        ("fixed", "1:3-1.el8"),
    ]


def test_the_severity_of_an_erratum_begins_its_title() -> None:
    entry = package("AlmaLinux:8", "a")

    assert only(record("ALSA-1:1", entry, summary="Low: a update")).scores == (
        Score(source="alsa", kind="word", text="Low"),
    )
    assert only(record("ALSA-1:1", entry, summary="Fixes: a")).scores == ()


def test_what_is_malicious_is_said_to_be_unless_its_record_has_a_severity() -> None:
    assert only(record("MAL-2024-1", package("npm", "evil", span()))).scores == (
        Score(source="mal", kind="word", text="malicious"),
    )
    given = only(record("MAL-2024-1", database_specific={"severity": "LOW"}))
    assert [each.text for each in given.scores] == ["LOW"]


def test_a_severity_may_say_whose_it_is() -> None:
    scores = [
        {"type": "CVSS_V3", "score": "CVSS:3.1/AV:L", "source": "NVD"},
        {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N"},
    ]

    found = only(record(severity=scores)).scores
    assert [(each.source, each.kind) for each in found] == [("nvd", "cvss_v3"), ("ghsa", "cvss_v4")]


def test_ubuntu_and_debian_judge_each_package() -> None:
    ubuntu = package("Ubuntu:22.04:LTS", "a", severity=[{"type": "Ubuntu", "score": "low"}])
    debian = package("Debian:12", "a", ecosystem_specific={"urgency": "unimportant"})
    waiting = package("Debian:12", "a", ecosystem_specific={"urgency": "not yet assigned"})

    advisory = only(record("UBUNTU-CVE-2024-0001", ubuntu))
    assert advisory.statements[0].severity == "low"
    assert advisory.scores == (Score(source="ubuntu", kind="word", text="low"),)
    assert statement(debian).severity == "unimportant"
    assert statement(waiting).severity == ""


def test_the_end_of_support_in_debian_is_a_state_of_what_is_not_fixed() -> None:
    ended = {"ecosystem_specific": {"urgency": "end-of-life"}}

    assert statement(package("Debian:9", "a", span(), **ended)).state == "end_of_life"
    assert statement(package("Debian:9", "a", span(fixed="2"), **ended)).state == ""


def test_what_a_distribution_has_not_fixed_is_in_that_state() -> None:
    listed = package("Ubuntu:22.04:LTS", "a", span(), versions=["1", "2"])

    assert statement(listed).state == "not_fixed"
    assert statement(package("Ubuntu:22.04:LTS", "a", span(fixed="2"))).state == ""
    assert statement(package("Ubuntu:22.04:LTS", "a", span(last_affected="2"))).state == ""
    assert statement(package("npm", "a", span())).state == ""
    assert statement(package("Ubuntu:22.04:LTS", "a", versions=["1"])).state == ""


def test_a_record_without_a_time_of_its_last_change_has_that_of_its_first() -> None:
    advisory = only(record(modified="0001-01-01T00:00:00Z"))

    assert advisory.modified == advisory.published == "2024-01-02T03:04:05Z"


def test_go_packages_that_are_affected_on_other_systems_only_are_left_out_and_named() -> None:
    windows = {"imports": [{"path": "a", "goos": ["windows", "darwin"]}]}
    both = {"imports": [{"path": "a", "goos": ["windows"]}, {"path": "b"}]}

    assert refused(package("Go", "stdlib", ecosystem_specific=windows)).code == "other_platform"
    assert statement(package("Go", "stdlib", ecosystem_specific=both)).name == "stdlib"


def test_lists_are_read_in_each_of_their_forms() -> None:
    first, second = record("GHSA-1"), record("GHSA-2")
    forms: list[bytes | str | dict[str, Any] | list[Any]] = [
        [first, second],
        {"vulns": [first, second]},
        json.dumps(first) + "\n" + json.dumps(second) + "\n",
        json.dumps(first) + "\n\n" + json.dumps(second),
    ]

    for form in forms:
        assert [each.id for each in advisories(said(FEED, form))] == ["GHSA-1", "GHSA-2"]
    indented = json.dumps(record("GHSA-1", package(), package("npm", "b")), indent=1)
    assert len(advisories(said(FEED, indented))) == 1


def test_a_broken_record_of_a_list_costs_only_itself() -> None:
    broken = [record("GHSA-1"), {"id": 1, "modified": "x"}, {"modified": "x"}, record("GHSA-2")]
    found = said(FEED, broken)

    assert [each.id for each in advisories(found)] == ["GHSA-1", "GHSA-2"]
    assert [(each.record, each.code) for each in refusals(found)] == [
        ("record 2", "malformed"),
        ("record 3", "malformed"),
    ]


def test_an_index_of_records_is_none() -> None:
    found = said(FEED, [{"id": "GHSA-1", "modified": "2024-01-01T00:00:00Z"}])

    assert [each.code for each in refusals(found)] == ["names_no_package"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"id": "x" * 2_000}, "too_large"),
        ({"aliases": ["a"] * 10_001}, "too_many"),
        ({"affected": "none"}, "malformed"),
        ({"affected": [1]}, "malformed"),
        ({"affected": []}, "names_no_package"),
    ],
)
def test_a_record_that_can_not_be_used_is_refused(fields: dict[str, Any], code: str) -> None:
    found = said(FEED, record() | fields)

    assert [(each.code, each.part) for each in refusals(found)] == [(code, False)]
    assert advisories(found) == []


def test_a_record_of_more_entries_than_any_has_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.osv.MAX_STATEMENTS", 1)
    found = read(record("GHSA-1", package(), package("npm", "b")))

    assert [each.code for each in refusals(found)] == ["too_many"]


@pytest.mark.parametrize(
    "content",
    [
        b'{"id": "GHSA-1", "details": "a", "affected": ' + b"[" * 100_000,
        b'{"id": "GHSA-1", "details": "\xff"}',
        b'{"id": "GHSA-1", "details": "a", "x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    ],
)
def test_damaged_records_are_refused(content: bytes) -> None:
    found = said(FEED, content)

    assert [each.code for each in found if isinstance(each, Refused)] == ["malformed"]
    assert len(found) == 1


@pytest.mark.parametrize(
    "content",
    [b'[{"id": "GHSA-1", "details": "a"}, ', b'{"vulns": [{"id": "a", "details": "b"}'],
)
def test_a_list_that_ends_early_is_unreadable(content: bytes) -> None:
    with pytest.raises(FeedUnreadable):
        said(FEED, content)


def test_other_content_is_not_read() -> None:
    with pytest.raises(FeedUnreadable):
        list(FEED.read(document(b"<osv/>")))


@pytest.mark.parametrize(
    "head",
    [
        b'{"schema_version": "1.7.0", "affected": ',
        b'{\n  "affected": [{"package"',
        b'{"id": "GO-1", "modified": "2',
        b'{"id":"A","summary":null,"x":1',
        b'{"modified": "2024", "published": "2024"',
        b'[{"id": "a \\" b", "details": "x',
        b'{"vulns": [{"id": "a", "aliases": [',
    ],
)
def test_records_are_recognised_by_their_first_fields(head: bytes) -> None:
    assert FEED.recognises("x.json", head)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<x>",
        b"id: x",
        b'{"document": {"category": "csaf_vex"',
        b'{"title": "CISA Catalog", "catalogVersion": "1"',
        b'{"id": "x", "@context": "y"',
        b'{"resultsPerPage": 1',
        b'[{"cve_id": "CVE-2024-0001", "pkg": "a"',
        b'{"id": {"CVE-2024-0001": {}}}',
    ],
)
def test_other_forms_are_not_taken_for_records(head: bytes) -> None:
    assert not FEED.recognises("x.json", head)
