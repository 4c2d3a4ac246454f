"""Pages of outcomes to their final place, many at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from scantling_common.records.reporter import OUTCOMES, StoredPage
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from scantling_common.store.port import Store

_BATCH: Final = 32
"""How many pages one bulk writes; at most 16 MiB."""


class PageWriter:
    """Inserts what callers hand in together while the insert before is under way.

    Nobody waits for a timer: a page that comes alone is written alone.
    """

    def __init__(self, store: Store) -> None:
        """Write to a store."""
        self._pages = Repository(store, OUTCOMES, StoredPage)
        self._waiting: list[tuple[StoredPage, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, page: StoredPage) -> None:
        """Insert a page unless it is there; return when it is durable."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((page, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="page writer")
        await written

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            different = {page.id: page for page, _ in batch}
            waiting = [written for _, written in batch if not written.done()]
            try:
                await self._pages.bulk([self._pages.inserting(p) for p in different.values()])
            except BaseException as error:  # noqa: BLE001  # whoever waits must hear of it
                for written in waiting:
                    if not written.done():
                        written.set_exception(error)
            else:
                for written in waiting:
                    if not written.done():
                        written.set_result(None)
