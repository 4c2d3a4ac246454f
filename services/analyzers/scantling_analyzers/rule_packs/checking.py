"""How many rules of a pack can be used, and what is wrong with the others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.facts.configured_secrets import files_with_rules
from scantling_analyzers.malware.hashes.loading import load_hashes
from scantling_analyzers.malware.pack_files import PackUnusable
from scantling_analyzers.malware.packs import load_pack
from scantling_analyzers.rule_packs.directory import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.facts.configured_secrets import FileOfRules
    from scantling_analyzers.malware.pack_files import PackProblem
    from scantling_analyzers.rule_packs.configured import RuleFiles

MAX_PROBLEMS: Final = 200
_NAMED: Final = 10
"""Names that a note has at most."""


class Checked(NamedTuple):
    """How many rules or hashes there are by kind, and what of them is left out.

    ``notes`` tell what has no effect though nothing is left out.
    """

    counts: dict[str, int]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def check(rules: Iterable[RuleFiles], cache: Path | None) -> Checked:
    """Look through rules.

    What takes findings away counts as a rule, too: an allowlist, the name of a rule.

    What is compiled is kept in ``cache``: nothing is compiled a second time.
    """
    counts: dict[str, int] = {}
    problems: list[Problem] = []
    notes: list[str] = []
    for each in rules:
        if each.kind == "secrets":
            counts[each.kind], found, said = _secrets(each)
            notes += said
        else:
            try:
                counts[each.kind], found = _malware(each, cache)
            except PackUnusable as error:
                counts[each.kind], found = 0, [Problem(file=each.name, message=error.message)]
        problems += found
    if len(problems) > MAX_PROBLEMS:
        more = len(problems) - MAX_PROBLEMS
        problems[MAX_PROBLEMS:] = [Problem(file="", message=f"{more} more problems")]
    return Checked(counts, tuple(problems), tuple(notes))


def _malware(rules: RuleFiles, cache: Path | None) -> tuple[int, list[Problem]]:
    path = Path(rules.path)
    if rules.kind == "yara":
        pack = load_pack(path, name=rules.name, cache=cache)
        return pack.rule_count, list(map(_problem, pack.problems))
    hashes = load_hashes(path, name=rules.name, cache=cache)
    return len(hashes), list(map(_problem, hashes.problems))


def _problem(problem: PackProblem) -> Problem:
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    return Problem(file=place, rule=problem.rule, message=problem.message)


def _secrets(rules: RuleFiles) -> tuple[int, list[Problem], list[str]]:
    counts, problems, notes = 0, [], []
    for each_file in files_with_rules([rules]):
        file, found, _ = each_file
        notes += _without_effect(each_file)
        used = len(found.rules) + len(found.allowlists) + len(found.disabled)
        counts += used
        problems += [Problem(file.name, each.rule, each.reason) for each in found.problems]
        if not used and not found.problems:
            message = "it has no [[rules]], no allowlist and no disabledRules"
            problems.append(Problem(file.name, message=message))
    return counts, problems, notes


def _without_effect(file: FileOfRules) -> list[str]:
    """Return what is said of names in ``disabledRules`` that no rule of the product has."""
    if not file.rules.disabled:
        return []
    # Few packs disable rules, and those of the product take a while to read.
    from scantling_analyzers.secrets.gitleaks.ids import of_product  # noqa: PLC0415  # as said

    names = sorted(file.rules.disabled - of_product())
    if not names:
        return []
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    named = ", ".join(names[:_NAMED])
    return [f"{file.path.name}: disabledRules: no rule of the product is called {named}{more}"]
