"""Reports as documents: valid by the formats' own rules, stable, and safe to show."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from msgspec.structs import replace
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from scantling_reporter.formats import FORMATS, Format, render
from scantling_reporter.formats.table import render as render_table
from scantling_reporter.formats.terminal import columns_of, fitted, safe, wants_colour, width
from scantling_reporter.report import (
    Held,
    Report,
    ReportImage,
    ReportLayer,
    report_of,
    report_of_risk,
)
from scantling_reporter.report_schema import json_schema, write_schema
from tests.reporter.builders import (
    NOW,
    a_finding,
    a_package,
    an_error,
    an_outcome,
    digest,
    usual_outcomes,
)

if TYPE_CHECKING:
    from scantling_common.outcomes import PackageEntry

HOSTILE = "\x1b]0;owned\x07\u202egnp.exe\x00\x9b31m"


def a_report(*packages: PackageEntry, status: str = "complete", image: bool = True) -> Report:
    """Return a report with findings of two risk types."""
    software = an_outcome(
        "software",
        status,  # type: ignore[arg-type]
        packages=packages
        or (
            a_package("openssl", "3.0.1"),
            a_package("org.apache:log4j-core", "2.14", type_="maven", path="app.war!/log4j.jar"),
            a_package("@babel/core", "7.0.0", type_="npm", path="srv/package.json"),
            a_package("openssl", "3.0.1"),
        ),
        errors=[an_error("srv/broken.jar")] if status == "partial" else [],
        reason="why not" if status != "complete" else "",
    )
    known = ReportImage(
        project="local",
        registry="registry.example:5000",
        kind="third-party",
        organization="team",
        repository="team/app",
        tags=("1.0", "latest"),
        reference="registry.example:5000/team/app:1.0",
        digest=digest("app"),
        platform="linux/amd64",
        created="2023-11-14T22:13:20Z",
        size=4096,
        layers=(ReportLayer(digest=digest("blob"), diff_id=digest("layer"), size=1024),),
    )
    bare = ReportImage(project="local", digest=digest("app"), platform="linux/amd64")
    finding = a_finding("F1", path="etc/\\xff", severity="critical")
    return report_of(
        known if image else bare,
        [software, *usual_outcomes(finding)[1:]],
        scanned_at=NOW,
    )


def valid_spdx(text: str, folder: Path) -> list[str]:
    """Return what spdx-tools has against a document."""
    path = folder / "document.spdx.json"
    path.write_text(text)
    return [str(each) for each in validate_full_spdx_document(parse_file(str(path)))]


@pytest.fixture(params=["complete", "partial", "failed", "bare"])
def report(request: pytest.FixtureRequest) -> Report:
    """Return reports of each kind."""
    if request.param == "bare":
        return a_report(image=False)
    return a_report(status=request.param)


def test_json_is_valid_by_its_own_schema(report: Report) -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(
        json.loads(render(report, "json")), schema, cls=jsonschema.Draft202012Validator
    )


def test_the_published_schema_is_the_one_of_the_code(tmp_path: Path) -> None:
    published = Path(__file__).parents[2] / "docs/reference/report.schema.json"
    assert published.read_text() == write_schema(tmp_path / "schema.json").read_text()


def test_cyclonedx_is_valid_by_the_schema_of_cyclonedx(report: Report) -> None:
    text = render(report, "cyclonedx")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    document = json.loads(text)
    references = [each["bom-ref"] for each in document["components"]]
    assert len(references) == len(set(references))


def test_spdx_is_valid_by_the_rules_of_spdx_tools(report: Report, tmp_path: Path) -> None:
    assert valid_spdx(render(report, "spdx"), tmp_path) == []


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_report_gives_the_same_text(name: Format) -> None:
    assert render(a_report(), name) == render(a_report(), name)


def test_an_incomplete_analysis_is_told_in_every_format() -> None:
    partial, failed = a_report(status="partial"), a_report(status="failed")
    assert json.loads(render(partial, "cyclonedx"))["compositions"][0]["aggregate"] == "incomplete"
    assert json.loads(render(failed, "cyclonedx"))["compositions"][0]["aggregate"] == "unknown"
    assert json.loads(render(partial, "spdx"))["comment"] == "Software analysis: partial (why not)."
    assert "srv/broken.jar" in render(partial, "table")
    assert json.loads(render(failed, "json"))["status"] == "failed"


def test_package_names_are_written_as_each_format_wants_them() -> None:
    components = json.loads(render(a_report(), "cyclonedx"))["components"]
    named = {(each.get("group"), each["name"]) for each in components}
    assert named == {
        (None, "debian"),
        (None, "openssl"),
        ("org.apache", "log4j-core"),
        ("@babel", "core"),
    }
    packages = json.loads(render(a_report(), "spdx"))["packages"]
    assert {each["name"] for each in packages[1:]} == {
        "debian",
        "openssl",
        "org.apache:log4j-core",
        "@babel/core",
    }


def test_hostile_text_is_valid_in_every_document_and_harmless_on_a_terminal(
    tmp_path: Path,
) -> None:
    hostile = replace(
        a_package(HOSTILE, HOSTILE),
        licenses=(HOSTILE, "", "../../etc", "GPL-2.0-only AND (", "mit"),
        path=HOSTILE,
    )
    report = a_report(hostile)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(render(report, "cyclonedx")) is None
    assert valid_spdx(render(report, "spdx"), tmp_path) == []
    table = render(report, "table")
    assert all(character.isprintable() or character == "\n" for character in table)


def test_a_table_has_its_width_and_colour_only_where_wanted() -> None:
    report = a_report(*(a_package(f"a-long-name-of-a-package-{n}", "1" * 60) for n in range(3)))
    for columns in (40, 80, 200):
        lines = render_table(report, total=columns).splitlines()
        assert max(map(width, lines[8:])) <= columns
    assert "\x1b[" not in render_table(report)
    assert "\x1b[32mcomplete" in render_table(report, colour=True)


@pytest.mark.parametrize(
    ("environment", "terminal", "wanted"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    environment: dict[str, str], *, terminal: bool, wanted: bool
) -> None:
    assert wants_colour(environment, terminal=terminal) is wanted


def test_columns_count_wide_and_combining_characters() -> None:
    assert width("日本e\u0301") == 5
    assert fitted("日本語", 5) == "日本…"
    assert fitted("ab", 4) == "ab  "
    assert safe("a\tb") == "a\\tb"
    lines = columns_of(("A", "B"), [("x" * 50, "y" * 10)], total=30)
    assert max(map(width, lines)) <= 30


def test_vulnerabilities_are_counted_only_where_they_were_looked_for() -> None:
    packages = [a_package("openssl", "3.0.1"), a_package("zlib", "1.3")]
    software = an_outcome("software", packages=packages)
    image = ReportImage(project="local", digest=digest("app"), platform="linux/amd64")
    finding = replace(a_finding("CVE-1", risk="vulnerability"), package="openssl", version="3.0.1")
    looked = report_of(image, [software, an_outcome("vulnerability", findings=[finding])])
    document = json.loads(render(looked, "json"))
    counts = [each["vulnerabilities"] for each in document["outcomes"]["software"]["packages"]]
    assert counts == [1, 0]
    missing = an_outcome("vulnerability", "unsupported", code="advisories-missing")
    for outcomes in ([software], [software, missing]):
        document = json.loads(render(report_of(image, outcomes), "json"))
        packages_shown = document["outcomes"]["software"]["packages"]
        assert all("vulnerabilities" not in each for each in packages_shown)


def test_a_stale_outcome_says_why_and_the_image_has_the_status_of_the_attempt() -> None:
    image = ReportImage(project="local", digest=digest("app"), platform="linux/amd64")
    held = Held(
        status="stale", attempt_status="failed", code="deadline", reason="late", analyzed_at=NOW
    )
    outcome = an_outcome("baseimage", findings=[a_finding("F1")])
    report = report_of(image, [outcome], {"baseimage": held})
    shown = report.outcomes["baseimage"]
    assert (report.status, shown.status, shown.code, shown.reason) == (
        "failed",
        "stale",
        "deadline",
        "late",
    )
    assert report.summary == {"baseimage": {"high": 1}}
    assert report.image.scanned_at == "2023-11-14T22:13:20Z"


def test_one_risk_type_of_a_report_is_a_report() -> None:
    part = report_of_risk(a_report(), "file")
    assert part.outcomes.keys() == part.summary.keys() == {"file"}
    jsonschema.validate(json.loads(render(part, "json")), json_schema())


def test_writing_a_report_needs_no_service() -> None:
    """``scantling scan`` must start fast: nothing that only services need is imported."""
    code = (
        "import sys\n"
        "import scantling_reporter.report\n"
        "from scantling_reporter.formats import FORMATS\n"
        "from importlib import import_module\n"
        "[import_module(f'scantling_reporter.formats.{name}') for name in FORMATS]\n"
        "heavy = {'pydantic', 'aiohttp', 'motor', 'aiokafka', 'opentelemetry', 'spdx_tools'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
