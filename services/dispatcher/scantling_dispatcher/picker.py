"""The pick: which waiting images begin now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.records.dispatcher import Scan, Task, Waiting, scan_id
from scantling_dispatcher.candidates import ANEW
from scantling_dispatcher.decisions.lanes import is_free
from scantling_dispatcher.decisions.scans import (
    claimed,
    joined,
    resumed,
    sending,
    split,
    started,
)
from scantling_dispatcher.gates import Gates
from scantling_dispatcher.lane_rows import LaneRows

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from scantling_common.announcements import Announcement
    from scantling_common.clock import Clock
    from scantling_common.store.repository import Repository
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.builds import Builds
    from scantling_dispatcher.claims import Claims
    from scantling_dispatcher.decisions.scans import Claim
    from scantling_dispatcher.repositories import Repositories
    from scantling_dispatcher.rows import Rows
    from scantling_dispatcher.starts import Start, Starts
    from scantling_dispatcher.versions import Versions

BATCH: Final = 64
"""How many scans begin in one round."""

LOOKS: Final = 256
"""How many rows are looked at in one round, those that begin nothing included."""

UNANNOUNCED: Final = 300_000
"""After how long a row is looked at again that waits for advisories that nobody announced yet, in
milliseconds."""

TICK: Final = 0.5
"""After how many seconds lanes are looked at without a ring: limits and retries fall due."""


class Picker:
    """Takes waiting rows while there are slots, in rounds."""

    def __init__(
        self,
        repositories: Repositories,
        board: Board,
        claims: Claims,
        starts: Starts,
        builds: Builds,
        versions: Versions,
        rows: Rows,
        *,
        confirm: Callable[[], Awaitable[None]],
        clock: Clock,
    ) -> None:
        """``confirm`` raises where this is not the active dispatcher any more."""
        self._scans: Repository[Scan] = repositories.scans
        self._waiting: Repository[Waiting] = repositories.waiting
        self._board = board
        self._claims = claims
        self._starts = starts
        self._builds = builds
        self._versions = versions
        self._waits = rows
        self._confirm = confirm
        self._clock = clock
        self._picks = 0
        self._broken = False

    async def round(self) -> bool:
        """Begin what may begin now; tell whether to look again at once."""
        slots = self._board.slots
        if not (slots.free or slots.free_rematches) or not self._is_due():
            return False
        async with self._board.turn:
            await self._confirm()
            if self._broken:
                await self._board.rebuild()
            self._broken = True  # until the round has ended: the tables may miss what it wrote
            again = await self._round()
            self._broken = False
            return again

    def _is_due(self) -> bool:
        now = self._clock.now_ms()
        return any(lane.due_at <= now for lane in self._board.lanes.lanes)

    async def _round(self) -> bool:
        rows = LaneRows(self._waiting, self._board.lanes)
        gates = Gates(self._board, self._clock)
        await gates.load(self._board.lanes.lanes)
        starts: list[Start] = []
        looks = 0
        while len(starts) < BATCH and looks < LOOKS:
            row = await rows.next(
                picks=self._picks, now=self._clock.now_ms(), is_open=gates.is_open
            )
            if row is None:
                break
            looks += 1
            start = await self._consider(row, starts, rows, gates)
            if start is not None:
                starts.append(start)
                gates.picked(start.scan, row.task)
                self._picks += 1
        begun = await self._starts.begin(starts) if starts else []
        ids = {start.row.id for start in begun}
        for start in starts:
            if start.row.id not in ids:
                rows.leave(start.row)
        rows.end()
        return bool(begun) or looks == LOOKS

    async def _consider(
        self, row: Waiting, starts: list[Start], rows: LaneRows, gates: Gates
    ) -> Start | None:
        """Return the scan that a row begins; None where it begins none, or none yet."""
        id_ = scan_id(row.project, row.image)
        task = await self._board.tasks.get(row.task)
        if task is None:
            await self._claims.orphan(row)
            return None
        announced = await self._announced(row)
        if announced is None or any(start.scan.id == id_ for start in starts):
            rows.leave(row)  # the next round finds the scan running
            return None
        scan = await self._scans.get(id_)
        version = await self._board.rules.version(row.project, task.created_at)
        claim = claimed(scan, row, version)
        if claim == "start" and not await self._claims.skip(row, task, announced.build):
            wanted, unasked = self._wanted(row, task)
            fresh = started(
                scan,
                wanted,
                version,
                self._now(),
                again=task.kind in ANEW,
                announced=announced,
                unasked=unasked,
            )
            if fresh.kind == "scan" and is_free(row.lane):
                if not await self._claims.limit(row):
                    rows.leave(row)
                return None
            return await self._begin(row, fresh, rows, gates)
        if claim == "resume" and scan is not None:
            return await self._begin(row, resumed(scan, self._now()), rows, gates)
        if scan is not None and not await self._settled(claim, row, scan, task, announced):
            rows.leave(row)
        return None

    async def _announced(self, row: Waiting) -> Announcement | None:
        """Return the newest advisories; None where a row waits for some that come after them."""
        if row.sequence <= self._builds.heard.sequence:
            return self._builds.heard
        newest = await self._builds.newest()
        if row.sequence <= newest.sequence:
            return newest
        await self._waits.postpone(row, self._now() + UNANNOUNCED)
        return None

    def _wanted(self, row: Waiting, task: Task) -> tuple[Waiting, tuple[str, ...]]:
        """Return a row with the risks that its scan asks for, and those that nobody analyses.

        What pushes are looked for is a setting, and may name what this installation does not have,
        or not yet.
        """
        unasked = tuple(self._versions.unavailable(split(row.risks)))
        if task.kind != "push" or not unasked:
            return row, ()
        return replace(row, risks=joined(set(split(row.risks)) - set(unasked))), unasked

    async def _settled(
        self, claim: Claim, row: Waiting, scan: Scan, task: Task, announced: Announcement
    ) -> bool:
        """Settle a row with the scan that is there; tell whether it is out of the lane."""
        if claim == "stale":
            await self._claims.stale(row, scan)
        elif claim == "pass":
            return False
        elif claim != "start" and not await self._claims.skip(row, task, announced.build):
            if claim == "join":
                return await self._claims.join(row, scan)
            again = scan.again or task.kind in ANEW
            return await self._claims.adopt(row, replace(scan, again=again))
        return True

    async def _begin(self, row: Waiting, scan: Scan, rows: LaneRows, gates: Gates) -> Start | None:
        start = await self._starts.prepare(row, scan, gates.rates(row.lane), sending(scan))
        if start is None:
            rows.leave(row)
        return start

    def _now(self) -> int:
        return self._clock.now_ms()
