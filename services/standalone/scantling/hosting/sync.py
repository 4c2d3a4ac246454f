"""Sync as a part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling.hosting.keys import credential_sealer
from scantling.hosting.parts import Part
from scantling_sync.service import STATUSES, build_sync

if TYPE_CHECKING:
    from scantling.hosting.adapters import Adapters
    from scantling_sync.settings import SyncSettings


async def sync_part(adapters: Adapters, settings: SyncSettings) -> Part:
    """Return sync."""
    service = await build_sync(
        store=adapters.store,
        bus=adapters.bus,
        sealer=credential_sealer(settings.credential_key_file),
        clock=adapters.clock,
        randomness=adapters.randomness,
        settings=settings,
        metrics=adapters.metrics,
    )
    return Part(name="sync", run=service.run, routes=service.routes(), statuses=STATUSES)
