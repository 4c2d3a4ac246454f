"""Bindings and indexes of layers, and the chains by which base images are recognised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.storage.chunks import read_chunks, write_chunks
from scantling_common.records.extractor import (
    BINDINGS,
    CHAINS,
    LAYER_INDEXES,
    Binding,
    Chain,
    Chunk,
)
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.store.port import Store

MAX_IMAGES_OF_A_CHAIN: Final = 50


class BindingStore:
    """What blobs of a project unpack to; written only after the blobs were hashed."""

    def __init__(self, store: Store) -> None:
        """Use a store; only the extractor's may write."""
        self._bindings = Repository(store, BINDINGS, Binding)

    async def of(self, project: str, blobs: Sequence[str]) -> dict[str, Binding]:
        """Return the bindings that a project has, by blob digest."""
        found = await self._bindings.get_many([f"{project}/{blob}" for blob in set(blobs)])
        return {binding.blob: binding for binding in found}

    async def write(self, binding: Binding) -> None:
        """Store a binding; a verified one that is there says the same, and stays."""
        while not await self._bindings.insert(binding):
            stored = await self._bindings.get(binding.id)
            if stored is None:
                continue
            if stored.verified or not binding.verified:
                return
            if await self._bindings.replace(replace(binding, rev=stored.rev)):
                return


class IndexStore:
    """Layer indexes, packed as they came."""

    def __init__(self, store: Store) -> None:
        """Use a store; only the extractor's may write."""
        self._chunks = Repository(store, LAYER_INDEXES, Chunk)

    async def write(self, diff_id: str, packed: bytes, *, now_ms: int) -> None:
        """Store the index of a layer."""
        await write_chunks(
            self._chunks,
            diff_id,
            packed,
            lambda id_, chunks, data: Chunk(
                id=id_, about=diff_id, chunks=chunks, used_at=now_ms, data=data
            ),
        )

    async def packed(self, diff_id: str) -> bytes | None:
        """Return the index of a layer, None where there is none."""
        found = await read_chunks(self._chunks, diff_id)
        return None if found is None else found[1]


class ChainStore:
    """Which images of a project end in which chain of verified layers."""

    def __init__(self, store: Store) -> None:
        """Use a store; only the extractor's may write."""
        self._chains = Repository(store, CHAINS, Chain)

    async def write(self, chain: Chain) -> None:
        """Store that an image ends in a chain."""
        await self._chains.insert(chain)

    async def images(self, project: str, chain_id: str) -> tuple[Chain, ...]:
        """Return images of a project whose complete chain this is: at most 50, by digest."""
        range_ = Range(index="chain", prefix=(project, chain_id))
        return (await self._chains.page(range_, limit=MAX_IMAGES_OF_A_CHAIN)).records
