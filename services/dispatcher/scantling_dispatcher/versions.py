"""What the analyzers announced at their start: versions, rules and readers by risk type."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scantling_common.bus.port import Answer, Delivery, Done
from scantling_common.events.models import AnalyzerVersions
from scantling_common.risks import ALWAYS
from scantling_dispatcher.decisions.filters import Analysis

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Versions:
    """The newest announcement of each risk type."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._by_risk: dict[str, AnalyzerVersions] = {}
        self._analyzers: set[str] = set()
        self.known = asyncio.Event()

    async def caught_up(self) -> None:
        """Note that all earlier announcements were taken."""
        self.known.set()

    async def handle(self, delivery: Delivery) -> Answer:
        """Take an announcement."""
        event = delivery.event
        if isinstance(event, AnalyzerVersions):
            known = self._by_risk.get(event.risk)
            if not event.rules_known:
                rules = "" if known is None else known.rules_version
                event = event.model_copy(update={"rules_version": rules})
            else:
                self._analyzers.add(event.risk)
            self._by_risk[event.risk] = event
        return Done()

    def has_analyzer(self, risk: str) -> bool:
        """Tell whether an analyzer of a risk type announced itself, not only an extractor."""
        return risk in self._analyzers

    def unavailable(self, risks: Iterable[str]) -> list[str]:
        """Return those risk types that nobody analyses and that are not part of every scan."""
        return [risk for risk in risks if not self.has_analyzer(risk) and risk not in ALWAYS]

    def analysed(self, risks: Iterable[str]) -> list[str]:
        """Return those risk types that somebody analyses; nobody would answer for the others."""
        unavailable = self.unavailable(risks)
        return [risk for risk in risks if risk not in unavailable]

    def current(self, settings_version: str) -> dict[str, Analysis]:
        """Return what an analysis made now would be made with, by risk type."""
        return {
            risk: Analysis(str(each.version), each.rules_version, settings_version)
            for risk, each in self._by_risk.items()
        }

    def readers(self, risks: Iterable[str]) -> Mapping[str, int] | None:
        """Return name and version of the readers that risk types need.

        None where an analyzer is not known yet.
        """
        readers: dict[str, int] = {}
        for risk in risks:
            known = self._by_risk.get(risk)
            if known is None:
                return None
            readers.update(known.readers)
        return readers
