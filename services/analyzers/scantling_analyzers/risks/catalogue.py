"""All analyzers: one line each; they are loaded when they are asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import ByRules, Scored, Unsealing
from scantling_analyzers.rule_packs.configured import NO_RULES, ConfiguredRules

if TYPE_CHECKING:
    from scantling_analyzers.advisories.provider import Provider
    from scantling_analyzers.contract import Analyzer
    from scantling_analyzers.fact_seal import FactSeal
    from scantling_common.risks import Risk

    ANALYZERS: tuple[Analyzer, ...]
    """All analyzers; that of vulnerabilities without any advisories, see :func:`analyzer_of`."""

PACKAGE: Final = "scantling_analyzers.risks"
PLACES: Final[dict[Risk, str]] = {
    "software": "SoftwareAnalyzer",
    "file": "FileAnalyzer",
    "baseimage": "BaseImageAnalyzer",
    "vulnerability": "VulnerabilityAnalyzer",
    "compliance": "ComplianceAnalyzer",
    "setting": "SettingAnalyzer",
    "malware": "MalwareAnalyzer",
    "secret": "SecretAnalyzer",
}
"""The class of each analyzer, in the module ``analyzer`` of the folder that has its risk's name."""


def __getattr__(name: str) -> object:
    """Return :data:`ANALYZERS`: only who asks for all of them loads them all."""
    if name != "ANALYZERS":
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return tuple(map(_loaded, PLACES))


def analyzer_of(
    risk: Risk,
    advisories: Provider | None = None,
    seal: FactSeal | None = None,
    rules: ConfiguredRules = NO_RULES,
    least_score: float | None = None,
) -> Analyzer | None:
    """Return the analyzer of a risk type, or None where this version has none.

    ``advisories`` gives the database that vulnerabilities are matched against; ``seal`` opens what
    readers sealed, ``rules`` are those of the user that readers went by. ``least_score`` is from
    where on secrets are told.
    """
    if risk == "vulnerability":
        # Who scans for something else loads nothing of it.
        from scantling_analyzers.risks.vulnerability.analyzer import (  # noqa: PLC0415  # as said
            VulnerabilityAnalyzer,
        )

        return VulnerabilityAnalyzer(advisories)
    return _given(_loaded(risk), seal, rules, least_score) if risk in PLACES else None


def _given(
    analyzer: Analyzer, seal: FactSeal | None, rules: ConfiguredRules, least_score: float | None
) -> Analyzer:
    """Return an analyzer with what it takes of that."""
    if rules != NO_RULES and isinstance(analyzer, ByRules):
        analyzer = analyzer.with_rules(rules)
    if least_score is not None and isinstance(analyzer, Scored):
        analyzer = analyzer.with_least_score(least_score)
    if seal is not None and isinstance(analyzer, Unsealing):
        analyzer = analyzer.with_seal(seal)
    return analyzer


@cache
def _loaded(risk: Risk) -> Analyzer:
    module = import_module(f"{PACKAGE}.{risk}.analyzer")
    analyzer: Analyzer = getattr(module, PLACES[risk])()
    return analyzer
