"""Writes what was observed: images, moves, placements with the events they owe, then the bus.

Each step is idempotent: after a crash anywhere the same observation, or a newer one, ends in
the same state, and what is owed is published again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.bus.outbox import pack_owes, unpack_owes
from scantling_common.records.sync import (
    IMAGES,
    MOVES,
    PLACEMENTS,
    Image,
    Move,
    Placement,
    placement_id,
)
from scantling_common.store.port import Range, StoreUnavailable
from scantling_common.store.repository import Repository
from scantling_sync.placements import changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.bus.outbox import Outbox
    from scantling_common.bus.port import Outgoing
    from scantling_common.store.port import Operation, Store
    from scantling_sync.observations import Observation
    from scantling_sync.placements import Change
    from scantling_sync.watcher import Target

_RACES: Final = 10


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What was written; ``stale`` where a newer observation was there already."""

    stale: bool = False
    changed: int = 0
    gone: int = 0
    new_images: int = 0


class Recorder:
    """Writes observations; several may write at once, compare-and-set orders them."""

    def __init__(self, store: Store, outbox: Outbox) -> None:
        """Write to a store; the outbox is that of the placements."""
        self._images = Repository(store, IMAGES, Image)
        self._placements = Repository(store, PLACEMENTS, Placement)
        self._moves = Repository(store, MOVES, Move)
        self._outbox = outbox

    async def stored(self, target: Target) -> list[Placement]:
        """Return the placements of a reference, gone ones included."""
        prefix = (target.registry.id, target.repository, target.tag)
        range_ = Range(index="repository", prefix=prefix)
        return [
            placement
            async for placement in self._placements.each(range_)
            if _is_of(target, placement)
        ]

    async def record(self, target: Target, seen: Observation, images: Sequence[Image]) -> Record:
        """Write an observation of a target and publish what it owes."""
        new_images = await self._write_images(images)
        total = Record(new_images=new_images)
        for _ in range(_RACES):
            made = changes(await self.stored(target), seen)
            writing = [change for change in made if change.placement is not None]
            written = await self._write(writing)
            await self._publish(written)
            total = Record(
                stale=any(change.stale for change in made),
                changed=total.changed + sum(_is_change(change) for change in written),
                gone=total.gone + sum(_is_end(change) for change in written),
                new_images=new_images,
            )
            if len(written) == len(writing):
                return total
        message = f"{target.repository}:{target.reference} is being written by too many at once"
        raise StoreUnavailable(message)

    async def retire(self, made: Sequence[Change]) -> int:
        """Write changes that follow from no observation; return how many were written."""
        written = await self._write(made)
        await self._publish(written)
        return len(written)

    async def _write_images(self, images: Sequence[Image]) -> int:
        if not images:
            return 0
        inserted = await self._images.bulk([self._images.inserting(image) for image in images])
        known = [image for image, new in zip(images, inserted, strict=True) if not new]
        # They have a placement again in a moment: a sweep that saw them without must not go on.
        await self._images.bulk(
            [self._images.setting(image.id, {"orphan_since": 0}) for image in known]
        )
        return sum(inserted)

    async def _write(self, made: Sequence[Change]) -> list[Change]:
        """Write placements with what they owe; return those whose revision was still right."""
        await self._write_moves([change.move for change in made if change.move is not None])
        writing = [change for change in made if change.placement is not None]
        operations = [
            self._operation(_owing(change.placement, change.events))
            for change in made
            if change.placement is not None
        ]
        answers = await self._placements.bulk(operations)
        return [change for change, done in zip(writing, answers, strict=True) if done]

    async def _write_moves(self, moves: Sequence[Move]) -> None:
        """Write what placements are about to leave: after them, a crash would lose it.

        Where the placement is then not written, the record says no more than it shows itself.
        """
        if not moves:
            return
        inserted = await self._moves.bulk([self._moves.inserting(move) for move in moves])
        again = [move for move, new in zip(moves, inserted, strict=True) if not new]
        await self._moves.bulk(
            [
                self._moves.setting(
                    move.id, {"successor": move.successor, "moved_at": move.moved_at}
                )
                for move in again
            ]
        )

    def _operation(self, placement: Placement) -> Operation:
        if placement.rev == 0:
            return self._placements.inserting(placement)
        return self._placements.replacing(placement)

    async def _publish(self, written: Sequence[Change]) -> None:
        for change in written:
            if change.placement is not None and change.events:
                await self._outbox.publish(change.placement.id)


def _is_of(target: Target, placement: Placement) -> bool:
    return bool(target.tag) or placement.id == placement_id(
        target.registry.id, target.repository, target.reference, placement.platform
    )


def _owing(placement: Placement, events: Sequence[Outgoing]) -> Placement:
    known = {each.id for each in unpack_owes(placement.owes)}
    added = [event for event in events if event.id not in known]
    if not added:
        return placement
    owes = pack_owes([*unpack_owes(placement.owes), *added])
    return msgspec.structs.replace(placement, owed=1, owes=owes)


def _is_change(change: Change) -> bool:
    return bool(change.events) and not _is_end(change)


def _is_end(change: Change) -> bool:
    return change.placement is not None and change.placement.gone
