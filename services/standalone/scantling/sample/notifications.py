"""The notifications of CNCF distribution, as our sample registry sends them.

Format: https://distribution.github.io/distribution/about/notifications/. In order, at least
once, each tried again until it is accepted; what is queued when the process ends is lost, as
in distribution.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import aiohttp

if TYPE_CHECKING:
    from scantling_common.clock import Clock, Randomness

logger = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/vnd.docker.distribution.events.v2+json"
MAX_QUEUED: Final = 10_000
_PAUSE: Final = 0.5
_SECONDS: Final = 10.0
_ACCEPTED: Final = range(200, 300)


class Notifications:
    """Sends what happened to a webhook."""

    def __init__(self, clock: Clock, randomness: Randomness) -> None:
        """Send nothing yet: where to is told by :meth:`send_to`."""
        self._clock, self._randomness = clock, randomness
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MAX_QUEUED)
        self._url = ""
        self._secret = ""
        self._known = asyncio.Event()

    def send_to(self, url: str, secret: str) -> None:
        """Send to a webhook that takes ``secret`` as Bearer token."""
        self._url, self._secret = url, secret
        self._known.set()

    def note(self, action: str, target: dict[str, Any]) -> None:
        """Queue one event; with ``MAX_QUEUED`` waiting it is left out, and said so."""
        try:
            self._queue.put_nowait(self._event(action, target))
        except asyncio.QueueFull:
            logger.warning("notification left out", extra={"action": action})

    async def run(self) -> None:
        """Send until cancelled."""
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                event = await self._queue.get()
                await self._known.wait()
                while not await self._sent(session, event):
                    await self._clock.sleep(_PAUSE)

    async def _sent(self, session: aiohttp.ClientSession, event: dict[str, Any]) -> bool:
        headers = {"Authorization": f"Bearer {self._secret}", "Content-Type": MEDIA_TYPE}
        body = {"events": [event]}
        try:
            async with session.post(
                self._url, json=body, headers=headers, allow_redirects=False
            ) as answer:
                if answer.status in _ACCEPTED:
                    return True
                logger.warning("notification refused", extra={"status": answer.status})
        except (aiohttp.ClientError, TimeoutError) as error:
            logger.info("notification not delivered", extra={"error": str(error)})
        return False

    def _event(self, action: str, target: dict[str, Any]) -> dict[str, Any]:
        now = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        return {
            "id": self._randomness.token(),
            "timestamp": now.isoformat().replace("+00:00", "Z"),
            "action": action,
            "target": target,
            "request": {"id": self._randomness.token(), "method": "PUT"},
            "actor": {},
            "source": {"addr": "sample", "instanceID": "sample"},
        }
