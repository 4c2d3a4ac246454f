"""Matching the packages of images against one advisory database, remembering what was asked.

Equal packages of one stream have equal answers, so a fleet is matched with few questions. Nothing
outlives the database: another build has a matcher of its own. Several threads may use one.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.advisories.matching.coverage import Coverage, survey
from scantling_analyzers.advisories.matching.exemptions import Exemptions
from scantling_analyzers.advisories.matching.finding import finding_of
from scantling_analyzers.advisories.matching.portrait import Portrait, portrait_of
from scantling_analyzers.advisories.matching.subject import DISTRIBUTED, is_owned
from scantling_analyzers.advisories.matching.verdict import Judgement, Verdict, judge
from scantling_common.outcomes import DistributionEntry, Finding, PackageEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from scantling_analyzers.advisories.database.schema import Claim, Vulnerability
    from scantling_analyzers.advisories.matching.contract import Advisories
    from scantling_analyzers.advisories.matching.subject import Subject
    from scantling_analyzers.advisories.models import Advisory, Exemption

Place = tuple[str, str, str, str]
"""Type, name, architecture and path of a package."""

REMEMBERED: Final = 50_000
"""How many packages' answers are kept, the least used go first."""
_REMEMBERED_RECORDS: Final = 20_000
_REMEMBERED_ROWS: Final = 2_000


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """What is matched: the packages of the image with that digest, and its distribution."""

    packages: tuple[PackageEntry, ...]
    distribution: DistributionEntry | None = None
    digest: str = ""


class Doubt(msgspec.Struct, frozen=True):
    """A package whose version can't be compared with what these advisories say."""

    package: PackageEntry
    advisories: tuple[str, ...]


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """The findings in a stable order, and what could not be judged."""

    findings: tuple[Finding, ...]
    coverage: Coverage
    doubts: tuple[Doubt, ...] = ()


class Matcher:
    """Matches against one database."""

    def __init__(self, advisories: Advisories, own: Iterable[Exemption] = ()) -> None:
        """Bind the database, and the user's own VEX statements."""
        self._advisories = advisories
        self._remembered = _Remembered(advisories)
        self._exemptions = Exemptions(own, advisories)
        self._judge = lru_cache(maxsize=REMEMBERED)(self._judged)
        self._portraits: dict[object, Portrait] = {}

    @property
    def build(self) -> str:
        """Return the build of the database."""
        return self._advisories.build

    def match(self, inventory: Inventory) -> Matched:
        """Return what is said of the packages of an image."""
        own = [each for each in inventory.packages if not is_owned(each)]
        coverage, judged = survey(own, inventory.distribution, self._advisories)
        repeated = Counter(map(_place, own))
        findings: list[Finding] = []
        doubts: list[Doubt] = []
        for package, subject in judged:
            judgement = self._judge(subject)
            if judgement.doubts:
                doubts.append(Doubt(package, judgement.doubts))
            if judgement.verdicts:
                identity = _identity(package, repeated)
                findings += self._findings(package, judgement, identity, inventory.digest)
        findings.sort(key=lambda each: (each.path, each.package, each.id, each.fingerprint))
        return Matched(findings=tuple(findings), coverage=coverage, doubts=tuple(doubts))

    def asked(self, inventory: Inventory) -> set[tuple[str, str]]:
        """Return the rows, by stream and name, that the answer for an inventory comes from."""
        own = [each for each in inventory.packages if not is_owned(each)]
        _, judged = survey(own, inventory.distribution, self._advisories)
        return {
            (question.stream, question.name)
            for _, subject in judged
            for tier in subject.tiers
            for question in tier
        }

    def _findings(
        self, package: PackageEntry, judgement: Judgement, identity: str, digest: str
    ) -> Iterable[Finding]:
        for verdict in judgement.verdicts:
            yield finding_of(
                package,
                verdict,
                self._portrait(verdict),
                upgrade=judgement.upgrade,
                exempted=self._exemptions.of(verdict.vulnerability, package, digest),
                identity=identity,
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
            if len(self._portraits) >= REMEMBERED:
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

    @property
    def streams(self) -> AbstractSet[str]:
        return self._advisories.streams

    def statements(self, stream: str, name: str) -> tuple[Claim, ...]:
        return self._statements(stream, name)

    def advisory(self, number: int) -> Advisory:
        return self._advisory(number)

    def vulnerabilities_of(self, number: int) -> tuple[str, ...]:
        return self._vulnerabilities_of(number)

    def vulnerability(self, name: str) -> Vulnerability | None:
        return self._vulnerability(name)

    def exemptions(self, vulnerability: str) -> tuple[Exemption, ...]:
        return self._advisories.exemptions(vulnerability)

    def repositories(self, content_set: str) -> tuple[str, ...]:
        return self._advisories.repositories(content_set)


def _identity(package: PackageEntry, repeated: Mapping[Place, int]) -> str:
    """Return what tells a package apart in its image, whatever its version.

    Only of what is installed in several versions at one place, as kernels are, it is a part.
    """
    place = _place(package)
    return "\x00".join((*place, package.version) if repeated[place] > 1 else place)


def _place(package: PackageEntry) -> Place:
    arch = package.arch if package.type in DISTRIBUTED else ""
    return package.type, package.name, arch, package.path
