"""How many rules of a pack can be used, and what is wrong with the others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from scantling_analyzers.facts.configured_secrets import files_with_rules
from scantling_analyzers.malware.hashes.loading import load_hashes
from scantling_analyzers.malware.pack_files import PackUnusable
from scantling_analyzers.malware.packs import load_pack
from scantling_analyzers.rule_packs.directory import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.malware.pack_files import PackProblem
    from scantling_analyzers.rule_packs.configured import RuleFiles

MAX_PROBLEMS: Final = 200


def check(
    rules: Iterable[RuleFiles], cache: Path | None
) -> tuple[dict[str, int], tuple[Problem, ...]]:
    """Return how many rules or hashes there are by kind, and what of them is left out.

    What takes findings away counts as a rule, too: an allowlist, the name of a rule.

    What is compiled is kept in ``cache``: nothing is compiled a second time.
    """
    counts: dict[str, int] = {}
    problems: list[Problem] = []
    for each in rules:
        try:
            counts[each.kind], found = _checked(each, cache)
        except PackUnusable as error:
            counts[each.kind], found = 0, [Problem(file=each.name, message=error.message)]
        problems += found
    if len(problems) > MAX_PROBLEMS:
        more = len(problems) - MAX_PROBLEMS
        problems[MAX_PROBLEMS:] = [Problem(file="", message=f"{more} more problems")]
    return counts, tuple(problems)


def _checked(rules: RuleFiles, cache: Path | None) -> tuple[int, list[Problem]]:
    path = Path(rules.path)
    if rules.kind == "yara":
        pack = load_pack(path, name=rules.name, cache=cache)
        return pack.rule_count, list(map(_problem, pack.problems))
    if rules.kind == "hashes":
        hashes = load_hashes(path, name=rules.name, cache=cache)
        return len(hashes), list(map(_problem, hashes.problems))
    return _secrets(rules)


def _problem(problem: PackProblem) -> Problem:
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    return Problem(file=place, rule=problem.rule, message=problem.message)


def _secrets(rules: RuleFiles) -> tuple[int, list[Problem]]:
    counts, problems = 0, []
    for file, found, _ in files_with_rules([rules]):
        used = len(found.rules) + len(found.allowlists) + len(found.disabled)
        counts += used
        problems += [Problem(file.name, each.rule, each.reason) for each in found.problems]
        if not used and not found.problems:
            message = "it has no [[rules]], no allowlist and no disabledRules"
            problems.append(Problem(file.name, message=message))
    return counts, problems
