"""The finding of a vulnerability in one package of an image; pure."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.advisories.matching.kernel import is_kernel
from scantling_analyzers.advisories.matching.urgency import urgency_of
from scantling_common.outcomes import AdvisoryEntry, Finding, VulnerabilityEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scantling_analyzers.advisories.matching.contract import Advisories
    from scantling_analyzers.advisories.matching.exemptions import Exempted
    from scantling_analyzers.advisories.matching.portrait import Portrait
    from scantling_analyzers.advisories.matching.verdict import Holding, Verdict
    from scantling_common.outcomes import PackageEntry
    from scantling_common.versions.ranges import Event

SUPPRESSED: Final = "suppressed"
_VEX_STATUS: Final = "vex_status"
_VEX_JUSTIFICATION: Final = "vex_justification"
"""The detail of a finding that says why it is set aside."""
MAX_ADVISORIES: Final = 30
"""How many advisories a finding names."""
_DIGEST_LENGTH: Final = 32
_MAX_RANGES: Final = 3
_UNTAGGED: Final = re.compile(
    r"v?[0-9]+\.0\.0-([0-9]{4})([0-9]{2})([0-9]{2})[0-9]{6}-[0-9a-f]{12}(?:\+.*)?"
)
"""A version that Go makes for a commit that no tag of the module is before (modules reference)."""

_STATES: Final[Mapping[str, str]] = {
    "not_fixed": "There is no fix yet.",
    "will_not_fix": "The publisher will not fix it in this release: move to a newer release, or "
    "remove the package.",
    "end_of_life": "The publisher no longer mends this package in this release: move to a newer "
    "release, or remove the package.",
    "deferred": "The publisher has put the fix off: watch for it, or remove the package.",
    "under_investigation": "The publisher still looks into whether the package is affected.",
    "": "No version that mends it is known.",
}
_MALICIOUS: Final = (
    "The package does harm by intent: remove it, and replace secrets that were within its reach."
)


def finding_of(
    package: PackageEntry,
    verdict: Verdict,
    portrait: Portrait,
    *,
    upgrade: str,
    exempted: Exempted,
    advisories: Advisories,
) -> Finding:
    """Return the finding of a package wherever it stands; :func:`placed` puts it into an image."""
    running = not is_kernel(package)
    fixed = verdict.fixed
    urgent = urgency_of(
        portrait.severities.severity,
        exploited_since=portrait.exploited_since,
        epss=portrait.epss,
        fixed=bool(fixed),
        running=running,
        malicious=verdict.malicious,
    )
    suppressed = exempted.suppressed or _cleared(verdict)
    return Finding(
        id=verdict.vulnerability,
        fingerprint="",
        risk="vulnerability",
        severity=portrait.severities.severity,
        title=portrait.title,
        package=package.name,
        version=package.version,
        fixed_version=fixed,
        description=portrait.description,
        solution=_solution(package, verdict, upgrade, running=running),
        details=_details(suppressed, exempted),
        vulnerability=VulnerabilityEntry(
            aliases=portrait.aliases,
            scores=portrait.severities.entries,
            score=portrait.severities.score,
            vector=portrait.severities.vector,
            score_source=portrait.severities.source,
            published=portrait.published,
            modified=portrait.modified,
            weaknesses=portrait.weaknesses,
            references=portrait.references,
            state=verdict.state,
            upgrade=upgrade,
            urgency=urgent.urgency,
            urgency_reason=urgent.reason,
            exploited_since=portrait.exploited_since,
            due=portrait.due,
            ransomware=portrait.ransomware,
            epss=portrait.epss,
            epss_percentile=portrait.epss_percentile,
            match=verdict.decided.question.match,
            purl=package.purl,
            advisories=tuple(_entries(verdict, advisories)),
            reasons=tuple(_reasons(package, verdict, exempted, advisories)),
            running=running,
        ),
    )


def placed(finding: Finding, package: PackageEntry, identity: str) -> Finding:
    """Return a finding at its place in an image.

    ``identity`` tells the package apart from all others of the image, whatever its version.
    """
    solution = finding.solution
    if package.in_base:
        solution = f"{solution} The package comes with the base image: build on a newer one."
    return replace(
        finding,
        fingerprint=_fingerprint(finding.id, identity),
        path=package.path,
        layer=package.layer,
        in_base=package.in_base,
        solution=solution,
    )


def _fingerprint(vulnerability: str, identity: str) -> str:
    text = f"vulnerability\x00{vulnerability}\x00{identity}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LENGTH]


def _cleared(verdict: Verdict) -> str:
    if not verdict.cleared:
        return ""
    names = ", ".join(dict.fromkeys(each.advisory_id for each in verdict.cleared))
    return f"not affected, says {names}"


def _solution(package: PackageEntry, verdict: Verdict, upgrade: str, *, running: bool) -> str:
    told = [_remedy(package, verdict, upgrade)]
    if not running:
        told.append("Containers run the kernel of their host: that is what has to be mended.")
    return " ".join(told)


def _remedy(package: PackageEntry, verdict: Verdict, upgrade: str) -> str:
    if verdict.malicious:
        return _MALICIOUS
    if not verdict.fixed:
        return _STATES.get(verdict.state, _STATES[""])
    name = package.name
    if verdict.decided.question.match == "source" and package.source_name not in {"", name}:
        name = f"{name} to the build of {package.source_name}"
    else:
        name = f"{name} to"
    more = (
        f" {upgrade} clears all that is known of it." if upgrade not in {"", verdict.fixed} else ""
    )
    return f"Upgrade {name} {verdict.fixed} or later.{more}"


def _entries(verdict: Verdict, advisories: Advisories) -> Iterator[AdvisoryEntry]:
    """Yield what each advisory says, the one that decided first."""
    entries: dict[AdvisoryEntry, None] = {}
    for holding in (verdict.decided, *verdict.cleared, *verdict.others):
        entries.setdefault(
            AdvisoryEntry(
                id=holding.advisory_id,
                feed=advisories.advisory(holding.claim.advisory).feed,
                stream=holding.question.stream,
                fixed_version=holding.fix or _mended(holding),
                state=holding.claim.state,
                decided=holding is verdict.decided,
            )
        )
    yield from list(entries)[:MAX_ADVISORIES]


def _mended(holding: Holding) -> str:
    """Return the fix of a claim that does not hold any more, where it names only one."""
    if holding.holds:
        return ""
    named = {e.version for events in holding.claim.ranges for e in events if e.kind == "fixed"}
    return named.pop() if len(named) == 1 else ""


def _reasons(
    package: PackageEntry, verdict: Verdict, exempted: Exempted, advisories: Advisories
) -> Iterator[str]:
    decided = verdict.decided
    question = decided.question
    yield (
        f"{decided.advisory_id} ({question.stream}) says that {question.name} is affected "
        f"{_ranges_of(decided)}; {question.version} is installed"
    )
    if package.type == "golang":
        yield from _unplaced(decided, advisories)
    if question.match == "source" and package.source_name not in {"", package.name}:
        yield f"{package.name} is built from the source {package.source_name}"
    if question.match == "product":
        yield f"{package.name} is a part of {question.name}, and nothing is said of it alone"
    elif question.match == "package" and package.type == "maven" and question.name != package.name:
        yield f"{package.name} and {question.name} are names of one package"
    against = [each for each in verdict.others if each.holds and each.claim.state != "not_affected"]
    silent = [each for each in verdict.others if not each.holds]
    if against:
        yield f"{_names(against)} say the same"
    if silent:
        yield f"{_names(silent)} do not hold this version for affected"
    if verdict.cleared:
        yield f"{_names(verdict.cleared)} say that it is not affected"
    if exempted.said:
        yield exempted.said


def _unplaced(decided: Holding, advisories: Advisories) -> Iterator[str]:
    """Say that a commit without a tag is below every release, whether or not it has the mend."""
    commit = _UNTAGGED.fullmatch(decided.question.version)
    if commit is None or not decided.fix or _UNTAGGED.fullmatch(decided.fix):
        return
    day = "-".join(commit.groups())
    published = advisories.advisory(decided.claim.advisory).published[:10]
    later = f", and it is later than the advisory ({published})" if "" < published < day else ""
    yield (
        f"{decided.question.version} is a commit of {day} that no tag is before, which sorts below "
        f"every release: it is not certain that it lacks what {decided.fix} mends{later}"
    )


def _names(holdings: Sequence[Holding]) -> str:
    names = list(dict.fromkeys(each.advisory_id for each in holdings))
    more = len(names) - MAX_ADVISORIES
    return ", ".join(names[:MAX_ADVISORIES]) + (f" and {more} more" if more > 0 else "")


def _ranges_of(holding: Holding) -> str:
    claim = holding.claim
    if not claim.ranges and not claim.versions:
        return "in every version"
    shown = [_range(events) for events in claim.ranges[:_MAX_RANGES]]
    if len(claim.ranges) > _MAX_RANGES:
        shown.append(f"in {len(claim.ranges) - _MAX_RANGES} more ranges")
    if claim.versions:
        shown.append(f"in {len(claim.versions)} listed versions")
    return ", or ".join(shown)


def _range(events: Sequence[Event]) -> str:
    words = {"introduced": "from", "fixed": "before", "last_affected": "up to", "limit": "below"}
    parts = [
        f"{words[kind]} {version}"
        for kind, version in events[: 2 * _MAX_RANGES]
        if (kind, version) != ("introduced", "0")
    ]
    if len(events) > 2 * _MAX_RANGES:
        parts.append("…")
    return " ".join(parts) or "in every version"


def _details(suppressed: str, exempted: Exempted) -> dict[str, str]:
    """Return why a finding is set aside, in words and, of a VEX document, in those of OpenVEX."""
    said = {
        SUPPRESSED: suppressed,
        _VEX_STATUS: exempted.status,
        _VEX_JUSTIFICATION: exempted.justification,
    }
    return {name: text for name, text in said.items() if text}
