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


def notices_of_added(folder: Path | None = None) -> list[str]:
    """Return a notice for each pack of which rules were left out when it was added."""
    packs = [pack for pack in RuleDirectory(folder or rules_folder()).packs() if pack.problems]
    if not packs:
        return []
    # Few scans have any.
    from scantling_reporter.formats.terminal import counted  # noqa: PLC0415  # as said

    return [
        f"{counted(len(pack.problems), 'problem')} of the rule pack {pack.name} when it was added: "
        "what it left out is not looked for (scantling rules list --json)"
        for pack in packs
    ]
