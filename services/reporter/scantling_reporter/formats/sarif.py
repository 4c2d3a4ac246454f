"""SARIF 2.1.0 (OASIS standard): findings for code scanning services and editors.

A rule is what findings have in common: one for each risk type and id. What was not completely
judged is a notification of the invocation, which then was not successful: no result is not clean.
Findings that are set aside are results with a suppression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from scantling_reporter.formats.document import text_of
from scantling_reporter.formats.judgement import is_sure
from scantling_reporter.formats.links import first_link
from scantling_reporter.formats.ranking import by_rank
from scantling_reporter.formats.tool import TOOL, tool_version
from scantling_reporter.merge.summary import SUPPRESSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scantling_common.risks import Severity
    from scantling_reporter.report import Report, ReportFinding, ReportImage

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

_LEVELS: Final[Mapping[Severity, str]] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "note",
    "negligible": "note",
    "unknown": "warning",
}
_BANDS: Final[Mapping[Severity, tuple[float, float, float]]] = {
    "critical": (9.0, 10.0, 9.5),
    "high": (7.0, 8.9, 8.0),
    "medium": (4.0, 6.9, 5.5),
    "low": (0.1, 3.9, 2.0),
    "negligible": (0.0, 0.0, 0.0),
    "unknown": (0.0, 0.0, 0.0),
}
"""The scores of a severity (CVSS 3.1, 5), from, to and in between."""
_UNJUDGED: Final = frozenset({"failed", "unsupported", "stale"})
_ERRORS: Final = 1_000
"""How many of the things that were left out are named for each risk type."""
_TEXT: Final = 4_000
"""The longest description in characters."""
_BASE: Final = "IMAGE"


def render(report: Report) -> str:
    """Return the findings of a report."""
    return render_all([report])


def render_all(reports: Iterable[Report]) -> str:
    """Return the findings of several reports, a run for each."""
    runs = [_run(report) for report in reports]
    return text_of({"$schema": SCHEMA, "version": "2.1.0", "runs": runs})


def _run(report: Report) -> dict[str, Any]:
    findings = [each for outcome in report.outcomes.values() for each in outcome.findings]
    findings.sort(key=by_rank)
    # The first finding of a rule is the worst: the rule goes by it.
    rules: dict[str, ReportFinding] = {}
    for finding in findings:
        rules.setdefault(_rule_id(finding), finding)
    places = {name: number for number, name in enumerate(rules)}
    image = report.image
    return {
        "tool": {
            "driver": {
                "name": TOOL,
                "version": tool_version(),
                "rules": [_rule(name, finding) for name, finding in rules.items()],
            }
        },
        "automationDetails": {"id": _category(image)},
        "originalUriBaseIds": {_BASE: {"description": {"text": f"The root of {_name(image)}"}}},
        "invocations": [_invocation(report)],
        "results": [_result(each, places[_rule_id(each)]) for each in findings],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "imageReference": image.reference,
            "imageDigest": image.digest,
            "imagePlatform": image.platform,
            "status": report.status,
        },
    }


def _category(image: ReportImage) -> str:
    return f"{TOOL}/{image.repository or image.digest}/{image.platform}"


def _name(image: ReportImage) -> str:
    return image.reference or image.digest


def _rule_id(finding: ReportFinding) -> str:
    return finding.id if finding.risk == "vulnerability" else f"{finding.risk}/{finding.id}"


def _rule(name: str, finding: ReportFinding) -> dict[str, Any]:
    known = finding.vulnerability
    # What is said of a secret is said of one place, and not of all that the rule finds.
    said = "" if finding.risk == "secret" else finding.description
    about = _cut(said) or finding.title or name
    rule: dict[str, Any] = {
        "id": name,
        "shortDescription": {"text": finding.title or name},
        "fullDescription": {"text": about},
        "help": {"text": "\n".join(_help(finding)) or about},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {
            "security-severity": _security_severity(finding),
            "tags": ["security", finding.risk],
        },
    }
    link = first_link(known.references) if known is not None else ""
    if link:
        rule["helpUri"] = link
    return rule


def _help(finding: ReportFinding) -> Iterator[str]:
    known = finding.vulnerability
    if finding.solution:
        yield finding.solution
    if known is None:
        return
    if known.aliases:
        yield f"Also known as {', '.join(known.aliases)}"
    if known.vector:
        yield f"{known.score_source}: {known.vector}"
    yield from known.references


def _security_severity(finding: ReportFinding) -> str:
    """Return the number by which services sort: the score, unless the severity is another one's."""
    known = finding.vulnerability
    low, high, usual = _BANDS[finding.severity]
    score = known.score if known is not None else None
    return f"{score if score is not None and low <= score <= high else usual:.1f}"


