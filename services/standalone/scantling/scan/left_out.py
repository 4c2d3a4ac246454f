"""Rules that are given with a scan and can't be used: what they would have found is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from scantling.cli.errors import UsageError
from scantling_analyzers.risks.omissions import status_of
from scantling_common.layers.escape import escape_text
from scantling_common.outcomes import Outcome, OutcomeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from scantling_analyzers.rule_packs.checking import Checked
    from scantling_analyzers.rule_packs.configured import ConfiguredRules, RuleFiles, RuleKind
    from scantling_analyzers.rule_packs.directory import Problem
    from scantling_common.risks import Risk

CODE: Final = "rules_unusable"
KINDS: Final[Mapping[Risk, tuple[RuleKind, ...]]] = {
    "malware": ("yara", "hashes"),
    "secret": ("secrets",),
}
"""Which rules a risk type goes by; what a daemon can't do it says of each file."""
MOST_TOLD: Final = 50
"""How many rules a notice names one by one; the report has them all."""


class LeftOut(NamedTuple):
    """What can't be used, by the risk type that goes without, and what else is to be told."""

    errors: dict[Risk, tuple[OutcomeError, ...]]
    notes: list[str]


def left_out(
    given: Path, rules: ConfiguredRules, risks: Sequence[Risk], cache: Path | None
) -> LeftOut:
    """Return what of the rules at ``given`` can't be used, by the risk type that goes without.

    What is compiled is kept in ``cache``. Raises :class:`UsageError` where there are no rules for
    these risk types, or none of them can be used.
    """
    packs = {risk: rules.of_kind(*KINDS[risk]) for risk in risks if risk in KINDS}
    if not any(packs.values()):
        asked_for = ", ".join(risk for risk in KINDS if rules.of_kind(*KINDS[risk]))
        message = f"{given} holds rules for {asked_for} only, which is not looked for"
        raise UsageError(message, hint="leave --rules out, or ask for that with --risk")
    checked = {risk: _checked(of_risk, cache) for risk, of_risk in packs.items() if of_risk}
    every = [each for results in checked.values() for each in results]
    if every and not any(sum(each.counts.values()) for each in every):
        first = next((problem for each in every for problem in each.problems), None)
        why = f": {_what(first)}" if first else ""
        raise UsageError(f"{given} has no rule that can be used{why}")
    errors = {
        risk: tuple(_error(problem) for each in results for problem in each.problems)
        for risk, results in checked.items()
    }
    return LeftOut(errors, [escape_text(note) for each in every for note in each.notes])


def _checked(packs: Iterable[RuleFiles], cache: Path | None) -> list[Checked]:
    # Few scans have any.
    from scantling_analyzers.rule_packs.checking import check  # noqa: PLC0415  # as said

    # One by one: packs count by kind.
    return [check([pack], cache) for pack in packs]


def _error(problem: Problem) -> OutcomeError:
    where = escape_text(problem.file)
    message = f"a rule of {where} is left out: {_what(problem)}" if where else _what(problem)
    return OutcomeError(path="", layer="", code=CODE, message=message)


def _what(problem: Problem) -> str:
    rule = problem.rule or ("the file" if problem.file else "")
    return escape_text(f"{rule}: {problem.message}" if rule else problem.message)


def notices(errors: Iterable[OutcomeError]) -> list[str]:
    """Return what is said of them on standard error."""
    said = list(dict.fromkeys(error.message for error in errors))
    more = len(said) - MOST_TOLD
    return [*said[:MOST_TOLD], *([f"{more} more rules are left out"] if more > 0 else [])]


def searched_without(outcome: Outcome, errors: Sequence[OutcomeError]) -> Outcome:
    """Return the outcome of a search that went without these rules: it is not complete."""
    if not errors or outcome.status not in {"complete", "partial"}:
        return outcome
    every = (*outcome.errors, *errors)
    # What stands where is told first; what has no place stands last.
    status, code, reason = status_of(outcome.errors or every)
    return replace(outcome, status=status, code=code, reason=reason, errors=every)
