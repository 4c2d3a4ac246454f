"""One image: all its layers, then its visibility and its chains."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.extraction.configuration import ConfigurationEngine
from scantling_analyzers.extraction.layer import LayerFailed, ReadLayer, Request
from scantling_analyzers.extraction.readers import INDEX_READER
from scantling_analyzers.extraction.work import ViewDone, ViewWork, WorkFailed
from scantling_analyzers.limits import DEFAULT_LIMITS, Limits
from scantling_analyzers.storage.facts import CUT, FactKey
from scantling_analyzers.storage.view import view_key
from scantling_common.images.digests import DiffId, chain_ids
from scantling_common.layers import codec
from scantling_common.layers.entries import Entries
from scantling_common.layers.index import build
from scantling_common.records.extractor import Chain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from scantling_analyzers.contract import Reader
    from scantling_analyzers.extraction.blobs import BlobSource
    from scantling_analyzers.extraction.layer import LayerEngine
    from scantling_analyzers.extraction.pool import WorkerPool
    from scantling_analyzers.storage.shelves import Shelves
    from scantling_common.clock import Clock
    from scantling_common.records.shared import Layer

AHEAD: Final = 2
"""How many layers of one image are fetched beyond those that workers can read at once."""


async def _always() -> None:
    """Let every layer be read."""


class Extracted(msgspec.Struct, frozen=True, kw_only=True):
    """An image whose facts are all stored: its layers, and the key of its visibility."""

    layers: tuple[ReadLayer, ...]
    visibility: str


class ImageEngine:
    """Reads images; layers run side by side, bounded by the pool."""

    def __init__(
        self,
        *,
        layers: LayerEngine,
        shelves: Shelves,
        pool: WorkerPool,
        clock: Clock,
        scratch: Path,
        limits: Limits = DEFAULT_LIMITS,
        catalogue: Sequence[Reader] = (),
    ) -> None:
        """Bind everything; computing a visibility may take as long as reading a layer.

        ``catalogue`` has the readers that look at configurations.
        """
        self.configurations = ConfigurationEngine(
            facts=shelves.facts, pool=pool, clock=clock, scratch=scratch, catalogue=catalogue
        )
        self._layers, self._pool = layers, pool
        self._indexes, self._facts = shelves.indexes, shelves.facts
        self._views, self._chains = shelves.views, shelves.chains
        self._clock, self._scratch, self._limits = clock, scratch, limits

    async def known(
        self,
        project: str,
        layers: tuple[Layer, ...],
        readers: dict[str, int],
        *,
        again: bool = False,
    ) -> bool:
        """Return whether every fact is stored, so that no registry need be asked.

        With ``again`` facts that could not be had before are not.
        """
        for layer in layers:
            request = Request(project=project, layer=layer, readers=readers, again=again)
            if await self._layers.known(request) is None:
                return False
        return True

    async def read(
        self,
        project: str,
        image: str,
        layers: tuple[Layer, ...],
        readers: dict[str, int],
        source: BlobSource | None,
        *,
        again: bool = False,
        proceed: Callable[[], Awaitable[None]] = _always,
    ) -> Extracted:
        """Read all layers and make the visibility; raises what reading a layer raises.

        ``source`` may be None where :meth:`known` is true. ``proceed`` is awaited before each
        layer, and ends the reading by what it raises.
        """
        turns = asyncio.Semaphore(self._pool.size + AHEAD)
        total = sum(layer.size for layer in layers)

        async def one(layer: Layer) -> ReadLayer:
            async with turns:
                await proceed()
                request = Request(
                    project=project,
                    layer=layer,
                    readers=readers,
                    again=again,
                    overlap=len(layers) < self._pool.size
                    or outlasts(layer.size, total - layer.size, self._pool.size - 1),
                )
                return await self._layers.read(request, source)

        try:
            async with asyncio.TaskGroup() as group:
                # The largest first: a worker that ends with it would be waited for.
                order = sorted(range(len(layers)), key=lambda n: -layers[n].size)
                begun = {n: group.create_task(one(layers[n])) for n in order}
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        read = tuple(begun[n].result() for n in range(len(layers)))
        await self._chain(project, image, read)
        return Extracted(layers=read, visibility=await self._view(read, readers))

    async def _chain(self, project: str, image: str, layers: tuple[ReadLayer, ...]) -> None:
        """Remember the image as a possible base; only verified layers make a chain."""
        if not layers or not all(layer.verified for layer in layers):
            return
        chain_id = chain_ids([DiffId(layer.identity) for layer in layers])[-1]
        await self._chains.write(
            Chain(
                id=f"{project}/{chain_id}/{image}",
                project=project,
                chain_id=chain_id,
                image=image,
                layers=len(layers),
                seen_at=self._clock.now_ms(),
            )
        )

    async def _view(self, layers: tuple[ReadLayer, ...], readers: dict[str, int]) -> str:
        statuses = [
            {f"{name}/{readers[name]}": status for name, status in layer.statuses.items()}
            for layer in layers
        ]
        if self._limits != DEFAULT_LIMITS:
            # Under other limits layers may have other files: that is another visibility.
            statuses.append({"limits": self._limits.mark})
        key = view_key([layer.identity for layer in layers], statuses)
        if not await self._views.use(key, now_ms=self._clock.now_ms()):
            await self._compute(key, layers, readers)
        return key

    async def _compute(
        self, key: str, layers: tuple[ReadLayer, ...], readers: dict[str, int]
    ) -> None:
        folder = Path(tempfile.mkdtemp(prefix="view-", dir=self._scratch))
        try:
            indexes = [await self._index(layer) for layer in layers]
            keys = [
                [
                    FactKey(layer.identity, name, version)
                    for name, version in sorted(readers.items())
                ]
                for layer in layers
            ]
            found = await self._facts.packed([key for of_layer in keys for key in of_layer])
            sets = [
                msgspec.msgpack.encode([found[key] for key in of_layer if key in found])
                for of_layer in keys
            ]
            work = ViewWork(
                indexes=await asyncio.to_thread(_write, folder, "index", indexes),
                facts=await asyncio.to_thread(_write, folder, "facts", sets),
                diff_ids=tuple(layer.identity for layer in layers),
                output=str(folder),
            )
            answer = await self._pool.perform(work, seconds=self._limits.layer.seconds)
            if isinstance(answer, WorkFailed):
                raise LayerFailed(answer.code, answer.message)
            if isinstance(answer, ViewDone):
                packed = await asyncio.to_thread((folder / "view").read_bytes)
                await self._views.write(key, packed, now_ms=self._clock.now_ms())
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _index(self, layer: ReadLayer) -> bytes:
        """Return the packed index of a layer, an empty one where the layer could not be read."""
        packed = await self._indexes.packed(layer.identity)
        if packed is None and (layer.verified or layer.statuses.get("files") == CUT):
            await self._facts.forget(layer.identity, "files", INDEX_READER["files"])
            message = f"the index of layer {layer.identity} is gone; the next scan makes it again"
            raise LayerFailed("facts_missing", message)
        return codec.encode(build(Entries())) if packed is None else packed


def outlasts(size: int, others: int, workers: int) -> bool:
    """Say whether reading one layer goes on long after the other workers are done with theirs."""
    return workers > 0 and size >= 2 * others / workers


def _write(folder: Path, name: str, contents: Sequence[bytes]) -> tuple[str, ...]:
    """Write a file each; return their paths."""
    paths = [folder / f"{name}-{number}" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return tuple(map(str, paths))
