"""``image.events``: a pushed image waits in its registry's standing push task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from scantling_common.bus.port import Answer, Delivery, Done
from scantling_common.events.models import ImageEvent
from scantling_common.records.dispatcher import TaskItem, item_id
from scantling_common.telemetry.tracing import current_traceparent
from scantling_dispatcher.instants import milliseconds
from scantling_dispatcher.rows import fresh_row

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.records.dispatcher import Task
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.items import Items
    from scantling_dispatcher.rows import Rows


class Intake:
    """From image events to waiting rows; the same event twice makes one row, and one scan."""

    def __init__(self, board: Board, items: Items, rows: Rows, clock: Clock) -> None:
        """Write ``task_items`` and ``waiting``."""
        self._board = board
        self._items = items
        self._rows = rows
        self._clock = clock

    async def handle(self, delivery: Delivery) -> Answer:
        """Take one event. Only pushes start a scan; the pick sees what moved or went."""
        event = delivery.event
        if isinstance(event, ImageEvent) and event.action == "pushed":
            trace = current_traceparent() or delivery.envelope.traceparent
            await self._pushed(event, delivery.envelope.id, trace)
        return Done()

    async def _pushed(self, event: ImageEvent, id_: str, traceparent: str) -> None:
        registry = await self._board.registries.get(event.registry)
        if registry is None or registry.project != event.project or not registry.scan_on_push:
            return
        task = await self._board.tasks.standing(registry)
        seen_at = milliseconds(event.observed_at)
        if await self._wanted(task, event.image, seen_at, id_):
            row = fresh_row(
                task,
                image=event.image,
                registry=registry.id,
                stamp=seen_at,
                now=self._clock.now_ms(),
                traceparent=traceparent,
            )
            await self._rows.put(row)

    async def _wanted(self, task: Task, image: str, seen_at: int, asked_by: str) -> bool:
        """Note an observation in the image's item; tell whether the image must be waiting.

        The item is written before the row. So an event that comes again finds the item waiting,
        and puts the row that may be missing; or it finds that the item has gone on. An event of
        the same id may be of a later look at the registry, where sync died between two looks.
        """
        fresh = TaskItem(
            id=item_id(task.id, image),
            task=task.id,
            project=task.project,
            image=image,
            state="waiting",
            observed_at=seen_at,
            asked_by=asked_by,
            changed_at=self._clock.now_ms(),
        )
        there = await self._items.get(task.id, image)
        if there is None and await self._items.insert(fresh):
            return True
        if there is None or seen_at > there.observed_at:
            await self._items.change(fresh.id, lambda item: _observed(item, seen_at, asked_by))
            there = await self._items.get(task.id, image)
        return there is not None and there.state == "waiting"


def _observed(item: TaskItem, seen_at: int, asked_by: str) -> TaskItem | None:
    """Return an item after an observation; one that ended waits anew, one under way goes on."""
    if seen_at <= item.observed_at or asked_by == item.asked_by:
        return None
    observed = replace(item, observed_at=seen_at, asked_by=asked_by)
    if item.state in {"waiting", "running"}:
        return observed
    return replace(observed, state="waiting", reason="", seq=0)
