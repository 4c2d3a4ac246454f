"""The sample registry inside a test, and what it notified of."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from scantling.sample.notifications import Notifications
from scantling.sample.registry import SampleRegistry
from scantling.sample.shelf import Shelf
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.http.app import serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class Noted(Notifications):
    """Notifications that are kept instead of sent."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        super().__init__(SystemClock(), SystemRandomness())
        self.events: list[tuple[str, dict[str, Any]]] = []

    def note(self, action: str, target: dict[str, Any]) -> None:
        """Keep one event."""
        self.events.append((action, target))


@asynccontextmanager
async def sample_registry(
    folder: Path, *, max_bytes: int = 1 << 30, notifications: Notifications | None = None
) -> AsyncIterator[tuple[str, Noted]]:
    """Serve a sample registry; give its ``host:port`` and its notifications."""
    noted = Noted()
    shelf = Shelf(folder, max_bytes=max_bytes)
    registry = SampleRegistry(shelf, notifications or noted, SystemRandomness())
    with socket.create_server(("127.0.0.1", 0)) as sock:
        host, port = sock.getsockname()
        serving = asyncio.create_task(serve(registry.app(), host, port, sock=sock))
        try:
            yield f"{host}:{port}", noted
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
