"""The ``vulnerabilities`` of a CycloneDX document (1.6, section "Vulnerabilities")."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from scantling_common.outcomes import VulnerabilityEntry
from scantling_reporter.formats.components import REFERENCE_DIGITS
from scantling_reporter.formats.links import is_link
from scantling_reporter.formats.ranking import by_rank
from scantling_reporter.merge.summary import SUPPRESSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from scantling_common.outcomes import ScoreEntry
    from scantling_reporter.formats.components import Component
    from scantling_reporter.report import Report, ReportFinding

VEX_STATUS: Final = "vex_status"
"""The detail of a finding that is set aside which has the status of OpenVEX."""
VEX_JUSTIFICATION: Final = "vex_justification"
"""The detail that has the justification of OpenVEX."""

_NOTHING: Final = VulnerabilityEntry()
_SEVERITIES: Final = {"negligible": "info"}
_METHODS: Final = {"cvss_v2": "CVSSv2", "cvss_v3": "CVSSv3", "cvss_v4": "CVSSv4"}
_STATES: Final = {"not_affected": "not_affected", "fixed": "resolved"}
_JUSTIFICATIONS: Final = {
    "component_not_present": "code_not_present",
    "vulnerable_code_not_present": "code_not_present",
    "vulnerable_code_not_in_execute_path": "code_not_reachable",
    "vulnerable_code_cannot_be_controlled_by_adversary": "requires_environment",
    "inline_mitigations_already_exist": "protected_by_mitigating_control",
}
"""From the justifications of OpenVEX, each to the one that says no more than it."""
_INSTANT: Final = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"(T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2}))?"
)
_WEAKNESS: Final = re.compile(r"CWE-([1-9][0-9]{0,6})")


@dataclass(frozen=True, slots=True)
class _Entry:
    """Findings of one vulnerability that are judged alike, the worst first."""

    findings: Sequence[ReportFinding]

    @property
    def first(self) -> ReportFinding:
        return self.findings[0]

    @property
    def known(self) -> VulnerabilityEntry:
        return self.first.vulnerability or _NOTHING


def vulnerabilities_of(report: Report, components: Sequence[Component]) -> list[dict[str, Any]]:
    """Return the vulnerabilities of a report, the worst first.

    Findings of one vulnerability are one entry, unless some are set aside and others are not:
    an entry has one analysis.
    """
    outcome = report.outcomes.get("vulnerability")
    if outcome is None:
        return []
    grouped: dict[tuple[str, ...], list[ReportFinding]] = {}
    for finding in sorted(outcome.findings, key=by_rank):
        known = finding.vulnerability or _NOTHING
        judged = [finding.details.get(each, "") for each in (SUPPRESSED, *_ANALYSED)]
        grouped.setdefault((finding.id, known.state, *judged), []).append(finding)
    places = _Places(components, report.image.digest)
    return [_vulnerability(key, _Entry(each), places) for key, each in grouped.items()]


_ANALYSED: Final = (VEX_STATUS, VEX_JUSTIFICATION)


class _Places:
    """Which components a finding is about."""

    def __init__(self, components: Iterable[Component], image: str) -> None:
        """Look among components; ``image`` is what the others are about."""
        self._image = image
        self._by_purl: dict[str, list[Component]] = {}
        self._by_name: dict[tuple[str, str], list[Component]] = {}
        for each in components:
            package = each.package
            if package.purl:
                self._by_purl.setdefault(package.purl, []).append(each)
            self._by_name.setdefault((package.name, package.version), []).append(each)

    def of(self, finding: ReportFinding) -> list[str]:
        """Return the references of a finding's components: those at its path, else all."""
        purl = (finding.vulnerability or _NOTHING).purl
        named = self._by_name.get((finding.package, finding.version), [])
        found = self._by_purl.get(purl, []) or named
        at_path = [c for c in found if any(p.path == finding.path for p in c.places)]
        return [f"package-{each.reference}" for each in at_path or found] or [self._image]


