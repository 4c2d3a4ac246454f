"""What the cache of scans loses with time.

What a scan needs of a layer is marked as used by its binding, once a day. Layers that no scan
needed for 30 days go, the facts of readers that are not this version's as well, and of the rest
the longest unused while the file holds more than 1 GiB. Names and chains, by which base images
are recognised, are small and stay a year. A sweep runs once a day at the end of a scan, has the
cache alone (:mod:`scantling.scan.cache_lock`), and breaks off after two seconds: what is left
goes the next day.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar

from scantling.scan.cache import DAY_MS, FILE, open_cache
from scantling.scan.cache_lock import sweeping
from scantling_analyzers.contract import kind_of
from scantling_analyzers.extraction.readers import INDEX_READER
from scantling_analyzers.facts.catalogue import READERS
from scantling_common.errors import ScantlingError
from scantling_common.records import extractor as records
from scantling_common.records.sync import PLACEMENTS, Placement
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scantling_common.clock import Clock
    from scantling_common.records.record import Record
    from scantling_common.store.sqlite import SqliteStore

UNUSED_MS: Final = 30 * DAY_MS
"""After how long without use a layer goes."""

NAMES_MS: Final = 365 * DAY_MS
"""After how long names and chains go."""

MOST_BYTES: Final = 1 << 30
"""How much the file may hold after a sweep; it does not shrink, what is free is used again."""

SECONDS: Final = 2.0
STAMP: Final = "scan.swept"
_BATCH: Final = 20
"""Facts are up to 4 MiB each, and are read to be deleted."""

COLLECTIONS: Final = (*records.COLLECTIONS, PLACEMENTS)

R = TypeVar("R", bound="Record")
C = TypeVar("C", bound=records.Chunk)


class _OutOfTime(Exception):
    """The sweep has had its seconds."""


def is_due(folder: Path, *, now_ms: int) -> bool:
    """Tell whether the last sweep of a cache began more than a day ago."""
    try:
        return now_ms - (folder / STAMP).stat().st_mtime * 1000 >= DAY_MS
    except OSError:
        return (folder / FILE).exists()


async def sweep_cache(
    folder: Path,
    clock: Clock,
    *,
    most_bytes: int = MOST_BYTES,
    elapsed: Callable[[], float] = time.monotonic,
) -> bool:
    """Sweep a cache if that is due and nobody scans with it; tell whether it was swept.

    A cache that can't be swept stays as it is: it is never needed.
    """
    if not is_due(folder, now_ms=clock.now_ms()):
        return False
    with sweeping(folder) as alone:
        if not alone:
            return False
        try:
            (folder / STAMP).touch(mode=0o600)
            store = open_cache(folder)
            try:
                await store.ensure(COLLECTIONS)
                await CacheSweep(store, clock, elapsed, most_bytes).run()
            finally:
                await store.close()
        except (ScantlingError, OSError):
            return False
    return True


class CacheSweep:
    """One sweep of an open cache that nobody else works on."""

    def __init__(
        self,
        store: SqliteStore,
        clock: Clock,
        elapsed: Callable[[], float],
        most_bytes: int,
    ) -> None:
        """Bind everything; the seconds begin now."""
        self._store, self._now, self._most = store, clock.now_ms(), most_bytes
        self._elapsed, self._until = elapsed, elapsed() + SECONDS
        self._bindings = Repository(store, records.BINDINGS, records.Binding)
        self._facts = Repository(store, records.FACTS, records.FactChunk)
        self._indexes = Repository(store, records.LAYER_INDEXES, records.Chunk)
        self._views = Repository(store, records.VISIBILITY, records.Chunk)
        self._chains = Repository(store, records.CHAINS, records.Chain)
        self._placements = Repository(store, PLACEMENTS, Placement)
        versions = {kind_of(reader.name): reader.version for reader in READERS}
        self._versions = INDEX_READER | versions

    async def run(self) -> None:
        """Sweep until all is done or the time is up; each step leaves the cache whole."""
        try:
            await self._layers()
            await self._unbound_facts()
            await self._unbound_indexes()
            await self._unused_views()
            await self._names()
            await self._oversize()
        except _OutOfTime:
            return

    async def _layers(self) -> None:
        unused = Range(index="used", end=self._now - UNUSED_MS)
        while found := (await self._bindings.page(unused, limit=_BATCH)).records:
            for binding in found:
                await self._drop(binding)

    async def _drop(self, binding: records.Binding) -> None:
        """Delete a binding, and its layer where no other blob unpacks to it.

        The index goes last: facts without one would be believed to be of an empty layer.
        """
        self._go_on()
        await self._bindings.delete(binding.id)
        if await self._is_bound(binding.diff_id):
            return
        of_layer = Range(index="about", prefix=(binding.diff_id,))
        await self._delete_all(self._facts, of_layer)
        await self._delete_all(self._indexes, of_layer)

    async def _unbound_facts(self) -> None:
        """Delete old facts of no bound layer, or of a reader that is not this version's."""
        unused = Range(index="used", end=self._now - UNUSED_MS)
        while found := (await self._facts.page(unused, limit=_BATCH)).records:
            self._go_on()
            for chunk in found:
                current = self._versions.get(kind_of(chunk.reader)) == chunk.version
                await self._keep_or_delete(
                    self._facts, chunk, keep=current and await self._is_bound(chunk.about)
                )

    async def _unbound_indexes(self) -> None:
        unused = Range(index="used", end=self._now - UNUSED_MS)
        while found := (await self._indexes.page(unused, limit=_BATCH)).records:
            self._go_on()
            for chunk in found:
                await self._keep_or_delete(
                    self._indexes, chunk, keep=await self._is_bound(chunk.about)
                )

    async def _unused_views(self) -> None:
        """Delete visibilities whose root was not used; the root goes with the rest."""
        unused = Range(index="used", end=self._now - UNUSED_MS)
        while found := (await self._views.page(unused, limit=_BATCH)).records:
            self._go_on()
            for chunk in found:
                root = await self._views.get(f"{chunk.about}/0")
                used = root is not None and root.used_at >= self._now - UNUSED_MS
                await self._keep_or_delete(self._views, chunk, keep=used)

    async def _names(self) -> None:
        await self._delete_all(self._chains, Range(index="seen", end=self._now - NAMES_MS))
        async for placement in self._placements.each(Range(index="any_image")):
            self._go_on()
            if placement.last_seen_at < self._now - NAMES_MS:
                await self._placements.delete(placement.id)

    async def _oversize(self) -> None:
        """Delete the longest unused layers, but none that was used within a day."""
        unused = Range(index="used", end=self._now - DAY_MS)
        while await self._store.used_bytes() > self._most:
            longest = (await self._bindings.page(unused, limit=1)).records
            if not longest:
                return
            await self._drop(longest[0])

    async def _keep_or_delete(self, repository: Repository[C], chunk: C, *, keep: bool) -> None:
        if keep:
            await repository.set_fields(chunk.id, {"used_at": self._now})
        else:
            await repository.delete(chunk.id)

    async def _is_bound(self, diff_id: str) -> bool:
        range_ = Range(index="diff_id", prefix=(diff_id,))
        return bool((await self._bindings.page(range_, limit=1)).records)

    async def _delete_all(self, repository: Repository[R], range_: Range) -> None:
        while found := (await repository.page(range_, limit=_BATCH)).records:
            self._go_on()
            await repository.bulk([repository.deleting(each.id) for each in found])

    def _go_on(self) -> None:
        if self._elapsed() > self._until:
            raise _OutOfTime
