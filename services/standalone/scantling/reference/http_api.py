"""``openapi.json``: the routes of all services, as one API."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scantling import __version__
from scantling.hosting.settings import loaded
from scantling_common.bus.local import LocalBus
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.crypto import KEY_BYTES, Sealer
from scantling_common.http.openapi import document
from scantling_common.store.sqlite import SqliteStore
from scantling_dispatcher.service import build_dispatcher
from scantling_dispatcher.settings import DispatcherSettings
from scantling_reporter.service import build_reporter
from scantling_reporter.settings import ReporterSettings
from scantling_sync.service import build_sync
from scantling_sync.settings import SyncSettings

if TYPE_CHECKING:
    from scantling_common.http.endpoints import Route


async def openapi() -> dict[str, Any]:
    """Return the document."""
    return document("Scantling", __version__, await all_routes())


async def all_routes() -> list[Route]:
    """Return the routes of all services, which are built in memory and never run."""
    clock, randomness = SystemClock(), SystemRandomness()
    store = SqliteStore(":memory:")
    with tempfile.TemporaryDirectory() as folder:
        bus = LocalBus(Path(folder), clock=clock, randomness=randomness, source="/scantling/docs")
        try:
            sync = await build_sync(
                store=store,
                bus=bus,
                sealer=Sealer([bytes(KEY_BYTES)]),
                clock=clock,
                randomness=randomness,
                settings=loaded(SyncSettings),
            )
            dispatcher = build_dispatcher(
                store=store,
                bus=bus,
                clock=clock,
                randomness=randomness,
                settings=loaded(DispatcherSettings),
            )
            reporter = build_reporter(
                store=store, bus=bus, clock=clock, settings=loaded(ReporterSettings)
            )
            return [*sync.routes(), *dispatcher.routes(), *reporter.routes()]
        finally:
            await bus.close()
            await store.close()
