"""The dispatcher as a part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling.hosting.parts import Part
from scantling_dispatcher.service import STATUSES, build_dispatcher

if TYPE_CHECKING:
    from scantling.hosting.adapters import Adapters
    from scantling_dispatcher.settings import DispatcherSettings


async def dispatcher_part(adapters: Adapters, settings: DispatcherSettings) -> Part:
    """Return the dispatcher."""
    service = build_dispatcher(
        store=adapters.store,
        bus=adapters.bus,
        clock=adapters.clock,
        randomness=adapters.randomness,
        settings=settings,
        metrics=adapters.metrics,
    )
    await service.prepare()
    return Part(name="dispatcher", run=service.run, routes=service.routes(), statuses=STATUSES)
