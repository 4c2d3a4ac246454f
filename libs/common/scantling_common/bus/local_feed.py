"""The feeds of the local bus: a member of a group, and an instance that reads everything."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scantling_common.bus import local_groups, local_log
from scantling_common.bus.errors import ConsumerStopped
from scantling_common.bus.feed import Place, Room

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from scantling_common.bus.feed import Listener, Record
    from scantling_common.bus.local_board import Board
    from scantling_common.bus.local_database import Database
    from scantling_common.bus.local_groups import Claim, Member

Queues = dict[Place, int]


class LocalFeed:
    """Reads all partitions of its topics from the start, without a group."""

    def __init__(self, database: Database, board: Board, queues: Queues) -> None:
        self._database = database
        self._board = board
        self._queues = queues
        self._places = {queue: place for place, queue in queues.items()}
        self._positions: dict[int, int] = {}
        self._turn = 0

    async def start(self, listener: Listener) -> None:
        """Take all partitions."""
        self._positions = dict.fromkeys(self._places, 0)
        await listener.assigned(set(self._queues))

    async def poll(
        self,
        room: Room,
        held_back: AbstractSet[Place],
        timeout: float,  # noqa: ASYNC109
    ) -> Sequence[Record]:
        """Return records, waiting for the bell where there are none."""
        until = asyncio.get_running_loop().time() + timeout
        while True:
            rings = self._board.rings
            await self._board.look()
            await self._attend()
            records = await self._read(room, held_back)
            left = until - asyncio.get_running_loop().time()
            if records or left <= 0:
                return records
            await self._board.wait(rings, left)

    async def keep_alive(self) -> None:
        """Give up what others are to read."""
        await self._board.look()
        await self._attend()

    async def position(self, place: Place) -> int | None:
        """Return the position in a partition."""
        return self._positions.get(self._queues[place])

    async def ends(self) -> Mapping[Place, int]:
        """Return the ends of the assigned partitions."""
        mine = tuple(self._positions)
        found = await self._database.read(lambda connection: local_log.ends(connection, mine))
        return {self._places[queue]: end for queue, end in found.items()}

    async def commit(self, offsets: Mapping[Place, int]) -> None:
        """Commit nothing: nothing is kept without a group."""

    async def close(self) -> None:
        """Release nothing."""

    async def _attend(self) -> None:
        """See to the group."""

    async def _read(self, room: Room, held_back: AbstractSet[Place]) -> Sequence[Record]:
        stretches = [
            local_log.Stretch(queue, self._places[queue], position, self._board.ends[queue])
            for queue, position in self._positions.items()
            if position < self._board.ends.get(queue, 0) and self._places[queue] not in held_back
        ]
        if not stretches:
            return ()
        self._turn = (self._turn + 1) % len(stretches)
        turned = stretches[self._turn :] + stretches[: self._turn]
        records, positions = await self._database.read(
            lambda connection: local_log.read(connection, turned, room)
        )
        self._positions.update(positions)
        return records


class LocalGroupFeed(LocalFeed):
    """Reads what its group assigns to it."""

    def __init__(self, database: Database, board: Board, queues: Queues, member: Member) -> None:
        super().__init__(database, board, queues)
        self._member = member
        self._listener: Listener | None = None
        self._version = -1
        self._joined = False

    async def start(self, listener: Listener) -> None:
        """Join the group."""
        self._listener = listener
        if not self._joined:
            member = self._member
            await self._database.write(lambda connection: local_groups.join(connection, member))
            self._joined = True
            self._board.ring()

    async def commit(self, offsets: Mapping[Place, int]) -> None:
        """Commit what is still owned; redelivery after a loss of power does no harm."""
        rows = {self._queues[place]: offset for place, offset in offsets.items()}
        member = self._member
        await self._database.write(
            lambda connection: local_groups.commit(connection, member, rows), durable=False
        )

    async def close(self) -> None:
        """Leave the group."""
        if self._joined:
            self._joined = False
            member = self._member
            await self._database.write(lambda connection: local_groups.leave(connection, member))
            self._board.ring()

    async def _attend(self) -> None:
        version = self._board.groups.get(self._member.group, 0)
        if version == self._version or self._listener is None:
            return
        member = self._member
        known, claims = await self._database.read(
            lambda connection: local_groups.claims(connection, member)
        )
        if not known:
            await self._rejoin(self._listener)
            return
        await self._let_go(claims, self._listener)
        await self._take(claims, self._listener)
        self._version = version

    async def _rejoin(self, listener: Listener) -> None:
        """Enter again after another process believed this one dead."""
        member = self._member
        await self._lose(set(self._positions), listener)
        if await self._database.read(lambda connection: local_groups.replaced(connection, member)):
            self._joined = False
            raise ConsumerStopped(
                f"another member of {member.group} has the instance name {member.instance!r}",
                hint="each running instance needs a name of its own",
            )
        await self._database.write(lambda connection: local_groups.join(connection, member))
        self._board.ring()

    async def _let_go(self, claims: Iterable[Claim], listener: Listener) -> None:
        me = self._member.id
        kept = {claim.queue for claim in claims if claim.owner == claim.wanted == me}
        await self._lose(set(self._positions) - kept, listener)
        owned = [claim.queue for claim in claims if claim.owner == me and claim.wanted != me]
        if owned:
            member = self._member
            await self._database.write(
                lambda connection: local_groups.release(connection, member, owned)
            )
            self._board.ring()

    async def _lose(self, queues: AbstractSet[int], listener: Listener) -> None:
        if queues:
            await listener.revoked({self._places[queue] for queue in queues})
            for queue in queues:
                self._positions.pop(queue, None)

    async def _take(self, claims: Iterable[Claim], listener: Listener) -> None:
        member = self._member
        loose = [
            claim.queue
            for claim in claims
            if claim.wanted == member.id
            and claim.owner in {None, member.id}
            and claim.queue not in self._positions
        ]
        if loose:
            taken = await self._database.write(
                lambda connection: local_groups.take(connection, member, loose)
            )
            self._positions.update(taken)
            await listener.assigned({self._places[queue] for queue in taken})