def _vulnerability(key: tuple[str, ...], entry: _Entry, places: _Places) -> dict[str, Any]:
    finding, known = entry.first, entry.known
    document: dict[str, Any] = {"bom-ref": _reference(key), "id": finding.id}
    source = _source(known)
    if source:
        document["source"] = {"name": source}
    if known.aliases:
        document["references"] = [
            {"id": alias, "source": {"name": _issuer(alias)}} for alias in known.aliases
        ]
    document["ratings"] = _ratings(finding, known)
    weaknesses = [int(m[1]) for each in known.weaknesses if (m := _WEAKNESS.fullmatch(each))]
    if weaknesses:
        document["cwes"] = weaknesses
    if finding.description or finding.title:
        document["description"] = finding.description or finding.title
    solutions = dict.fromkeys(each.solution for each in entry.findings if each.solution)
    if solutions:
        document["recommendation"] = "\n".join(solutions)
    links = [each for each in known.references if is_link(each)]
    if links:
        document["advisories"] = [{"url": link} for link in links]
    document.update(_times(known))
    analysis = _analysis(finding, known)
    if analysis:
        document["analysis"] = analysis
    document["affects"] = _affects(entry, places)
    properties = [{"name": name, "value": text} for name, text in _properties(entry) if text]
    if properties:
        document["properties"] = properties
    return document


def _reference(key: tuple[str, ...]) -> str:
    digest = hashlib.sha256("\x00".join(key).encode("utf-8", "surrogatepass")).hexdigest()
    return f"vulnerability-{digest[:REFERENCE_DIGITS]}"


def _source(known: VulnerabilityEntry) -> str:
    decided = [each.feed for each in known.advisories if each.decided]
    return decided[0] if decided else known.score_source


def _issuer(id_: str) -> str:
    """Return who gives ids of this form: what stands before the first hyphen."""
    return id_.partition("-")[0] or id_


def _ratings(finding: ReportFinding, known: VulnerabilityEntry) -> list[dict[str, Any]]:
    """Return what is said of the severity: by this report first, then by every source."""
    chosen: dict[str, Any] = {"source": {"name": "scantling"}, "severity": _word(finding.severity)}
    return [chosen, *map(_rating, known.scores)]


def _rating(score: ScoreEntry) -> dict[str, Any]:
    rating: dict[str, Any] = {"source": {"name": score.source}, "severity": _word(score.severity)}
    if score.score is not None:
        rating["score"] = score.score
    if score.kind in _METHODS:
        newer = score.text.startswith("CVSS:3.1/")
        rating["method"] = "CVSSv31" if newer else _METHODS[score.kind]
        rating["vector"] = score.text
    else:
        rating["method"] = "other"
        rating["justification"] = score.text
    return rating


def _word(severity: str) -> str:
    return _SEVERITIES.get(severity, severity)


def _times(known: VulnerabilityEntry) -> Iterator[tuple[str, str]]:
    for name, text in (("published", known.published), ("updated", known.modified)):
        match = _INSTANT.fullmatch(text)
        if match is not None:
            yield name, text if match[1] else f"{text}T00:00:00Z"


def _analysis(finding: ReportFinding, known: VulnerabilityEntry) -> dict[str, Any]:
    details: Mapping[str, str] = finding.details
    reason = details.get(SUPPRESSED, "")
    if reason:
        # Who sets a finding aside without a word of VEX says that it does not matter here.
        state = _STATES.get(details.get(VEX_STATUS, ""), "not_affected")
        analysis: dict[str, Any] = {"state": state, "detail": reason}
        justification = _JUSTIFICATIONS.get(details.get(VEX_JUSTIFICATION, ""))
        if justification and state == "not_affected":
            analysis["justification"] = justification
        return analysis
    if known.state == "under_investigation":
        return {"state": "in_triage"}
    if known.state in {"will_not_fix", "end_of_life"}:
        return {"response": ["will_not_fix"], "detail": known.state.replace("_", " ")}
    return {}


def _affects(entry: _Entry, places: _Places) -> list[dict[str, Any]]:
    affected: dict[str, dict[str, Any]] = {}
    for finding in entry.findings:
        status = "unaffected" if finding.details.get(SUPPRESSED) else "affected"
        for reference in places.of(finding):
            place: dict[str, Any] = {"ref": reference}
            if finding.version:
                place["versions"] = [{"version": finding.version, "status": status}]
            affected.setdefault(reference, place)
    return [*affected.values()]


def _properties(entry: _Entry) -> Iterator[tuple[str, str]]:
    known = entry.known
    for version in dict.fromkeys(each.fixed_version for each in entry.findings):
        yield "scantling:fixed-version", version
    yield "scantling:state", known.state
    yield "scantling:urgency", known.urgency
    yield "scantling:urgency-reason", known.urgency_reason
    yield "scantling:exploited-since", known.exploited_since
    yield "scantling:due", known.due
    yield "scantling:epss", "" if known.epss is None else f"{known.epss:.5f}"
    yield "scantling:running", "" if known.running else "no"
    for finding in entry.findings:
        yield "scantling:fingerprint", finding.fingerprint
