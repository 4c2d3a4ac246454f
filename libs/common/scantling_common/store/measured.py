"""A store whose calls are measured."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scantling_common.store.port import (
        Collection,
        Document,
        Operation,
        Range,
        Scalar,
        Store,
    )
    from scantling_common.telemetry.metrics import Metrics


class MeasuredStore:
    """Reports the seconds of each call as ``store_seconds``."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        """Measure a store."""
        self._store = store
        self._metrics = metrics

    async def ensure(self, collections: Sequence[Collection]) -> None:
        """Create what is missing; not measured."""
        await self._store.ensure(collections)

    async def get(self, collection: Collection, id_: str) -> Document | None:
        """Return one document."""
        with self._measured(collection, "get"):
            return await self._store.get(collection, id_)

    async def get_many(self, collection: Collection, ids: Sequence[str]) -> list[Document]:
        """Return those documents that exist."""
        with self._measured(collection, "get_many"):
            return await self._store.get_many(collection, ids)

    async def insert(self, collection: Collection, document: Document) -> bool:
        """Insert."""
        with self._measured(collection, "insert"):
            return await self._store.insert(collection, document)

    async def replace(self, collection: Collection, document: Document, *, rev: int) -> bool:
        """Compare-and-set."""
        with self._measured(collection, "replace"):
            return await self._store.replace(collection, document, rev=rev)

    async def set_fields(
        self, collection: Collection, id_: str, fields: Mapping[str, Scalar]
    ) -> bool:
        """Set fields."""
        with self._measured(collection, "set_fields"):
            return await self._store.set_fields(collection, id_, fields)

    async def delete(self, collection: Collection, id_: str, *, rev: int | None = None) -> bool:
        """Delete."""
        with self._measured(collection, "delete"):
            return await self._store.delete(collection, id_, rev=rev)

    async def page(self, collection: Collection, range_: Range, *, limit: int) -> list[Document]:
        """Return documents of a range."""
        with self._measured(collection, "page"):
            return await self._store.page(collection, range_, limit=limit)

    async def claim(
        self, collection: Collection, range_: Range, changes: Mapping[str, Scalar]
    ) -> Document | None:
        """Claim."""
        with self._measured(collection, "claim"):
            return await self._store.claim(collection, range_, changes)

    async def bulk(self, collection: Collection, operations: Sequence[Operation]) -> list[bool]:
        """Carry out operations."""
        with self._measured(collection, "bulk"):
            return await self._store.bulk(collection, operations)

    async def close(self) -> None:
        """Close the measured store."""
        await self._store.close()

    @contextmanager
    def _measured(self, collection: Collection, verb: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - begun
            self._metrics.observe("store_seconds", seconds, collection=collection.name, verb=verb)
