"""The rows of lanes during one round of picks, read a few at a time, in the order of the lane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from scantling_common.records.dispatcher import Waiting
from scantling_common.store.port import Key, Range
from scantling_dispatcher.decisions.lanes import Lane, next_lane

if TYPE_CHECKING:
    from collections.abc import Callable

    from scantling_common.store.repository import Repository
    from scantling_dispatcher.lane_table import LaneTable

AHEAD: Final = 16
"""How many rows of a lane are read at once."""


class _Position(msgspec.Struct):
    """How far a lane is read: rows read and not given out, and where the next ones are."""

    rows: list[Waiting]
    after: Key | None = None
    ended: bool = False
    left: int | None = None


class LaneRows:
    """Gives out each waiting row at most once in a round.

    ``left`` behind are rows that were given out and stay in ``waiting``: the lane's first row
    of the next round is the first of them.
    """

    def __init__(self, waiting: Repository[Waiting], table: LaneTable) -> None:
        """Begin a round over the lanes that the table knows now."""
        self._waiting = waiting
        self._table = table
        table.look()
        self._lanes = {lane.name: lane for lane in table.lanes}
        self._positions: dict[str, _Position] = {}

    async def next(
        self, *, picks: int, now: int, is_open: Callable[[Lane], bool]
    ) -> Waiting | None:
        """Return the next row that is due in an open lane; see :func:`next_lane`."""
        while True:
            lane = next_lane(self._lanes.values(), picks=picks, now=now, is_open=is_open)
            if lane is None:
                return None
            position = await self._read(lane.name)
            if not position.rows:
                del self._lanes[lane.name]
            elif position.rows[0].due_at > lane.due_at:
                self._lanes[lane.name] = replace(lane, due_at=position.rows[0].due_at)
            else:
                return position.rows.pop(0)

    def leave(self, row: Waiting) -> None:
        """Remember that a row that was given out stays."""
        position = self._positions[row.lane]
        if position.left is None:
            position.left = row.due_at

    def end(self) -> None:
        """Tell the table what the lanes that were read begin with now."""
        for name, position in self._positions.items():
            if position.left is not None:
                self._table.seen(name, position.left)
            elif position.rows:
                self._table.seen(name, position.rows[0].due_at)
            elif position.ended:
                self._table.seen(name, None)

    async def _read(self, name: str) -> _Position:
        position = self._positions.setdefault(name, _Position(rows=[]))
        if not position.rows and not position.ended:
            range_ = Range(index="lane", prefix=(name,), after=position.after)
            page = await self._waiting.page(range_, limit=AHEAD)
            position.rows = list(page.records)
            position.after = page.next
            position.ended = page.next is None
        return position
