"""Parts in a process: built once store and bus answer, run together, ended together."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from scantling_common.bus.port import BusUnavailable
from scantling_common.events.topics import TOPICS
from scantling_common.http.app import build_app
from scantling_common.records import dispatcher, extractor, reporter, sync
from scantling_common.store.port import StoreUnavailable
from scantling_common.supervision import run_all

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence
    from typing import Any

    from aiohttp import web

    from scantling.hosting.adapters import Adapters
    from scantling.hosting.parts import Part
    from scantling_common.errors import ScantlingError

    Build = Callable[[], Awaitable[Sequence[Part]]]
    Listen = Callable[[web.Application], Coroutine[Any, Any, None]]

logger = logging.getLogger(__name__)

COLLECTIONS: Final = (
    *sync.COLLECTIONS,
    *dispatcher.COLLECTIONS,
    *extractor.COLLECTIONS,
    *reporter.COLLECTIONS,
)
"""All collections: each process makes sure of all, so that any of them may be the first."""

_ANSWER_SECONDS: Final = 3.0
_RETRY_SECONDS: Final = 2.0


class Host:
    """Hosts parts over adapters."""

    def __init__(
        self,
        adapters: Adapters,
        build: Build,
        listen: Listen,
        *,
        exposition: Callable[[], bytes] | None = None,
    ) -> None:
        """Bind everything; nothing is started.

        ``build`` is called once the collections and topics are there. ``listen`` serves the
        application of all parts' routes until it is cancelled. ``exposition`` returns the text
        of ``/metrics`` where that is not this process' own.
        """
        self._adapters, self._build, self._listen = adapters, build, listen
        self._exposition = exposition or adapters.metrics.exposition

    async def run(self) -> None:
        """Run until a loop fails or the process is asked to stop; then close everything."""
        parts: list[Part] = []
        try:
            await run_all(self._run(parts))
        finally:
            for part in parts:
                await part.close()
            await self._adapters.close()

    async def _run(self, parts: list[Part]) -> None:
        parts += await self._built()
        loops = [part.run() for part in parts]
        loops.append(self._listen(self._app(parts)))
        logger.info("running", extra={"parts": [part.name for part in parts]})
        await run_all(*loops, signals=False)

    async def _built(self) -> Sequence[Part]:
        """Build the parts, and wait for a store or a bus that does not answer yet."""
        while True:
            try:
                await self._adapters.store.ensure(COLLECTIONS)
                await self._adapters.bus.ensure_topics(TOPICS)
                return await self._build()
            except (StoreUnavailable, BusUnavailable) as error:
                logger.warning("waiting to start", extra={"code": error.code, "error": str(error)})
            await self._adapters.clock.sleep(_RETRY_SECONDS)

    def _app(self, parts: Sequence[Part]) -> web.Application:
        statuses: dict[type[ScantlingError], int] = {}
        for part in parts:
            statuses |= part.statuses
        return build_app(
            [route for part in parts for route in part.routes],
            authenticator=self._adapters.authenticator,
            readiness=self._readiness,
            exposition=self._exposition,
            metrics=self._adapters.metrics,
            statuses=statuses,
        )

    async def _readiness(self) -> str:
        """Return why the process is not ready, or nothing."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._adapters.store.get(sync.PROJECTS, "ready")
        except (StoreUnavailable, TimeoutError):
            return "the store does not answer"
        return ""
