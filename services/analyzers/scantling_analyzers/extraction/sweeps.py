"""What the extractor's collections lose with time: mark and sweep over ``images``.

A document is looked at when it was not of use for 30 days. What an image refers to is marked as
used now, the rest goes; sync keeps an image for 30 days after its last placement, and that is the
grace. Sweeps are safe to run several at once, and to break off anywhere: what is deleted too much
is read from the registry again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from msgspec.structs import replace

from scantling_analyzers.contract import kind_of
from scantling_common.errors import ScantlingError
from scantling_common.records import extractor as records
from scantling_common.records.sync import IMAGES, MOVES, PLACEMENTS, Image, Move, Placement
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from scantling_common.clock import Clock
    from scantling_common.layers.cache import BlobCache
    from scantling_common.records.record import Record
    from scantling_common.store.port import Operation, Store

logger = logging.getLogger(__name__)

SECONDS: Final = 6 * 3600.0
"""How often is swept; the first time after as long."""

DAY_MS: Final = 24 * 3600 * 1000
UNUSED_MS: Final = 30 * DAY_MS
LEASES_MS: Final = DAY_MS
_BATCH: Final = 50

R = TypeVar("R", bound="Record")


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """How many documents a sweep deleted."""

    bindings: int = 0
    layer_indexes: int = 0
    facts: int = 0
    visibility: int = 0
    chains: int = 0
    claims: int = 0
    layer_leases: int = 0
    blobs: int = 0


class Sweeps:
    """Sweeps what the extractor writes."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        blobs: BlobCache | None = None,
        readers: Collection[str] = (),
    ) -> None:
        """Sweep a store, and this node's cache of blobs where there is one.

        ``readers`` are the names of those that read now: what others found by rules that are gone
        is of no use to any image. Without a name nothing is known of rules.
        """
        self._clock, self._blobs, self._readers = clock, blobs, frozenset(readers)
        self._images = Repository(store, IMAGES, Image)
        self._placements = Repository(store, PLACEMENTS, Placement)
        self._moves = Repository(store, MOVES, Move)
        self._bindings = Repository(store, records.BINDINGS, records.Binding)
        self._indexes = Repository(store, records.LAYER_INDEXES, records.Chunk)
        self._facts = Repository(store, records.FACTS, records.FactChunk)
        self._views = Repository(store, records.VISIBILITY, records.Chunk)
        self._chains = Repository(store, records.CHAINS, records.Chain)
        self._claims = Repository(store, records.CLAIMS, records.ClaimsChunk)
        self._leases = Repository(store, records.LAYER_LEASES, records.LayerLease)

    async def run(self) -> None:
        """Sweep every six hours until cancelled."""
        while True:
            await self._clock.sleep(SECONDS)
            try:
                logger.info("swept", extra=msgspec.structs.asdict(await self.sweep()))
            except ScantlingError as error:
                logger.warning("sweep broke off", extra={"error": error.code})

    async def sweep(self) -> Swept:
        """Sweep once. Nothing goes before all images were read."""
        marked = await self._mark()

        async def is_bound(binding: records.Binding) -> bool:
            return _mark_of(binding.blob) in marked

        async def is_indexed(chunk: records.Chunk) -> bool:
            return _mark_of(chunk.about) in marked

        async def is_fact(chunk: records.FactChunk) -> bool:
            # Of a configuration the project stands before the digest.
            about = chunk.about.rpartition("/")[2]
            if _mark_of(about) not in marked or self._is_of_old_rules(chunk.reader):
                return False
            return not await self._has_newer(chunk)

        return Swept(
            bindings=await self._sweep(self._bindings, "used", "used_at", is_bound),
            layer_indexes=await self._sweep(self._indexes, "used", "used_at", is_indexed),
            facts=await self._sweep(self._facts, "used", "used_at", is_fact),
            visibility=await self._sweep(self._views, "used", "used_at", self._has_root),
            chains=await self._sweep(self._chains, "seen", "seen_at", self._is_base),
            claims=await self._sweep(self._claims, "used", "used_at", self._is_placed),
            layer_leases=await self._sweep_leases(),
            blobs=await self._sweep_blobs(),
        )

    async def _mark(self) -> frozenset[bytes]:
        """Return what images refer to: blobs, and the layers that their configs claim.

        Facts are only believed where the claim was found true, so no other layer is read.
        """
        marked: set[bytes] = set()
        async for image in self._images.each(Range(index="first_seen")):
            marked.add(_mark_of(image.config_digest))
            for layer in image.body.layers:
                marked.add(_mark_of(layer.digest))
                marked.add(_mark_of(layer.claimed_diff_id))
        return frozenset(marked)

    async def _sweep(
        self,
        repository: Repository[R],
        index: str,
        field: str,
        is_wanted: Callable[[R], Awaitable[bool]],
    ) -> int:
        """Delete what is not wanted of what was not used for long, and mark the rest as used.

        A document that changes meanwhile stays.
        """
        now = self._clock.now_ms()
        swept = 0
        range_: Range | None = Range(index=index, end=now - UNUSED_MS)
        while range_ is not None:
            page = await repository.page(range_, limit=_BATCH)
            operations: list[Operation] = []
            for record in page.records:
                if await is_wanted(record):
                    operations.append(repository.setting(record.id, {field: now}))
                else:
                    swept += await repository.delete(record.id, rev=record.rev)
            await repository.bulk(operations)
            range_ = None if page.next is None else replace(range_, after=page.next)
        return swept

    def _is_of_old_rules(self, reader: str) -> bool:
        return bool(self._readers) and kind_of(reader) != reader and reader not in self._readers

    async def _has_newer(self, chunk: records.FactChunk) -> bool:
        range_ = Range(index="about", prefix=(chunk.about, chunk.reader), start=chunk.version + 1)
        return bool((await self._facts.page(range_, limit=1)).records)

    async def _has_root(self, chunk: records.Chunk) -> bool:
        """Tell whether a chunk of a visibility is of one that was used; its root goes first."""
        root_id = f"{chunk.about}/0"
        return chunk.id != root_id and await self._views.get(root_id) is not None

    async def _is_base(self, chain: records.Chain) -> bool:
        """Tell whether an image has a name, or had one: others may be built on a former one."""
        if await self._is_placed(chain):
            return True
        range_ = Range(index="image", prefix=(chain.project, chain.image))
        return bool((await self._moves.page(range_, limit=1)).records)

    async def _is_placed(self, about: records.Chain | records.ClaimsChunk) -> bool:
        range_ = Range(index="image", prefix=(about.project, about.image, False))
        return bool((await self._placements.page(range_, limit=1)).records)

    async def _sweep_leases(self) -> int:
        """Delete leases that nobody changed for a day: holders beat, and deaths are forgiven."""
        swept = 0
        range_ = Range(index="changed", end=self._clock.now_ms() - LEASES_MS)
        async for lease in self._leases.each(range_):
            swept += await self._leases.delete(lease.id, rev=lease.rev)
        return swept

    async def _sweep_blobs(self) -> int:
        if self._blobs is None:
            return 0
        before = self._clock.now_ms() - UNUSED_MS
        return await asyncio.to_thread(self._blobs.discard_unused, before)


def _mark_of(digest: str) -> bytes:
    """Return a short hash of a digest: there may be millions of them."""
    return hashlib.blake2b(digest.encode(), digest_size=16).digest()
