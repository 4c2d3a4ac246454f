"""How many rules of a pack can be used, and what is wrong with the others."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scantling_analyzers.malware.hashes.loading import load_hashes
from scantling_analyzers.malware.pack_files import PackUnusable
from scantling_analyzers.malware.packs import load_pack
from scantling_analyzers.rule_packs.content import files_of
from scantling_analyzers.rule_packs.directory import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.malware.pack_files import PackProblem
    from scantling_analyzers.rule_packs.configured import RuleFiles

MAX_PROBLEMS: Final = 200
_MAX_TOML: Final = 16 * 1024 * 1024


def check(
    rules: Iterable[RuleFiles], cache: Path | None
) -> tuple[dict[str, int], tuple[Problem, ...]]:
    """Return how many rules or hashes there are by kind, and what of them is left out.

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
    return _secrets(path)


def _problem(problem: PackProblem) -> Problem:
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    return Problem(file=place, rule=problem.rule, message=problem.message)


def _secrets(path: Path) -> tuple[int, list[Problem]]:
    found = [_toml(file) for file in files_of(path, "secrets")]
    return sum(count for count, _ in found), [each for _, problems in found for each in problems]


def _toml(file: Path) -> tuple[int, list[Problem]]:
    """Count the rules of a file in the form of gitleaks; what they say is checked when used."""
    problems = list(_toml_problems(file))
    if problems:
        return 0, problems
    rules = tomllib.loads(file.read_text("utf-8")).get("rules")
    if not isinstance(rules, list) or not rules:
        return 0, [Problem(file=file.name, message="it has no [[rules]]")]
    return len(rules), []


def _toml_problems(file: Path) -> Iterator[Problem]:
    if file.stat().st_size > _MAX_TOML:
        yield Problem(file=file.name, message=f"it has more than {_MAX_TOML} bytes")
        return
    try:
        tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        yield Problem(file=file.name, message=f"it is no TOML: {error}")
