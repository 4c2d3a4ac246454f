"""What the streams say of one package together; pure.

For each vulnerability the first tier of a subject that speaks of it decides. In a tier one claim
that holds is enough, but in the streams of distributions, where

- who judges a vulnerability (a tracker, a VEX document) outweighs who announces a fix for it (an
  erratum), unless the judgement knows of no fix and the announcement does;
- *not affected* outweighs both, where it speaks of the same kind of name or of the package itself.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.advisories.database.schema import Claim
from scantling_analyzers.advisories.matching.claims import answer_of, applies, fix_of
from scantling_analyzers.advisories.matching.subject import Question
from scantling_analyzers.advisories.matching.upgrade import upgrade_of
from scantling_analyzers.advisories.models import MALICIOUS
from scantling_analyzers.advisories.streams import type_of
from scantling_common.versions.keys import find
from scantling_common.versions.ranges import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from scantling_analyzers.advisories.matching.contract import Advisories
    from scantling_analyzers.advisories.matching.subject import Subject
    from scantling_common.versions.schemes import Scheme

_PREFERRED: Final[Mapping[str, tuple[str, ...]]] = {
    "Go": ("GO-", "GHSA-"),
    "crates.io": ("RUSTSEC-", "GHSA-"),
}
"""By whose records languages go where several hold: their own databases', else GitHub's."""
_OTHERS: Final = ("GHSA-",)
_MINOR: Final = re.compile(r"\.el(\d{1,3}_\d{1,3})")
"""The minor release of Red Hat Enterprise Linux that an rpm package was built for."""


class Holding(msgspec.Struct, frozen=True, gc=False):
    """A claim that speaks of the package for a vulnerability, and what it says of its version.

    ``fix`` is the version that mends it, empty where none is named.
    """

    claim: Claim
    question: Question
    advisory_id: str
    announces: bool
    holds: bool
    fix: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """That a package has a vulnerability: why, and what mends it.

    ``decided`` is the holding that the finding goes by, ``others`` all else that speaks of it.
    ``cleared`` are those that say that it is not affected all the same: it is set aside.
    ``fixed`` is empty where nothing mends it, then ``state`` says how that stands.
    """

    vulnerability: str
    decided: Holding
    others: tuple[Holding, ...] = ()
    cleared: tuple[Holding, ...] = ()
    fixed: str = ""
    state: str = ""

    @property
    def malicious(self) -> bool:
        """Return whether it is said that the package itself does harm, by intent."""
        return any(
            each.holds and each.advisory_id.startswith(MALICIOUS)
            for each in (self.decided, *self.others)
        )


class Judgement(msgspec.Struct, frozen=True):
    """All that is said of a package.

    ``doubts`` are the ids of advisories whose bounds can't be compared with its version.
    ``upgrade`` is the smallest version that clears all verdicts, empty where none does.
    """

    verdicts: tuple[Verdict, ...] = ()
    upgrade: str = ""
    doubts: tuple[str, ...] = ()


class _Row(msgspec.Struct):
    """The claims of one tier that speak of a package at all, with what they say of its version."""

    claims: list[tuple[Claim, Question, Answer]] = []

    def of(self, *answers: Answer) -> Iterator[tuple[Claim, Question]]:
        return ((claim, question) for claim, question, answer in self.claims if answer in answers)


def judge(subject: Subject, advisories: Advisories) -> Judgement:
    """Return what is said of a package."""
    verdicts: list[Verdict] = []
    doubts: list[str] = []
    before: list[_Row] = []
    to_clear: list[tuple[Claim, Question]] = []
    for tier in subject.tiers:
        row = _asked(tier, subject, advisories)
        holding = {
            name
            for claim, _ in row.of(Answer.YES)
            if claim.state != "not_affected"
            for name in advisories.vulnerabilities_of(claim.advisory)
        }
        if holding and before:
            holding -= _spoken(before, advisories)
        if holding:
            new = list(_verdicts(row, holding, tier[0].stream, subject.scheme, advisories))
            verdicts += new
            to_clear += _to_clear(row, new, tier[0].stream)
        doubts += (advisories.advisory(claim.advisory).id for claim, _ in row.of(Answer.UNKNOWN))
        if row.claims:
            before.append(row)
    return Judgement(
        verdicts=tuple(verdicts),
        upgrade=upgrade_of(to_clear, subject.scheme, subject.version) if verdicts else "",
        doubts=tuple(dict.fromkeys(doubts)),
    )


def _to_clear(
    row: _Row, verdicts: Sequence[Verdict], stream: str
) -> Iterator[tuple[Claim, Question]]:
    """Yield the claims that a version must be clear of.

    A distribution's package has one line of versions, so what holds now is all; in a language a fix
    may have what other claims speak of.
    """
    if type_of(stream) is None:
        yield from (
            (claim, question) for claim, question, _ in row.claims if claim.state != "not_affected"
        )
        return
    for verdict in verdicts:
        if not verdict.cleared:
            yield verdict.decided.claim, verdict.decided.question


def _asked(tier: tuple[Question, ...], subject: Subject, advisories: Advisories) -> _Row:
    row = _Row()
    for question in tier:
        for claim in advisories.statements(question.stream, question.name):
            if applies(claim, question, subject):
                row.claims.append((claim, question, answer_of(claim, question, subject.scheme)))
    return row


def _spoken(rows: Iterable[_Row], advisories: Advisories) -> set[str]:
    return {
        name
        for row in rows
        for claim, _, _ in row.claims
        for name in advisories.vulnerabilities_of(claim.advisory)
    }


def _verdicts(
    row: _Row, names: set[str], stream: str, scheme: Scheme, advisories: Advisories
) -> Iterator[Verdict]:
    distributed = type_of(stream) is not None
    found: dict[str, list[Holding]] = {name: [] for name in sorted(names)}
    for claim, question, answer in row.claims:
        if answer is Answer.UNKNOWN or (answer is Answer.NO and not distributed):
            continue
        wanted = [name for name in advisories.vulnerabilities_of(claim.advisory) if name in found]
        if not wanted:
            continue
        advisory = advisories.advisory(claim.advisory)
        holds = answer is Answer.YES
        holding = Holding(
            claim,
            question,
            advisory.id,
            _announces(advisory.id, advisory.vulnerabilities),
            holds,
            fix_of(claim, question, scheme) if holds else "",
        )
        for name in wanted:
            found[name].append(holding)
    for name, holdings in found.items():
        verdict = _verdict(name, holdings, stream, scheme, distributed=distributed)
        if verdict is not None:
            yield verdict


def _announces(id_: str, vulnerabilities: tuple[str, ...]) -> bool:
    """Say whether an advisory announces fixes, and is not the record of a vulnerability."""
    return bool(vulnerabilities) and not (len(vulnerabilities) == 1 and vulnerabilities[0] in id_)


def _verdict(
    name: str, holdings: Sequence[Holding], stream: str, scheme: Scheme, *, distributed: bool
) -> Verdict | None:
    against = [each for each in holdings if each.holds and each.claim.state != "not_affected"]
    cleared = [each for each in holdings if each.holds and each.claim.state == "not_affected"]
    if distributed:
        against = _outweighed(against, holdings)
    if type_of(stream) == "apk":
        against = [each for each in against if not _is_backported(each.question.version, holdings)]
    elif type_of(stream) == "rpm":
        against = [each for each in against if not _is_of_another_minor(each, holdings)]
    if not against:
        return None
    ranked = sorted(against, key=lambda each: _rank(each, stream))
    fixed = _fix(ranked, scheme)
    decided = next((each for each in ranked if each.fix == fixed), ranked[0])
    if cleared and not _clears(cleared, against):
        cleared = []
    return Verdict(
        vulnerability=name,
        decided=decided,
        others=tuple(each for each in holdings if each is not decided and each not in cleared),
        cleared=tuple(cleared),
        fixed=fixed,
        state="" if fixed else decided.claim.state or _unmended(decided),
    )


def _outweighed(against: list[Holding], holdings: Sequence[Holding]) -> list[Holding]:
    """Return what is left of the claims that hold when judgements and announcements meet."""
    judged = [
        each for each in holdings if not each.announces and each.claim.state != "not_affected"
    ]
    announced = [each for each in holdings if each.announces]
    if not judged or not announced:
        return against
    holding = [each for each in judged if each in against]
    if not holding:
        # Its own record knows the version as mended, though an announcement names a later one.
        return []
    if any(each.fix for each in holding):
        return holding
    if any(not each.holds for each in announced):
        # The record does not know of the fix yet that the package already has.
        return []
    return [each for each in against if each.announces and each.fix] or holding


def _is_backported(version: str, holdings: Sequence[Holding]) -> bool:
    """Say whether a fix is in an earlier build of the same upstream version.

    Alpine lists a vulnerability again where a later upstream version came without the patch.
    """
    upstream = version.partition("-r")[0]
    return any(
        event.kind == "fixed" and event.version.partition("-r")[0] == upstream
        for each in holdings
        if not each.holds
        for events in each.claim.ranges
        for event in events
    )


def _is_of_another_minor(holding: Holding, holdings: Sequence[Holding]) -> bool:
    """Say whether an erratum is of a later minor release, and the package's own has the fix.

    The build says its minor release (``7.76.1-23.el9_2.4``). An erratum of the same upstream
    version and the same minor release would be a later mend of the same.
    """
    own = _line_of(holding.question.version)
    if own is None or any(_line_of(fix) == own for fix in _fixes(holding)):
        return False
    return any(
        not each.holds and any(_line_of(fix) == own for fix in _fixes(each)) for each in holdings
    )


def _fixes(holding: Holding) -> Iterator[str]:
    return (
        event.version
        for events in holding.claim.ranges
        for event in events
        if event.kind == "fixed"
    )


@lru_cache(maxsize=8192)
def _line_of(version: str) -> tuple[str, str] | None:
    """Return upstream version and minor release of a build for Red Hat's rebuilds, None without."""
    upstream, dash, release = version.rpartition("-")
    found = _MINOR.search(release) if dash else None
    return (upstream.rpartition(":")[2], found[1]) if found else None


def _clears(cleared: Sequence[Holding], against: Sequence[Holding]) -> bool:
    """Say whether *not affected* outweighs: what is said of a package itself is more exact."""
    exact = any(each.question.match == "package" for each in against)
    return not exact or any(each.question.match == "package" for each in cleared)


def _rank(holding: Holding, stream: str) -> tuple[bool, int, str]:
    starts = _PREFERRED.get(stream, _OTHERS)
    place = next(
        (at for at, start in enumerate(starts) if holding.advisory_id.startswith(start)),
        len(starts),
    )
    return (holding.announces, place, holding.advisory_id)


def _fix(ranked: Sequence[Holding], scheme: Scheme) -> str:
    """Return the version that mends what all of them say, as far as they name one."""
    named = {each.fix: None for each in ranked if each.fix}
    return max(named, key=lambda fix: find(scheme, fix) or "", default="")


def _unmended(holding: Holding) -> str:
    """Say that nothing is mended, unless only a last affected version is known."""
    bounded = any(
        event.kind == "last_affected" for events in holding.claim.ranges for event in events
    )
    return "" if bounded else "not_fixed"
