"""From the software of an image to findings: each piece of it counts once; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from scantling_analyzers.risks.compliance.finding import digest_of, finding_of
from scantling_analyzers.risks.compliance.policy import TooManyComparisons
from scantling_common.outcomes import OutcomeError
from scantling_common.software_list.entry import SYSTEM_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.risks.compliance.policy import Judging, Policy, Verdict
    from scantling_analyzers.risks.compliance.rule import Rule
    from scantling_analyzers.risks.compliance.subject import Subject
    from scantling_common.outcomes import Finding

VERSION_INVALID: Final = "version_invalid"
MAX_ERRORS: Final = 1000
"""How many versions that can't be compared are named."""


class Inspected(NamedTuple):
    """What came out, in a stable order."""

    findings: tuple[Finding, ...]
    errors: tuple[OutcomeError, ...]


def inspect(policy: Policy, packages: Iterable[Subject], programs: Iterable[Subject]) -> Inspected:
    """Judge packages, then executable files.

    What a package of the system brought is decided with that package, where an entry is about it:
    both are one piece of software. But an entry that denies the very content of a file, and stands
    before the one that allows the package, is not passed over. An executable file in which a
    package was found that is not allowed has no second finding for its name.
    """
    inspection = _Inspection(policy.judging())
    ordered = sorted(packages, key=_order)
    try:
        for subject in ordered:
            if subject.type in SYSTEM_TYPES:
                inspection.judge(subject)
        for subject in ordered:
            if subject.type not in SYSTEM_TYPES:
                inspection.judge_part(subject)
        for subject in sorted(programs, key=_order):
            if subject.path not in inspection.denied:
                inspection.judge_part(subject)
    except TooManyComparisons as error:
        inspection.leave_out(str(error), "", "", error.code)
    return inspection.done()


class _Inspection:
    """What was judged; ``denied`` are the paths of what is not allowed."""

    def __init__(self, judging: Judging) -> None:
        self._judging = judging
        self._findings: list[Finding] = []
        self._errors: list[OutcomeError] = []
        # By type and name, as an owner is written: deb:nmap.
        self._decided: dict[str, Verdict] = {}
        self.denied: set[str] = set()

    def judge(self, subject: Subject) -> None:
        """Judge one piece of software. Raises :class:`TooManyComparisons`."""
        self._take(subject, self._judging.judge(subject))

    def judge_part(self, subject: Subject) -> None:
        """Judge what a package of the system may have brought. Raises as :meth:`judge`."""
        owner = self._decided.get(subject.owner)
        if owner is None:
            self.judge(subject)
        elif owner.allows and subject.hashes:
            verdict = self._judging.judge(subject)
            if verdict.denies_content_before(owner):
                self._take(subject, verdict)

    def _take(self, subject: Subject, verdict: Verdict) -> None:
        rule, unknown, _ = verdict
        if rule is not None:
            self._decided[f"{subject.type}:{subject.name}"] = verdict
        if rule is not None and rule.denies:
            self.denied.add(subject.path)
            self._findings.append(finding_of(subject, rule))
        elif unknown is not None:
            message = _not_compared(subject, unknown)
            self.leave_out(message, subject.path, subject.layer, VERSION_INVALID)

    def leave_out(self, message: str, path: str, layer: str, code: str) -> None:
        """Say what is not judged."""
        self._errors.append(OutcomeError(path=path, layer=layer, code=code, message=message))

    def done(self) -> Inspected:
        """Return what came out."""
        errors = self._errors
        if len(errors) > MAX_ERRORS:
            message = f"{len(errors) - MAX_ERRORS} more versions can't be compared"
            rest = OutcomeError(path="", layer="", code="too_many", message=message)
            errors = [*errors[:MAX_ERRORS], rest]
        return Inspected(_distinct(self._findings), tuple(errors))


def _distinct(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return findings in order; of software that is there in two versions, each has its own.

    The first one keeps the fingerprint that it has while there is but one version.
    """
    seen: dict[str, int] = {}
    distinct = []
    for finding in sorted(findings, key=_place):
        known = finding.fingerprint
        count = seen[known] = seen.get(known, 0) + 1
        own = known if count == 1 else digest_of(known, str(count))
        distinct.append(replace(finding, fingerprint=own))
    return tuple(distinct)


def _not_compared(subject: Subject, rule: Rule) -> str:
    known = f"version {subject.version}" if subject.version else "unknown version"
    return f"{subject.name} of {known} can't be compared with: {rule.entry.text}"


def _order(subject: Subject) -> tuple[str, ...]:
    return (subject.path, subject.type, subject.name, subject.version, subject.arch, subject.layer)


def _place(finding: Finding) -> tuple[str, ...]:
    details = finding.details
    return (
        *(finding.path, details["type"], finding.package, finding.version),
        *(details.get("arch", ""), finding.layer),
    )
