"""From the accounts of an image to what is said of their passwords.

It is *partial* where a user would expect more: a hash that must not be tried for its price, or
can't be for its scheme; a likely password, or one of the project's list, that was not tried. That
of thousands of common passwords a slow scheme had only some tried is said by numbers.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.facts.models import account_place
from scantling_analyzers.passwords.candidates import (
    as_bytes,
    as_text,
    is_weak,
    lists_with,
    plain_name,
)
from scantling_analyzers.passwords.common import common_mark
from scantling_analyzers.passwords.process import tried
from scantling_analyzers.passwords.schemes import MAX_BYTES, recognise
from scantling_analyzers.passwords.trials import FOUND, UNSUPPORTED
from scantling_analyzers.risks.setting.passwords.finding import distinct, finding_of
from scantling_analyzers.risks.setting.passwords.planning import Hash, planned
from scantling_analyzers.risks.setting.passwords.subject import subjects_of
from scantling_common.broken_seal import SealBroken
from scantling_common.outcomes import OutcomeError
from scantling_common.password_list import LIST, PasswordInvalid, read_passwords
from scantling_common.risks import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from scantling_analyzers.contract import ImageContent, Settings
    from scantling_analyzers.fact_seal import FactSeal
    from scantling_analyzers.passwords.candidates import Lists
    from scantling_analyzers.passwords.trials import Answer
    from scantling_analyzers.risks.setting.passwords.planning import Plan
    from scantling_analyzers.risks.setting.passwords.subject import Subject
    from scantling_common.outcomes import Finding

READERS: Final = ("account",)
"""The readers whose facts are needed."""
MAX_ERRORS: Final = 100
"""How many hashes that were not tried are named; of the others only how many there are."""

COST_TOO_HIGH: Final = "cost_too_high"
SCHEME_UNSUPPORTED: Final = "scheme_unsupported"
NOT_TRIED: Final = "not_tried"


class Counts(NamedTuple):
    """How many passwords of one kind of accounts, or of all, were looked at, and with how much.

    ``hashes`` are those that were tried, each once; ``tried`` counts tries, ``left_out`` the tries
    of less likely passwords that the budget had no room for. ``unknown`` could not be tried.
    """

    accounts: int = 0
    weak: int = 0
    unknown: int = 0
    hashes: int = 0
    tried: int = 0
    left_out: int = 0

    @property
    def passed(self) -> int:
        """Return of how many accounts the password is not known to be weak."""
        return self.accounts - self.weak - self.unknown

    @property
    def said(self) -> str:
        """Return the same for people."""
        text = f"{self.weak:,} of {self.accounts:,} passwords are weak"
        if self.unknown:
            text += f", {self.unknown:,} could not be tried"
        if self.hashes:
            what = "hash" if self.hashes == 1 else "hashes"
            text += f"; {self.tried:,} tries of {self.hashes:,} {what}"
        if self.left_out:
            text += f", {self.left_out:,} of less common passwords left out for their price"
        return text


class Judged(NamedTuple):
    """What is said, in a stable order."""

    findings: tuple[Finding, ...]
    errors: tuple[OutcomeError, ...]
    kinds: Mapping[str, Counts]

    @property
    def counts(self) -> Counts:
        """Return the counts of all kinds of accounts together."""
        return Counts(*map(sum, zip(*self.kinds.values(), strict=True)))


def rules_mark() -> str:
    """Return a short text that is another one for another list of common passwords."""
    return common_mark()


def judge(
    image: ImageContent,
    settings: Settings,
    seal: FactSeal,
    *,
    attempt: Callable[[Plan, Lists], list[Answer]] | None = None,
) -> Judged:
    """Judge the passwords of all visible accounts; ``seal`` opens them.

    It may take minutes, in which another process works: call it from a thread. ``attempt`` tries
    the passwords of a plan, and is for tests.
    """
    subjects, errors = subjects_of(image), (*_of_list(settings),)
    if not subjects:
        # So it is with most images.
        return Judged((), errors, {})
    judgement = _Judgement(lists_with(_project_list(settings)), seal)
    for subject in subjects:
        judgement.add(subject)
    judgement.attempt(attempt or _attempt)
    return judgement.result(errors)


def _attempt(plan: Plan, lists: Lists) -> list[Answer]:
    shared = [as_bytes(password) for password in lists.shared]
    return tried(plan.trials(), shared, seconds=plan.seconds)


def _project_list(settings: Settings) -> Iterator[str]:
    for _, said in read_passwords(settings.list(LIST) or ()):
        if isinstance(said, str):
            yield said


def _of_list(settings: Settings) -> Iterator[OutcomeError]:
    """Yield what an earlier release took for a password of the list, and this one does not."""
    for number, said in read_passwords(settings.list(LIST) or ()):
        if isinstance(said, PasswordInvalid):
            message = f"entry {number} of {LIST}: {said.message}"
            yield OutcomeError(path="", layer="", code=said.code, message=message)


class _Judgement:
    """Collects what is said of each account."""

    def __init__(self, lists: Lists, seal: FactSeal) -> None:
        self._lists, self._seal = lists, seal
        self._hashes: dict[bytes, Hash] = {}
        self._findings: dict[tuple[str, int], Finding] = {}
        self._errors: list[OutcomeError] = []
        self._more: Counter[str] = Counter()
        self._counts: dict[str, Counter[str]] = {}

    def add(self, subject: Subject) -> None:
        """Judge what needs no try, and remember what does."""
        account = subject.account
        self._count(subject, "accounts")
        if account.state == "empty":
            self._found(subject, "")
            return
        try:
            secret = self._seal.open(account.sealed, account_place(account))
        except SealBroken as error:
            self._not_tried(
                subject,
                error.code,
                "its password can't be opened: the fact key is not that of the extractor",
            )
            return
        if account.state == "clear":
            password = as_text(secret)
            if is_weak(password, plain_name(account.name), account.system, self._lists):
                self._found(subject, password)
            return
        known = recognise(secret)
        if known is None:
            what = "is too long" if len(secret) > MAX_BYTES else "is of no scheme that is known"
            self._not_tried(subject, SCHEME_UNSUPPORTED, f"its hash {what}")
        elif known.refusal:
            message = f"its {known.scheme.name} hash is not tried: {known.refusal}"
            self._not_tried(subject, COST_TOO_HIGH, message)
        else:
            self._hashes.setdefault(secret, Hash(secret, known)).subjects.append(subject)

    def attempt(self, attempt: Callable[[Plan, Lists], list[Answer]]) -> None:
        """Try what is planned, each hash once."""
        plan = planned(self._hashes.values(), self._lists)
        hashes = plan.tried
        answers = {
            answer.trial: answer for answer in (attempt(plan, self._lists) if hashes else ())
        }
        for number, each in enumerate(hashes):
            self._answered(each, answers.get(number))
        for each in plan.hashes:
            if not each.own:
                self._all(each, NOT_TRIED, "no password was tried: the image has too many hashes")

    def _answered(self, each: Hash, answer: Answer | None) -> None:
        if answer is None:
            self._all(
                each,
                NOT_TRIED,
                "its hash was not tried to the end: the time was over, or the process ended",
            )
            return
        self._count(each.subjects[0], "hashes")
        self._count(each.subjects[0], "tried", answer.tried)
        if answer.state == UNSUPPORTED:
            message = f"not tried: {each.known.scheme.name} is not supported here"
            self._all(each, SCHEME_UNSUPPORTED, message)
        elif answer.state == FOUND:
            password = (*each.own, *self._lists.shared)[_position(answer, each)]
            for subject in each.subjects:
                self._found(subject, password)
        elif not each.is_whole:
            message = f"not all of {LIST} was tried: the image has too many hashes"
            self._all(each, NOT_TRIED, message)
        else:
            self._count(each.subjects[0], "left_out", each.left_out)

    def _count(self, subject: Subject, what: str, number: int = 1) -> None:
        self._counts.setdefault(subject.kind, Counter())[what] += number

    def _all(self, each: Hash, code: str, message: str) -> None:
        for subject in each.subjects:
            self._not_tried(subject, code, message)

    def _found(self, subject: Subject, password: str) -> None:
        self._count(subject, "weak")
        finding = finding_of(subject, password, self._lists)
        # An account has one password; in an option file of MySQL, where each group has its own,
        # that of the last line that names it was taken already.
        each_counts = subject.account.system == "mysql"
        place = finding.fingerprint, len(self._findings) if each_counts else 0
        other = self._findings.get(place)
        if other is None or _rank(finding) < _rank(other):
            self._findings[place] = finding

    def _not_tried(self, subject: Subject, code: str, message: str) -> None:
        self._count(subject, "unknown")
        account = subject.account
        if len(self._errors) >= MAX_ERRORS:
            self._more[code] += 1
            return
        line = f"line {account.line}, " if account.line else ""
        self._errors.append(
            OutcomeError(
                path=account.path,
                layer=subject.layer,
                code=code,
                message=f"{line}account {account.name}: {message}",
            )
        )

    def result(self, errors: Sequence[OutcomeError]) -> Judged:
        """Return everything."""
        more = (
            OutcomeError(
                path="", layer="", code=code, message=f"{count:,} more passwords were not tried"
            )
            for code, count in sorted(self._more.items())
        )
        kinds = {kind: Counts(**counted) for kind, counted in sorted(self._counts.items())}
        findings = sorted(
            self._findings.values(), key=lambda each: (each.path, _line(each), each.fingerprint)
        )
        return Judged(tuple(distinct(findings)), (*errors, *self._errors, *more), kinds)


def _position(answer: Answer, each: Hash) -> int:
    # The process counts on through the shared ones, as these do.
    return min(answer.password, len(each.own) + each.shared - 1)


def _rank(finding: Finding) -> int:
    return SEVERITIES.index(finding.severity)


def _line(finding: Finding) -> int:
    return int(finding.details.get("line", "0"))
