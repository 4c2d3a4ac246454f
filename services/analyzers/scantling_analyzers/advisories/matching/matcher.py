"""Matching the packages of images against one advisory database, remembering what was asked.

Equal packages of one stream have equal answers, so a fleet is matched with few questions. Nothing
outlives the database: another build has a matcher of its own. Several threads may use one.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from scantling_analyzers.advisories.matching.coverage import Coverage, survey
from scantling_analyzers.advisories.matching.exemptions import Exempted, Exemptions
from scantling_analyzers.advisories.matching.finding import finding_of, placed
from scantling_analyzers.advisories.matching.portrait import Portrait, portrait_of
from scantling_analyzers.advisories.matching.subject import DISTRIBUTED, is_owned, subject_of
from scantling_analyzers.advisories.matching.verdict import Judgement, Verdict, judge
from scantling_common.outcomes import DistributionEntry, Finding, PackageEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from scantling_analyzers.advisories.database.schema import Claim, Vulnerability
    from scantling_analyzers.advisories.matching.contract import Advisories
    from scantling_analyzers.advisories.matching.subject import Setting, Subject
    from scantling_analyzers.advisories.models import Advisory, Exemption

T = TypeVar("T")

Place = tuple[str, str, str, str]
"""Type, name, architecture and path of a package."""

REMEMBERED: Final = 50_000
"""How many packages' answers are kept, the least used go first."""
MAX_KEPT: Final = 100_000
"""How many findings the kept answers may have together: a kernel has thousands, most none."""
_REMEMBERED_RECORDS: Final = 20_000
_REMEMBERED_ROWS: Final = 2_000


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """What is matched: the packages of the image with that digest, and its distribution.

    ``indexes`` are digests by which the image may be named, too.
    """

    packages: tuple[PackageEntry, ...]
    distribution: DistributionEntry | None = None
    digest: str = ""
    indexes: tuple[str, ...] = ()

    @property
    def digests(self) -> tuple[str, ...]:
        """Return all digests that the image is known by."""
        return (self.digest, *self.indexes) if self.digest else self.indexes


class Doubt(msgspec.Struct, frozen=True):
    """A package whose version can't be compared with what these advisories say."""

    package: PackageEntry
    advisories: tuple[str, ...]


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """The findings in a stable order, and what could not be judged."""

    findings: tuple[Finding, ...]
    coverage: Coverage
    doubts: tuple[Doubt, ...] = ()


class _Answer:
    """What is said of a package, and the findings that it has wherever it stands."""

    __slots__ = ("findings", "judgement")

    def __init__(self, judgement: Judgement) -> None:
        self.judgement = judgement
        self.findings: tuple[Finding, ...] = ()


