"""Settings, as people see them: counts by baseline, what failed, what could not be told."""

from __future__ import annotations

import csv as csv_reader
import io
import json

from jsonschema import Draft202012Validator
from msgspec.structs import replace

from scantling_common.outcome_settings import BaselineCount, SettingItem, SettingReport
from scantling_common.outcomes import Finding, Outcome
from scantling_reporter.formats import csv, html, sarif
from scantling_reporter.formats.table import render
from scantling_reporter.formats.terminal import width
from scantling_reporter.report import Report, ReportImage, ReportLayer, report_of
from tests.reporter.sarif_schema import LOG

LAYER = "sha256:one"
PATH = "etc/ssh/sshd_config"
FINDING = Finding(
    id="ssh-root-login",
    fingerprint="1",
    risk="setting",
    severity="high",
    title="Root must not log in",
    path=PATH,
    layer=LAYER,
    description="Whether root may.",
    solution="Set it to no.",
    details={
        "baseline": "ssh",
        "observed": "permitrootlogin yes",
        "expected": "no",
        "line": "7",
        "references": "CIS 5.2.9",
    },
)
FAILED = SettingItem(
    id="ssh-root-login",
    baseline="ssh",
    title="Root must not log in",
    severity="high",
    status="failed",
    observed="permitrootlogin yes",
    path=PATH,
    line=7,
    remedy="Set it to no.",
)
UNKNOWN = SettingItem(
    id="sudo-pty",
    baseline="debian-12",
    title="sudo and terminals",
    severity="low",
    status="unknown",
    reason="/etc/sudoers can't be read",
)
COUNTS = (
    BaselineCount(
        id="debian-12", title="Debian 12", passed=9, failed=0, not_applicable=3, unknown=1
    ),
    BaselineCount(
        id="ssh", title="OpenSSH server", passed=4, failed=1, not_applicable=0, unknown=0
    ),
)


def report(*findings: Finding, setting: SettingReport | None = None) -> Report:
    layers = (ReportLayer(digest=LAYER, diff_id=LAYER, size=1),)
    image = ReportImage(project="p", digest="sha256:i", platform="linux/amd64", layers=layers)
    known = setting or SettingReport(baselines=COUNTS, items=(UNKNOWN, FAILED))
    return report_of(
        image, [Outcome(risk="setting", status="complete", findings=findings, setting=known)]
    )


def words(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_table_has_counts_by_baseline_then_what_failed_and_what_is_not_known() -> None:
    low = replace(FINDING, id="x", severity="low", fingerprint="2", path="", details={})
    lines = words(render(report(low, FINDING), total=240))

    assert "BASELINE PASSED FAILED NOT APPLICABLE UNKNOWN" in lines
    assert "Debian 12 (debian-12) 9 0 3 1" in lines
    at = lines.index("SEVERITY UNSAFE SETTING OBSERVED EXPECTED WHERE BASELINE")
    assert lines[at + 1] == (
        f"high ssh-root-login: Root must not log in permitrootlogin yes no {PATH}:7 ssh"
    )
    assert lines[at + 2].startswith("low x:")
    assert "2 settings are unsafe" in lines
    assert "sudo-pty: sudo and terminals debian-12 /etc/sudoers can't be read" in lines
    assert not any(line.startswith("SEVERITY RISK") for line in lines)


def test_every_item_is_listed_by_baseline_if_asked() -> None:
    lines = words(render(report(FINDING), total=200, verbose=True))
    at = lines.index("STATUS ITEM OF SSH OBSERVED WHERE")
    assert lines[at + 1] == (
        f"failed ssh-root-login: Root must not log in permitrootlogin yes {PATH}:7"
    )
    assert "STATUS ITEM OF DEBIAN-12 OBSERVED WHERE" in lines
    assert "STATUS ITEM" not in render(report(FINDING))


def test_what_is_set_aside_is_not_unsafe() -> None:
    aside = replace(FINDING, details={"suppressed": "known"})
    assert "UNSAFE SETTING" not in render(report(aside))


def test_very_many_unknown_items_are_counted() -> None:
    many = SettingReport(items=tuple(replace(UNKNOWN, id=f"i{n}") for n in range(25)))
    assert "… and 5 more, in the JSON report" in render(report(setting=many))


def test_findings_without_a_section_are_shown_all_the_same() -> None:
    bare = report_of(
        ReportImage(project="p", digest="sha256:i", platform="linux/amd64"),
        [Outcome(risk="setting", status="complete", findings=(FINDING,))],
    )
    assert "1 setting is unsafe" in render(bare)
    assert "Unsafe settings" in html.render(bare)


def test_no_line_is_wider_than_the_terminal() -> None:
    long = replace(FINDING, title="x" * 300, details={"observed": "y " * 300})
    assert max(map(width, render(report(long), total=80).splitlines()[8:])) <= 80


def test_html_has_counts_findings_and_every_item_and_runs_nothing() -> None:
    hostile = replace(FINDING, details={"observed": "<script>x</script>", "baseline": "ssh"})
    page = html.render(report(hostile))

    assert "&lt;script&gt;x" in page
    assert "<script>" not in page
    wanted = ("Debian 12", "OpenSSH server", "ssh-root-login", PATH, "Set it to no.")
    assert all(part in page for part in (*wanted, "/etc/sudoers can&#x27;t be read"))


def test_csv_has_what_was_seen_and_where() -> None:
    (row,) = csv_reader.DictReader(io.StringIO(csv.render(report(FINDING))))
    assert (row["observed"], row["expected"], row["line"]) == ("permitrootlogin yes", "no", "7")
    assert (row["baseline"], row["path"], row["references"]) == ("ssh", PATH, "CIS 5.2.9")


def test_sarif_points_at_the_line() -> None:
    document = json.loads(sarif.render(report(FINDING)))

    Draft202012Validator(LOG).validate(document)
    (run,) = document["runs"]
    (result,) = run["results"]
    assert result["ruleId"] == "setting/ssh-root-login"
    (place,) = result["locations"]
    assert place["physicalLocation"]["region"] == {"startLine": 7}


def test_a_report_has_items_and_counts() -> None:
    outcome = report(FINDING).outcomes["setting"]
    assert outcome.baselines == COUNTS
    assert outcome.items == (UNKNOWN, FAILED)


def test_people_see_a_backslash_as_two_and_a_control_character_escaped() -> None:
    said = r"Kernel \x5cr on an \x5cm \x1b[2J \x5cx1b"
    finding = replace(FINDING, details={**FINDING.details, "observed": said})
    item = replace(FAILED, observed=said)
    made = report(finding, setting=SettingReport(baselines=COUNTS, items=(item,)))

    shown = r"Kernel \\r on an \\m \x1b[2J \\x1b"
    assert shown in render(made, total=400)
    assert "".join(html.render(made)).count(shown) == 2
