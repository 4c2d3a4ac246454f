"""Software that is not allowed, as people see it."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator
from msgspec.structs import replace

from scantling_common.outcomes import Finding, Outcome
from scantling_reporter.formats import html, sarif
from scantling_reporter.formats.table import render
from scantling_reporter.formats.terminal import width
from scantling_reporter.report import Report, ReportImage, ReportLayer, report_of
from tests.reporter.sarif_schema import LOG

LAYERS = ("sha256:one", "sha256:two")
FINDING = Finding(
    id="miner",
    fingerprint="1",
    risk="compliance",
    severity="critical",
    title="Software that is not allowed: mines",
    path="opt/xmrig",
    layer=LAYERS[1],
    package="xmrig",
    version="6.0",
    details={"type": "program", "reason": "mines", "entry": "xmrig"},
)


def report(*findings: Finding, status: str = "complete") -> Report:
    layers = tuple(ReportLayer(digest=layer, diff_id=layer, size=1) for layer in LAYERS)
    image = ReportImage(project="p", digest="sha256:i", platform="linux/amd64", layers=layers)
    outcome = Outcome(risk="compliance", status="complete", findings=findings)
    if status == "partial":
        outcome = replace(outcome, status="partial", code="left_out")
    return report_of(image, [outcome])


def words(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_table_shows_the_worst_first_with_the_number_of_the_layer() -> None:
    low = replace(FINDING, severity="low", fingerprint="2", package="gcc", path="db", in_base=True)
    lines = words(render(report(low, FINDING), total=200))

    assert "SEVERITY NOT ALLOWED VERSION TYPE PATH LAYER FROM WHY" in lines
    at = lines.index("critical xmrig 6.0 program opt/xmrig 2 mines")
    assert lines[at + 1] == "low gcc 6.0 program db 2 base mines"
    assert lines[at + 2] == "2 pieces of software are not allowed"
    assert not any(line.startswith("SEVERITY RISK") for line in lines)


def test_what_is_set_aside_or_not_there_has_no_table() -> None:
    aside = replace(FINDING, details={"suppressed": "known"})
    assert "NOT ALLOWED" not in render(report(aside))
    assert "NOT ALLOWED" not in render(report())


def test_without_a_reason_the_entry_is_shown() -> None:
    bare = replace(FINDING, details={"type": "program", "entry": "xmrig type=program"})
    lines = words(render(report(bare), total=200))
    assert "critical xmrig 6.0 program opt/xmrig 2 xmrig type=program" in lines
    assert "1 piece of software is not allowed" in lines


def test_no_line_is_wider_than_the_terminal() -> None:
    long = replace(FINDING, package="x" * 300, path="p/" * 300)
    assert max(map(width, render(report(long), total=60).splitlines()[8:])) <= 60


def test_html_shows_everything_and_runs_nothing() -> None:
    hostile = replace(FINDING, package="<script>x</script>")
    page = html.render(report(hostile))

    assert "Software that is not allowed" in page
    assert "&lt;script&gt;x" in page
    assert "<script>" not in page
    assert all(part in page for part in ("6.0", "opt/xmrig", LAYERS[1], "mines"))


def test_html_says_none_only_where_that_is_sure() -> None:
    assert "<p>None.</p>" in html.render(report())
    assert "None among what was judged." in html.render(report(status="partial"))


def test_sarif_has_a_rule_for_each_id_and_the_package_url() -> None:
    purl = {"purl": "pkg:deb/debian/gcc@12", "type": "deb"}
    gcc = replace(FINDING, id="compiler", fingerprint="2", package="gcc", details=purl)
    document = json.loads(sarif.render(report(FINDING, gcc)))

    Draft202012Validator(LOG).validate(document)
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert sorted(rules) == ["compliance/compiler", "compliance/miner"]
    named = [
        place["fullyQualifiedName"]
        for result in run["results"]
        for place in result["locations"][0]["logicalLocations"]
    ]
    assert sorted(named) == ["pkg:deb/debian/gcc@12", "xmrig 6.0"]