class Matcher:
    """Matches against one database."""

    def __init__(self, advisories: Advisories, own: Iterable[Exemption] = ()) -> None:
        """Bind the database, and the user's own VEX statements."""
        self._remembered = _Remembered(advisories)
        self._exemptions = Exemptions(own, self._remembered)
        self._judge = lru_cache(maxsize=REMEMBERED)(self._judged)
        self._answers = lru_cache(maxsize=REMEMBERED)(self._answered)
        self._portraits: dict[object, Portrait] = {}
        self._kept = 0

    @property
    def build(self) -> str:
        """Return the build of the database."""
        return self._remembered.build

    def match(self, inventory: Inventory) -> Matched:
        """Return what is said of the packages of an image."""
        coverage, judged = self._survey(inventory, self._answer)
        repeated: Counter[Place] | None = None
        findings: list[Finding] = []
        doubts: list[Doubt] = []
        for package, answer in judged:
            judgement = answer.judgement
            if judgement.doubts:
                doubts.append(Doubt(package, judgement.doubts))
            if judgement.verdicts:
                repeated = repeated or Counter(map(_place, inventory.packages))
                identity = _identity(package, repeated)
                findings += self._findings(package, answer, identity, inventory.digests)
        findings.sort(key=lambda each: (each.path, each.package, each.id, each.fingerprint))
        return Matched(findings=tuple(findings), coverage=coverage, doubts=tuple(doubts))

    def asked(self, inventory: Inventory) -> set[tuple[str, str]]:
        """Return the rows, by stream and name, that the answer for an inventory comes from."""
        _, subjects = self._survey(inventory, subject_of)
        return {
            (question.stream, question.name)
            for _, subject in subjects
            for tier in subject.tiers
            for question in tier
        }

    def _survey(
        self, inventory: Inventory, answer_of: Callable[[PackageEntry, Setting], T | None]
    ) -> tuple[Coverage, list[tuple[PackageEntry, T]]]:
        own = [each for each in inventory.packages if not (each.owner and is_owned(each))]
        return survey(own, inventory.distribution, self._remembered, answer_of)

    def _answer(self, package: PackageEntry, setting: Setting) -> _Answer | None:
        """Return what is said of a package, whatever its place; see :func:`_answered`."""
        return self._answers(
            setting,
            package.type,
            package.name,
            package.version,
            package.purl,
            package.arch,
            package.source_name,
            package.source_version,
            package.module,
            package.cpes,
        )

    def _answered(  # noqa: PLR0917  # what it is remembered by
        self,
        setting: Setting,
        type_: str,
        name: str,
        version: str,
        purl: str,
        arch: str,
        source_name: str,
        source_version: str,
        module: str,
        cpes: tuple[str, ...],
    ) -> _Answer | None:
        package = PackageEntry(
            name=name,
            version=version,
            type=type_,
            purl=purl,
            path="",
            layer="",
            arch=arch,
            source_name=source_name,
            source_version=source_version,
            module=module,
            cpes=cpes,
        )
        subject = subject_of(package, setting)
        if subject is None:
            return None
        answer = _Answer(self._judge(subject))
        self._kept += len(answer.judgement.verdicts)
        if self._kept > MAX_KEPT:
            self._answers.cache_clear()
            self._kept = len(answer.judgement.verdicts)
        answer.findings = tuple(
            self._finding(package, verdict, answer.judgement, Exempted())
            for verdict in answer.judgement.verdicts
        )
        return answer

    def _findings(
        self, package: PackageEntry, answer: _Answer, identity: str, digests: tuple[str, ...]
    ) -> Iterable[Finding]:
        pairs = zip(answer.judgement.verdicts, answer.findings, strict=True)
        for verdict, finding in pairs:
            exempted = self._exemptions.of(verdict.vulnerability, package, digests)
            if exempted.said:
                told = self._finding(package, verdict, answer.judgement, exempted)
                yield placed(told, package, identity)
            else:
                yield placed(finding, package, identity)

    def _finding(
        self, package: PackageEntry, verdict: Verdict, judgement: Judgement, exempted: Exempted
    ) -> Finding:
        return finding_of(
            package,
            verdict,
            self._portrait(verdict),
            upgrade=judgement.upgrade,
            exempted=exempted,
            advisories=self._remembered,
        )

    def _judged(self, subject: Subject) -> Judgement:
        return judge(subject, self._remembered)

    def _portrait(self, verdict: Verdict) -> Portrait:
        """Return what is shown, which is the same for all packages that the same is said of."""
        said = [(each.claim.advisory, each.claim.severity) for each in verdict.others]
        decided = verdict.decided.claim
        key = (verdict.vulnerability, decided.advisory, decided.severity, *said)
        found = self._portraits.get(key)
        if found is None:
            if len(self._portraits) >= _REMEMBERED_RECORDS:
                self._portraits.clear()
            found = self._portraits[key] = portrait_of(verdict, self._remembered)
        return found


class _Remembered:
    """A database whose records are kept once they were read."""

    def __init__(self, advisories: Advisories) -> None:
        self.build, self.newest = advisories.build, advisories.newest
        self._advisories = advisories
        self._statements = lru_cache(maxsize=_REMEMBERED_ROWS)(advisories.statements)
        self._advisory = lru_cache(maxsize=_REMEMBERED_RECORDS)(advisories.advisory)
        self._vulnerabilities_of = lru_cache(maxsize=_REMEMBERED_RECORDS)(
            advisories.vulnerabilities_of
        )
        self._vulnerability = lru_cache(maxsize=_REMEMBERED_RECORDS)(advisories.vulnerability)
        self._exemptions = lru_cache(maxsize=_REMEMBERED_RECORDS)(advisories.exemptions)
        self._repositories = lru_cache(maxsize=_REMEMBERED_ROWS)(advisories.repositories)

    @property
    def streams(self) -> AbstractSet[str]:
        return self._advisories.streams

    @property
    def incomplete(self) -> Mapping[str, str]:
        return self._advisories.incomplete

    def statements(self, stream: str, name: str) -> tuple[Claim, ...]:
        return self._statements(stream, name)

    def advisory(self, number: int) -> Advisory:
        return self._advisory(number)

    def vulnerabilities_of(self, number: int) -> tuple[str, ...]:
        return self._vulnerabilities_of(number)

    def vulnerability(self, name: str) -> Vulnerability | None:
        return self._vulnerability(name)

    def exemptions(self, vulnerability: str) -> tuple[Exemption, ...]:
        return self._exemptions(vulnerability)

    def repositories(self, content_set: str) -> tuple[str, ...]:
        return self._repositories(content_set)


def _identity(package: PackageEntry, repeated: Mapping[Place, int]) -> str:
    """Return what tells a package apart in its image, whatever its version.

    Only of what is installed in several versions at one place, as kernels are, it is a part.
    """
    place = _place(package)
    return "\x00".join((*place, package.version) if repeated[place] > 1 else place)


def _place(package: PackageEntry) -> Place:
    arch = package.arch if package.type in DISTRIBUTED else ""
    return package.type, package.name, arch, package.path
