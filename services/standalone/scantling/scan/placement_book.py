"""What registries showed under a name when an image was scanned, kept in the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.records.sync import (
    MOVES,
    PLACEMENTS,
    Move,
    Placement,
    move_of,
    placement_id,
)
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.images.reference import Reference
    from scantling_common.records.sync import Image
    from scantling_common.store.port import Store


class PlacementBook:
    """Writes placements and their moves, as sync does where there are services."""

    def __init__(self, store: Store, clock: Clock, project: str) -> None:
        """Write to a store."""
        self._placements = Repository(store, PLACEMENTS, Placement)
        self._moves = Repository(store, MOVES, Move)
        self._clock, self._project = clock, project

    async def remember(self, image: Image, reference: Reference, platform: str) -> None:
        """Note that a registry shows an image under a name now."""
        now = self._clock.now_ms()
        placement = Placement(
            id=placement_id(reference.registry, reference.repository, reference.target, platform),
            project=self._project,
            registry=reference.registry,
            repository=reference.repository,
            tag=reference.tag or "",
            platform=platform,
            image=image.id,
            observed_at=now,
            first_seen_at=now,
            last_seen_at=now,
        )
        stored = await self._placements.get(placement.id)
        if stored is None and await self._placements.insert(placement):
            return
        if stored is not None and stored.image != image.id:
            await self._note(move_of(stored, image.id, now))
        moved = {"image": image.id, "observed_at": now, "last_seen_at": now}
        await self._placements.set_fields(placement.id, moved)

    async def _note(self, move: Move) -> None:
        if not await self._moves.insert(move):
            changed = {"successor": move.successor, "moved_at": move.moved_at}
            await self._moves.set_fields(move.id, changed)
