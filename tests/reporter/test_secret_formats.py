"""Secrets as people see them, with what was searched and what was not."""

from __future__ import annotations

import csv
import io
import json
import re

from jsonschema import Draft202012Validator
from msgspec.structs import replace

from scantling_common.outcomes import Finding, Outcome
from scantling_common.search_report import SearchReport
from scantling_reporter.formats import csv as table_of_cells
from scantling_reporter.formats import html, sarif
from scantling_reporter.formats.json import render as render_json
from scantling_reporter.formats.table import render
from scantling_reporter.formats.terminal import width
from scantling_reporter.report import Report, ReportImage, ReportLayer, report_of
from tests.reporter.sarif_schema import LOG

LAYERS = ("sha256:one", "sha256:two")
FINDING = Finding(
    id="aws-access-key",
    fingerprint="1",
    risk="secret",
    severity="high",
    title="AWS access key",
    path="srv/.env",
    layer=LAYERS[0],
    description="In line 7: KEY=****",
    solution="Revoke it.",
    details={
        "line": "7",
        "excerpt": "KEY=****",
        "score": "0.97",
        "reasons": "its checksum is right; its name says so",
        "also_at": "history: step 3",
    },
)
HIDDEN = replace(
    FINDING,
    fingerprint="2",
    severity="critical",
    path="srv/old.env",
    in_base=True,
    details={"line": "1", "excerpt": "OLD=****", "score": "0.60", "hidden_by": LAYERS[1]},
)
VARIABLE = replace(
    FINDING,
    fingerprint="3",
    path="",
    layer="",
    details={"place": "environment", "item": "DB_PASSWORD", "excerpt": "DB_PASSWORD=****"},
)
SEARCH = SearchReport(
    checked=12, unchecked={"binary": 3, "default_path": 4000, "too_large": 1}, left_out=2
)


def report(*findings: Finding, status: str = "complete", search: SearchReport = SEARCH) -> Report:
    layers = tuple(ReportLayer(digest=layer, diff_id=layer, size=1) for layer in LAYERS)
    image = ReportImage(project="p", digest="sha256:i", platform="linux/amd64", layers=layers)
    outcome = Outcome(risk="secret", status="complete", findings=findings, search=search)
    if status == "partial":
        outcome = replace(outcome, status="partial", code="left_out")
    return report_of(image, [outcome])


def words(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_table_shows_where_each_stands_and_what_hides_it() -> None:
    lines = words(render(report(FINDING, HIDDEN, VARIABLE), total=200))

    at = lines.index("SEVERITY SECRET WHERE LINE LAYER FROM SCORE EXCERPT")
    assert lines[at + 1] == (
        "critical AWS access key srv/old.env 1 1 base, hidden by layer 2 0.60 OLD=****"
    )
    assert "high AWS access key srv/.env 7 1 0.97 KEY=****" in lines
    assert "high AWS access key configuration: environment DB_PASSWORD DB_PASSWORD=****" in lines
    assert not any(line.startswith("SEVERITY RISK") for line in lines)


def test_of_a_long_path_the_end_is_shown_and_no_line_is_too_wide() -> None:
    long = replace(FINDING, path="p/" * 200 + ".env", title="x" * 99)
    lines = render(report(long, VARIABLE), total=100).splitlines()[8:]
    assert max(map(width, lines)) <= 100
    assert any(re.search(r"/p/\.env +7 ", line) for line in lines)


def test_what_was_not_searched_is_told_whatever_was_found() -> None:
    said = (
        "12 files searched for secrets; not searched: 3 binary, 4000 at paths that are never "
        "searched, 1 over 20 MiB; 2 secrets at unchecked paths of the project not told"
    )
    assert said in words(render(report(), total=200))
    assert said in words(render(report(FINDING), total=200))
    assert said in html.render(report())
    unsure = SearchReport(checked=1, unsure=3)
    assert "1 file searched for secrets; 3 with too low a score not told" in words(
        render(report(search=unsure), total=200)
    )
    bare = SearchReport(checked=1)
    assert "1 file searched for secrets" in words(render(report(search=bare), total=200))


def test_an_explanation_says_why_and_where_else() -> None:
    lines = words(render(report(FINDING), total=200, explain=True))
    assert "aws-access-key in srv/.env:7: AWS access key" in lines
    assert "score 0.97: its checksum is right; its name says so" in lines
    assert "the same secret is also at history: step 3" in lines
    assert "WHY" not in words(render(report(FINDING), total=200))
    assert "WHY" not in words(render(report(), total=200, explain=True))


def test_what_is_set_aside_has_no_row() -> None:
    aside = replace(FINDING, details={**FINDING.details, "suppressed": "known"})
    assert "srv/.env" not in render(report(aside)).partition("SET ASIDE")[0]


def test_html_shows_everything_and_runs_nothing() -> None:
    hostile = replace(FINDING, details={**FINDING.details, "excerpt": "<script>x</script>"})
    page = html.render(report(hostile, HIDDEN))

    assert "<h2>Secrets</h2>" in page
    assert "&lt;script&gt;x" in page
    assert "<script>" not in page
    shown = ("srv/.env:7", "hidden by layer 2", "its checksum is right", "history: step 3")
    assert all(part in page for part in shown)


def test_html_says_none_only_where_that_is_sure() -> None:
    assert "<p>None.</p>" in html.render(report())
    assert "None among what was searched." in html.render(report(status="partial"))


def test_sarif_says_the_line_and_no_file_for_what_is_in_none() -> None:
    document = json.loads(sarif.render(report(FINDING, VARIABLE)))

    Draft202012Validator(LOG).validate(document)
    (run,) = document["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["fullDescription"]["text"] == "AWS access key"
    places = {result["message"]["text"]: result["locations"][0] for result in run["results"]}
    in_file = places["AWS access key: KEY=****"]["physicalLocation"]
    assert in_file["region"] == {"startLine": 7}
    assert in_file["artifactLocation"]["uri"] == "srv/.env"
    in_none = places["AWS access key: DB_PASSWORD=****"]
    assert "physicalLocation" not in in_none
    assert in_none["logicalLocations"][0]["fullyQualifiedName"] == "environment DB_PASSWORD"


def test_a_row_of_cells_has_the_line() -> None:
    (row,) = csv.DictReader(io.StringIO(table_of_cells.render(report(FINDING))))
    assert (row["path"], row["line"], row["description"]) == (
        "srv/.env",
        "7",
        "In line 7: KEY=****",
    )


def test_json_says_what_was_searched() -> None:
    outcome = json.loads(render_json(report(FINDING)))["outcomes"]["secret"]
    assert outcome["search"] == {
        "checked": 12,
        "unchecked": {"binary": 3, "default_path": 4000, "too_large": 1},
        "left_out": 2,
    }
    assert outcome["findings"][0]["details"]["line"] == "7"
