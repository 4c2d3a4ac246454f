"""All analyzers: one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.risks.baseimage.analyzer import BaseImageAnalyzer
from scantling_analyzers.risks.file.analyzer import FileAnalyzer
from scantling_analyzers.risks.software.analyzer import SoftwareAnalyzer

if TYPE_CHECKING:
    from scantling_analyzers.contract import Analyzer
    from scantling_common.risks import Risk

ANALYZERS: Final[tuple[Analyzer, ...]] = (
    SoftwareAnalyzer(),
    FileAnalyzer(),
    BaseImageAnalyzer(),
)


def analyzer_of(risk: Risk) -> Analyzer | None:
    """Return the analyzer of a risk type, or None where this version has none."""
    return next((analyzer for analyzer in ANALYZERS if analyzer.risk == risk), None)