def _result(finding: ReportFinding, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": _rule_id(finding),
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": _plain(_message(finding))},
        "locations": [_location(finding)],
        "partialFingerprints": {"scantlingFinding/v1": finding.fingerprint},
        "properties": dict(_properties(finding)),
    }
    reason = finding.details.get(SUPPRESSED, "")
    if reason:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": reason}
        ]
    return result


def _message(finding: ReportFinding) -> str:
    said = finding.title or finding.id
    if finding.package:
        said = f"{finding.package} {finding.version}: {said}"
    if excerpt := finding.details.get("excerpt", ""):
        said = f"{said}: {excerpt}"
    known = finding.vulnerability
    upgrade = finding.fixed_version
    if upgrade:
        return f"{said} (fixed in {upgrade})"
    state = known.state.replace("_", " ") if known is not None else ""
    return f"{said} ({state})" if state else said


def _plain(text: str) -> str:
    """Return text without a link in it: brackets are escaped (SARIF 3.11.6)."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _line(finding: ReportFinding) -> int:
    line = finding.details.get("line", "")
    return max(1, int(line)) if line.isdecimal() else 1


def _location(finding: ReportFinding) -> dict[str, Any]:
    # A path may lead into an archive: the file of the image is what stands before the mark.
    path, _, _ = finding.path.partition("!/")
    place: dict[str, Any] = {}
    if path:
        place["physicalLocation"] = {
            "artifactLocation": {"uri": quote(path.lstrip("/")), "uriBaseId": _BASE},
            # Services show no result without a line; of a binary file there is but one.
            "region": {"startLine": _line(finding)},
        }
    logical = []
    if finding.package:
        known = finding.vulnerability
        name = f"{finding.package} {finding.version}".strip()
        purl = known.purl if known is not None else finding.details.get("purl", "")
        full = purl or name
        logical.append({"name": name, "fullyQualifiedName": full, "kind": "package"})
    place_in = " ".join(filter(None, map(finding.details.get, ("place", "item"))))
    if not path and place_in:
        logical.append({"fullyQualifiedName": place_in, "kind": "resource"})
    if finding.path != path:
        logical.append({"fullyQualifiedName": finding.path, "kind": "resource"})
    if logical:
        place["logicalLocations"] = logical
    if finding.layer:
        place["message"] = {"text": f"In layer {finding.layer}"}
    return place


def _properties(finding: ReportFinding) -> Iterator[tuple[str, Any]]:
    yield "severity", finding.severity
    yield "inBase", finding.in_base
    if finding.fixed_version:
        yield "fixedVersion", finding.fixed_version
    known = finding.vulnerability
    if known is None:
        return
    for name, text in (
        ("upgrade", known.upgrade),
        ("state", known.state),
        ("urgency", known.urgency),
        ("exploitedSince", known.exploited_since),
    ):
        if text:
            yield name, text
    if known.epss is not None:
        yield "epss", known.epss


def _invocation(report: Report) -> dict[str, Any]:
    judged = all(outcome.status not in _UNJUDGED for outcome in report.outcomes.values())
    invocation: dict[str, Any] = {
        "executionSuccessful": judged,
        "toolExecutionNotifications": list(_notifications(report)),
    }
    if report.image.scanned_at:
        invocation["endTimeUtc"] = report.image.scanned_at
    return invocation


def _notifications(report: Report) -> Iterator[dict[str, Any]]:
    for risk, outcome in report.outcomes.items():
        if not is_sure(outcome):
            why = outcome.reason or outcome.code
            said = f"{risk} is {outcome.status}{f': {why}' if why else ''}"
            level = "error" if outcome.status in _UNJUDGED else "warning"
            yield _notification(outcome.code or outcome.status, said, level)
        for error in outcome.errors[:_ERRORS]:
            said = f"{risk} left out {error.path or error.layer}: {error.message}"
            yield _notification(error.code, said, "warning", path=error.path)
        more = len(outcome.errors) - _ERRORS
        if more > 0:
            yield _notification("left_out", f"{risk} left out {more} more places", "warning")


def _notification(code: str, said: str, level: str, *, path: str = "") -> dict[str, Any]:
    entry: dict[str, Any] = {
        "descriptor": {"id": code},
        "level": level,
        "message": {"text": _plain(said)},
    }
    file, _, _ = path.partition("!/")
    if file:
        location = {"uri": quote(file.lstrip("/")), "uriBaseId": _BASE}
        entry["locations"] = [{"physicalLocation": {"artifactLocation": location}}]
    return entry


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else f"{text[:_TEXT]}…"
