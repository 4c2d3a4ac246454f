"""The items of tasks: each image of a task, and how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.records.dispatcher import item_id
from scantling_dispatcher.changes import change, change_all
from scantling_dispatcher.decisions.statuses import OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scantling_common.clock import Clock
    from scantling_common.records.dispatcher import Scan, TaskItem
    from scantling_common.store.repository import Repository
    from scantling_dispatcher.doorbell import Doorbell

_FOLLOWS: Final = {
    "running": "running",
    "expired": "running",
    "returned": "waiting",
    "cancelled": "cancelled",
}
"""The state of an item that follows from that of its scan; an idle scan has a status."""


class Items:
    """Changes of items; each is counted later (see :mod:`scantling_dispatcher.tally`)."""

    def __init__(self, items: Repository[TaskItem], clock: Clock, tallies: Doorbell) -> None:
        """Write ``task_items``; ``tallies`` rings when there is something to count."""
        self._items = items
        self._clock = clock
        self._tallies = tallies

    async def get(self, task: str, image: str) -> TaskItem | None:
        """Return the item of an image in a task."""
        return await self._items.get(item_id(task, image))

    async def insert(self, item: TaskItem) -> bool:
        """Insert an item unless it is there."""
        inserted = await self._items.insert(item)
        self._tallies.ring()
        return inserted

    async def change(
        self, id_: str, step: Callable[[TaskItem], TaskItem | None]
    ) -> TaskItem | None:
        """Change one item; see :func:`scantling_dispatcher.changes.change`."""
        changed = await change(self._items, id_, lambda item: self._stamped(step(item)))
        self._tallies.ring()
        return changed

    async def change_all(
        self, ids: Iterable[str], step: Callable[[TaskItem], TaskItem | None]
    ) -> None:
        """Change several items in bulk."""
        await change_all(self._items, ids, lambda item: self._stamped(step(item)))
        self._tallies.ring()

    async def running(self, scans: Iterable[Scan]) -> None:
        """Put the items of scans that began into *running*."""
        by_id = _by_item(scans)
        await self.change_all(by_id, lambda item: _into(item, "running", by_id[item.id]))

    async def waiting(self, scan: Scan) -> None:
        """Put the items of a scan that was returned back into *waiting*."""
        await self.change_all(_by_item((scan,)), lambda item: _into(item, "waiting", scan))

    async def ended(self, scan: Scan, state: str, reason: str) -> None:
        """End the items of a scan, those that were cancelled before aside."""
        await self.change_all(
            _by_item((scan,)),
            lambda item: (
                replace(item, state=state, reason=reason)
                if item.state in OPEN and item.seq == scan.seq
                else None
            ),
        )

    async def aligned(self, scan: Scan) -> None:
        """Bring the items of a scan to its state, where a crash left them behind."""
        by_id = _by_item((scan,))
        state = _FOLLOWS.get(scan.state) or scan.status or "failed"
        await self.change_all(by_id, lambda item: _into(item, state, scan))

    async def cancelled(self, ids: Iterable[str]) -> None:
        """End open items as cancelled."""
        await self.change_all(
            ids,
            lambda item: replace(item, state="cancelled") if item.state in OPEN else None,
        )

    async def skipped(self, id_: str, reason: str) -> None:
        """End a waiting item by a filter."""
        await self.change(
            id_,
            lambda item: (
                replace(item, state="skipped", reason=reason) if item.state == "waiting" else None
            ),
        )

    def _stamped(self, item: TaskItem | None) -> TaskItem | None:
        if item is None:
            return None
        return replace(item, changed_at=self._clock.now_ms(), uncounted=1)


def _by_item(scans: Iterable[Scan]) -> dict[str, Scan]:
    return {item_id(task, scan.image): scan for scan in scans for task in scan.body.tasks}


def _into(item: TaskItem, state: str, scan: Scan) -> TaskItem | None:
    """Return an open item in a state of its scan; None where it is so, or has ended."""
    if item.state not in OPEN or (item.state, item.seq) == (state, scan.seq):
        return None
    reason = "" if state == "running" else scan.reason
    return replace(item, state=state, seq=scan.seq, reason=reason)
