"""The vulnerabilities of an image for people at a terminal, package by package."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from scantling_common.outcomes import VulnerabilityEntry
from scantling_common.risks import SEVERITIES
from scantling_reporter.formats.ranking import by_rank
from scantling_reporter.formats.terminal import columns_of, counted, wrapped
from scantling_reporter.merge.summary import is_suppressed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scantling_common.outcomes import AdvisoryEntry, ScoreEntry
    from scantling_reporter.report import Report, ReportFinding

_NOTHING: Final = VulnerabilityEntry()
_SYSTEM: Final = ("pkg:deb/", "pkg:rpm/", "pkg:apk/", "pkg:opkg/", "pkg:alpm/")
"""How the URLs of packages begin whose path is that of a database, which says nothing."""
_INDENT: Final = "  "
_HEADER: Final = ("SEVERITY", "VULNERABILITY", "FIXED IN", "URGENCY", "TITLE")

_Package = tuple[str, str, str, str]
"""Name, version, URL, and path of a package."""


def vulnerabilities_block(report: Report, total: int, *, colour: bool) -> list[str]:
    """Return the open vulnerabilities, the package with the worst one first, and how many."""
    groups = _groups(report)
    if not groups:
        return []
    rows = [_row(each) for group in groups.values() for each in group]
    room = total - len(_INDENT)
    header, *table = columns_of(_HEADER, rows, total=room, colour=colour)
    at = iter(table)
    lines = [f"{_INDENT}{header}"]
    for package, group in groups.items():
        lines += wrapped(_title(package, group), total=total)
        lines += [f"{_INDENT}{next(at)}" for _ in group]
    return [*lines, *wrapped(_counts(groups), total=total)]


def explanations_block(report: Report, total: int) -> list[str]:
    """Return of each open vulnerability why it is one, and what every source says of it."""
    lines: list[str] = []
    for (name, version, _, path), group in _groups(report).items():
        for finding in group:
            place = f" ({path})" if path else ""
            lines += wrapped(f"{finding.id} in {name} {version}{place}", total=total)
            for said in _explained(finding):
                lines += wrapped(said, total=total, indent=_INDENT)
    return ["WHY", *lines] if lines else []


def _groups(report: Report) -> Mapping[_Package, Sequence[ReportFinding]]:
    """Return the open findings by package, in the order of each one's worst."""
    groups: dict[_Package, list[ReportFinding]] = {}
    outcome = report.outcomes.get("vulnerability")
    findings = outcome.findings if outcome is not None else ()
    for finding in sorted(findings, key=by_rank):
        if is_suppressed(finding):
            continue
        purl = (finding.vulnerability or _NOTHING).purl
        path = "" if purl.startswith(_SYSTEM) else finding.path
        key = (finding.package, finding.version, purl, path)
        groups.setdefault(key, []).append(finding)
    return groups


def _title(package: _Package, findings: Sequence[ReportFinding]) -> str:
    name, version, _, path = package
    known = findings[0].vulnerability or _NOTHING
    notes = []
    if path:
        notes.append(path)
    if findings[0].in_base:
        notes.append("of the base image")
    if not known.running:
        notes.append("not run by a container")
    place = f" ({', '.join(notes)})" if notes else ""
    upgrade = f": upgrade to {known.upgrade}" if known.upgrade else ""
    return f"{name} {version}{place}{upgrade}"


def _row(finding: ReportFinding) -> Sequence[str]:
    known = finding.vulnerability or _NOTHING
    fixed = finding.fixed_version or known.state.replace("_", " ")
    return (finding.severity, finding.id, fixed, known.urgency, finding.title)


def _counts(groups: Mapping[_Package, Sequence[ReportFinding]]) -> str:
    findings = [finding for group in groups.values() for finding in group]
    severities = Counter(finding.severity for finding in findings)
    by_severity = ", ".join(f"{severities[each]} {each}" for each in SEVERITIES if severities[each])
    number = counted(len(findings), "vulnerability", "vulnerabilities")
    mended = sum(bool(finding.fixed_version) for finding in findings)
    where = counted(len(groups), "package")
    return f"{number} in {where}: {by_severity}; {mended} with a fixed version"


def _explained(finding: ReportFinding) -> Iterator[str]:
    known = finding.vulnerability or _NOTHING
    yield from known.reasons
    if known.urgency_reason:
        yield f"{known.urgency or 'urgency'}: {known.urgency_reason}"
    for advisory in known.advisories:
        yield _advisory(advisory)
    for score in known.scores:
        yield _score(score, chosen=(score.source, score.text) == (known.score_source, known.vector))
    if known.exploited_since:
        campaigns = ", in ransomware campaigns" if known.ransomware else ""
        yield f"exploited since {known.exploited_since}{campaigns} (KEV)"
    if known.epss is not None:
        yield f"probability of exploitation in 30 days: {known.epss:.2%} (EPSS)"


def _advisory(advisory: AdvisoryEntry) -> str:
    decided = "decided by" if advisory.decided else "also"
    fixed = f"fixed in {advisory.fixed_version}" if advisory.fixed_version else "names no fix"
    said = advisory.state.replace("_", " ") or fixed
    return f"{decided} {advisory.id} of {advisory.feed} for {advisory.stream}: {said}"


def _score(score: ScoreEntry, *, chosen: bool) -> str:
    number = f" {score.score:.1f}" if score.score is not None else ""
    mark = ", which was chosen" if chosen else ""
    return f"{score.source} says {score.severity}{number} ({score.text}){mark}"
