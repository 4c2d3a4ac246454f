"""The reporter as a part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling.hosting.parts import Part
from scantling_reporter.service import STATUSES, build_reporter

if TYPE_CHECKING:
    from scantling.hosting.adapters import Adapters
    from scantling_reporter.settings import ReporterSettings


async def reporter_part(adapters: Adapters, settings: ReporterSettings) -> Part:
    """Return the reporter; the first token is made before anybody can ask for anything."""
    service = build_reporter(
        store=adapters.store,
        bus=adapters.bus,
        clock=adapters.clock,
        settings=settings,
        authenticator=adapters.authenticator,
        metrics=adapters.metrics,
    )
    await service.prepare()
    return Part(name="reporter", run=service.run, routes=service.routes(), statuses=STATUSES)
