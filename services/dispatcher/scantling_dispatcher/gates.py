"""Which lanes are open: their task is running, it may have a scan more, and no limit says wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from scantling_common.records.dispatcher import Task
from scantling_common.records.sync import Registry
from scantling_dispatcher.decisions.lanes import FREE
from scantling_dispatcher.decisions.tasks import is_open
from scantling_dispatcher.rates import rates_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_common.clock import Clock
    from scantling_common.records.dispatcher import Scan
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.decisions.lanes import Lane


class _Gate(msgspec.Struct, frozen=True):
    """What a lane is closed by; a task that is gone closes nothing, so that its rows are seen."""

    task: Task | None
    registry: Registry | None
    rates: list[tuple[str, int]]


class Gates:
    """The gates of lanes during one round of picks."""

    def __init__(self, board: Board, clock: Clock) -> None:
        """Know no lane until :meth:`load`."""
        self._board = board
        self._clock = clock
        self._gates: dict[str, _Gate] = {}
        self._picked: dict[str, int] = {}
        self._free = board.slots.free
        self._free_rematches = board.slots.free_rematches

    async def load(self, lanes: Iterable[Lane]) -> None:
        """Read what closes these lanes; most of it is remembered."""
        for lane in list(lanes):
            task = await self._board.tasks.get(lane.task)
            registry = await self._board.registries.get(lane.registry)
            rates = _rates(lane, registry, task)
            await self._board.rates.load(rates)
            self._gates[lane.name] = _Gate(task, registry, rates)

    def is_open(self, lane: Lane) -> bool:
        """Tell whether a lane is open now; one that came after :meth:`load` is not yet."""
        gate = self._gates.get(lane.name)
        if gate is None:
            return False
        if gate.task is None:
            return True
        if not (self._free_rematches if lane.rank == FREE else self._free):
            return False
        return (
            is_open(gate.task)
            and self._has_slot(gate.task)
            and self._board.rates.free_at(gate.rates) <= self._clock.now_ms()
        )

    def rates(self, lane: str) -> list[tuple[str, int]]:
        """Return the limits that a scan of a lane is debited from."""
        return self._gates[lane].rates

    def picked(self, scan: Scan, task: str) -> None:
        """Count a scan that begins in this round."""
        self._picked[task] = self._picked.get(task, 0) + 1
        if scan.kind == "rematch":
            self._free_rematches -= 1
        else:
            self._free -= 1

    def _has_slot(self, task: Task) -> bool:
        if not task.concurrent_scans:
            return True
        used = self._board.slots.used_by(task.id) + self._picked.get(task.id, 0)
        return used < task.concurrent_scans


def _rates(lane: Lane, registry: Registry | None, task: Task | None) -> list[tuple[str, int]]:
    """Return the limits of a lane: none where the task or the registry is gone, or not touched."""
    if registry is None or task is None or lane.rank == FREE:
        return []
    return rates_of(registry, task)
