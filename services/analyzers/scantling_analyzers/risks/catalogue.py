"""All analyzers: one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.risks.baseimage.analyzer import BaseImageAnalyzer
from scantling_analyzers.risks.file.analyzer import FileAnalyzer
from scantling_analyzers.risks.software.analyzer import SoftwareAnalyzer
from scantling_analyzers.risks.vulnerability.analyzer import VulnerabilityAnalyzer

if TYPE_CHECKING:
    from scantling_analyzers.advisories.provider import Provider
    from scantling_analyzers.contract import Analyzer
    from scantling_common.risks import Risk

ANALYZERS: Final[tuple[Analyzer, ...]] = (
    SoftwareAnalyzer(),
    FileAnalyzer(),
    BaseImageAnalyzer(),
    VulnerabilityAnalyzer(),
)
"""All analyzers; the one of vulnerabilities without any advisories, see :func:`analyzer_of`."""


def analyzer_of(risk: Risk, advisories: Provider | None = None) -> Analyzer | None:
    """Return the analyzer of a risk type, or None where this version has none.

    ``advisories`` gives the database that vulnerabilities are matched against.
    """
    if risk == VulnerabilityAnalyzer.risk:
        return VulnerabilityAnalyzer(advisories)
    return next((analyzer for analyzer in ANALYZERS if analyzer.risk == risk), None)
