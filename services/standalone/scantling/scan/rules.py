"""The rules of the user that a scan goes by, beside those of the product."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scantling.cli.errors import UsageError
from scantling.scan.cache import cache_directory
from scantling_analyzers.rule_packs.configured import NO_RULES, ConfiguredRules
from scantling_analyzers.rule_packs.directory import RULES, RuleDirectory, given_rules
from scantling_analyzers.rule_packs.errors import RulesUnusable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling.scan.host import ScanOptions

VARIABLE: Final = "SCANTLING_RULES"
DAEMON: Final = "SCANTLING_CLAMD"
DATA: Final = "scantling-data"


def rules_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where `scantling rules` keeps packs."""
    named = environment.get(VARIABLE)
    return Path(named) if named else Path(environment.get("SCANTLING_DATA") or DATA) / RULES


def rules_of(given: Path | None, cache: Path | None) -> ConfiguredRules:
    """Return the rules that are given, else those that were added.

    What is compiled of rules that are given is kept in ``cache``. With ``SCANTLING_CLAMD`` set,
    what that daemon knows is among them. Raises :class:`UsageError`.
    """
    try:
        rules = _rules(given, cache)
        address = os.environ.get(DAEMON)
        if not address:
            return rules
        # Few have one.
        from scantling_analyzers.clamd.engine import with_daemon  # noqa: PLC0415  # as said

        return with_daemon(rules, address)
    except RulesUnusable as error:
        raise UsageError(error.message, hint=error.hint) from error


def _rules(given: Path | None, cache: Path | None) -> ConfiguredRules:
    kept = _kept(cache)
    if given is not None:
        return given_rules(given, kept)
    folder = rules_folder()
    rules = RuleDirectory(folder).configured() if folder.exists() else NO_RULES
    return rules if rules.packs else ConfiguredRules(cache=str(kept) if kept else "")


def _kept(cache: Path | None) -> Path | None:
    """Return where compiled rules are kept, None where nothing can be.

    Nothing in them is of an image: they are kept for those, too, who want nothing of it kept, and
    what the user's own cache has of them serves every other one.
    """
    given = None if cache is None else cache / RULES
    try:
        usual = cache_directory() / RULES
    except RuntimeError:
        return given  # there is no home directory
    return usual if given is None or usual.is_dir() else given


def left_out(given: Path | None, options: ScanOptions) -> list[str]:
    """Return a notice for each rule for secrets that is given with a scan and can't be used.

    Those of packs that were added were told then. Raises :class:`UsageError` for a file that can't
    be read, or of which no rule can be used.
    """
    packs = options.rules.of_kind("secrets") if given and "secret" in options.risks else ()
    if not packs:
        return []
    # Few scans have any.
    from scantling_analyzers.facts.configured_secrets import (  # noqa: PLC0415  # as said
        files_with_rules,
    )

    notices: list[str] = []
    try:
        for file, rules in files_with_rules(packs):
            wrong = [f"{each.rule or 'the file'}: {each.reason}" for each in rules.problems]
            if wrong and not rules.rules:
                raise UsageError(f"{file} has no rule that can be used: {wrong[0]}")
            notices += [f"a rule of {file} is left out: {said}" for said in wrong]
    except RulesUnusable as error:
        raise UsageError(error.message, hint=error.hint) from error
    return notices
