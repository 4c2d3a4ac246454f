"""One layer of one image: from a blob to a binding, an index and facts, done once."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.extraction.pool import WorkerDied, WorkOverdue
from scantling_analyzers.extraction.readers import INDEX_READER
from scantling_analyzers.extraction.sharing import Sharing
from scantling_analyzers.extraction.work import LayerDone, LayerWork, WorkFailed
from scantling_analyzers.limits import DEFAULT_LIMITS, Limits
from scantling_analyzers.storage.facts import CUT, MISSING, READ, FactKey
from scantling_analyzers.storage.leases import MAX_STARTS
from scantling_common.errors import ScantlingError
from scantling_common.layers.errors import LayerTooLarge, SpillFailed
from scantling_common.records.extractor import Binding
from scantling_common.records.shared import Layer
from scantling_common.telemetry.metrics import NO_METRICS, Metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_analyzers.extraction.blobs import BlobSource
    from scantling_analyzers.extraction.pool import WorkerPool
    from scantling_analyzers.storage.leases import End
    from scantling_analyzers.storage.shelves import Shelves
    from scantling_common.clock import Clock

CRASHED: Final = "reader_crashed"
GIVEN_UP: Final = frozenset({"layer_too_large", "out_of_memory", "deadline"})
"""Codes of work that ends in a negative fact: the image is *partial*, not *failed*."""

LOOK_AGAIN: Final = 0.25
"""Seconds between looks at a layer that another process reads."""


class LayerFailed(ScantlingError):
    """A layer is not what the image says, or is damaged: nothing can be said of the image.

    ``reason`` is the stable code: ``digest_mismatch``, ``diff_id_mismatch``, …
    """

    code = "layer_failed"

    def __init__(self, reason: str, message: str) -> None:
        """Name what went wrong."""
        super().__init__(message)
        self.reason = reason


class ReadLayer(msgspec.Struct, frozen=True, kw_only=True):
    """A layer after reading. ``identity`` is where its facts are: the verified diff_id.

    Where the content could not be hashed to its end (over a limit, overdue, crashed) there is
    no verified diff_id, and the identity is the blob's digest, which no other layer shares.
    ``proven`` says that the project has shown that it has the blob.
    """

    identity: str
    verified: bool
    proven: bool = True
    uncompressed_size: int = 0
    statuses: dict[str, str]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted of a layer: the readers by name with version; ``again`` retries failures.

    ``overlap`` says that fewer layers are to be read than there are workers.
    """

    project: str
    layer: Layer
    readers: dict[str, int]
    again: bool = False
    overlap: bool = False


class LayerEngine:
    """Reads layers; one per process."""

    def __init__(
        self,
        *,
        shelves: Shelves,
        pool: WorkerPool,
        clock: Clock,
        scratch: Path,
        limits: Limits = DEFAULT_LIMITS,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        """Bind everything."""
        self._bindings, self._indexes = shelves.bindings, shelves.indexes
        self._facts, self._leases = shelves.facts, shelves.leases
        self._pool, self._clock = pool, clock
        self._scratch, self._limits, self._mark = scratch, limits, limits.mark
        self._metrics, self._sharing = metrics, Sharing()

    async def read(self, request: Request, source: BlobSource | None) -> ReadLayer:
        """Make sure that a layer has its facts; of several calls for one blob one works.

        A call that is cancelled ends the work only where no other call wants the blob. Raises
        :class:`LayerFailed`, :class:`SpillFailed` where this machine lacks room, and what the
        source raises.
        """
        return await self._sharing.run(request.layer.digest, lambda: self._read(request, source))

    async def known(self, request: Request) -> ReadLayer | None:
        """Return the layer where nothing is missing, else None; no blob is touched."""
        state = await self._state(request)
        return None if MISSING in state.statuses.values() else state

    async def _read(self, request: Request, source: BlobSource | None) -> ReadLayer:
        state = await self._state(request)
        result = "read" if MISSING in state.statuses.values() else "reused"
        turn = self._leases.turn(request.layer.digest)
        while MISSING in state.statuses.values():
            if source is None:
                message = f"the facts of layer {request.layer.digest} are gone"
                raise LayerFailed("facts_missing", message)
            starts = await turn.take()
            if starts is None:
                await self._clock.sleep(LOOK_AGAIN)
            else:
                await self._attempt(request, source, starts)
                # What this call itself gave up is not tried a second time.
                request = msgspec.structs.replace(request, again=False)
            state = await self._state(request)
        self._metrics.count("layers_total", result=result)
        if state.verified and state.identity != request.layer.claimed_diff_id:
            message = (
                f"the config claims {request.layer.claimed_diff_id} for the layer "
                f"{request.layer.digest}, its content is {state.identity}"
            )
            raise LayerFailed("diff_id_mismatch", message)
        return state

    async def _state(self, request: Request) -> ReadLayer:
        blob = request.layer.digest
        binding = (await self._bindings.of(request.project, [blob])).get(blob)
        identity = binding.diff_id if binding else blob
        statuses = await self._facts.statuses(
            identity,
            request.readers,
            now_ms=self._clock.now_ms(),
            again=request.again,
            limits=self._mark,
        )
        if binding is None:
            # What another project found in the blob is for those who have it.
            found = {READ, CUT}
            statuses = {n: MISSING if s in found else s for n, s in statuses.items()}
        return ReadLayer(
            identity=identity,
            verified=binding is not None and binding.verified,
            proven=binding is not None,
            uncompressed_size=binding.uncompressed_size if binding else 0,
            statuses=statuses,
        )

    async def _attempt(self, request: Request, source: BlobSource, starts: int) -> None:
        """Work once; afterwards less is missing, or a start is counted that never ended."""
        blob = request.layer.digest
        how: End = "uncounted"
        try:
            async with self._leases.beating(blob):
                how = await self._try(request, source, starts)
        finally:
            await asyncio.shield(self._leases.end(blob, how))

    async def _try(self, request: Request, source: BlobSource, starts: int) -> End:
        state = await self._state(request)
        if MISSING not in state.statuses.values():
            return "done"  # whoever had the lease before has read it
        missing = await self._to_run(request, state)
        if starts > MAX_STARTS:
            await self._give_up_all(request, CRASHED, _crash(request.layer))
            return "done"
        if request.layer.size > self._limits.layer.compressed_bytes:
            message = f"it has {request.layer.size:,} bytes as it is stored"
            await self._failed(request, LayerTooLarge.code, message)
            return "done"
        try:
            await self._work(request, state, missing, source, alone=starts == MAX_STARTS)
        except WorkerDied as death:
            if starts < MAX_STARTS:
                return "died"
            if death.reader in missing:
                guilty = {death.reader: missing[death.reader]}
                await self._give_up(state.identity, guilty, CRASHED, _crash(request.layer))
            else:
                await self._give_up_all(request, CRASHED, _crash(request.layer))
        return "done"

    async def _to_run(self, request: Request, state: ReadLayer) -> dict[str, int]:
        """Return the readers to run: facts that another project's reading left are not redone.

        The blob is hashed on both sides all the same: that is this project's proof.
        """
        missing = [name for name, status in state.statuses.items() if status == MISSING]
        if not state.proven:
            stored = await self._facts.statuses(
                request.layer.claimed_diff_id, request.readers, now_ms=self._clock.now_ms()
            )
            missing = [name for name in missing if stored[name] == MISSING]
        return {name: request.readers[name] for name in missing or ("files",)}

    async def _work(
        self,
        request: Request,
        state: ReadLayer,
        missing: dict[str, int],
        source: BlobSource,
        *,
        alone: bool,
    ) -> None:
        async with source.blob(request.layer) as place:
            output = tempfile.mkdtemp(prefix="layer-", dir=self._scratch)
            work = LayerWork(
                path=place.path,
                offset=place.offset,
                size=place.size,
                digest=request.layer.digest,
                readers=tuple(missing),
                output=output,
                spill=str(self._scratch),
                limits=self._limits,
                overlap=request.overlap,
            )
            try:
                answer = await self._pool.perform(
                    work, seconds=self._limits.layer.seconds, alone=alone
                )
                if isinstance(answer, LayerDone):
                    identity = await self._store(request, state, answer, missing, Path(output))
                    await self._carry_over(request, state, identity)
                elif isinstance(answer, WorkFailed):
                    await self._failed(request, answer.code, answer.message)
            except WorkOverdue as error:
                await self._failed(request, error.code, error.message)
            finally:
                shutil.rmtree(output, ignore_errors=True)

    async def _store(
        self,
        request: Request,
        state: ReadLayer,
        done: LayerDone,
        missing: dict[str, int],
        output: Path,
    ) -> str:
        """Store the index and the facts, then the binding: it is what makes them be believed.

        Returns the identity under which they are. What a limit cut is never put in the place of
        what is whole.
        """
        now = self._clock.now_ms()
        strange = {name for name, version in missing.items() if done.readers.get(name) != version}
        if strange:
            message = f"the workers have other versions of the readers {', '.join(sorted(strange))}"
            raise LayerFailed("facts_missing", message)
        # What a verified layer hashed to it still does, wherever the reading ended this time.
        known = state.identity if state.verified else request.layer.digest
        identity = done.diff_id or known
        if not done.is_whole and await self._is_whole(identity):
            missing = {name: v for name, v in missing.items() if name not in INDEX_READER}
            write_index = False
        else:
            write_index = True
        keys = {name: FactKey(identity, name, version) for name, version in missing.items()}
        index, sets = await asyncio.to_thread(_read_output, output, keys)
        if write_index:
            await self._indexes.write(identity, index, now_ms=now)
        cut = {keys[name]: self._mark for name in done.cut if name in keys}
        await self._facts.write(sets, now_ms=now, cut=cut, again=done.again)
        await self._bindings.write(
            Binding(
                id=f"{request.project}/{request.layer.digest}",
                project=request.project,
                blob=request.layer.digest,
                diff_id=identity,
                size=done.size,
                uncompressed_size=done.uncompressed_size if done.diff_id else 0,
                used_at=now,
                verified=bool(done.diff_id),
            )
        )
        return identity

    async def _is_whole(self, identity: str) -> bool:
        """Say whether a layer has an index that no limit cut."""
        stored = await self._facts.statuses(identity, INDEX_READER, now_ms=self._clock.now_ms())
        return set(stored.values()) == {READ}

    async def _carry_over(self, request: Request, state: ReadLayer, identity: str) -> None:
        """Keep what was given up before the layer had a verified identity."""
        if identity == state.identity:
            return
        for name, status in state.statuses.items():
            if status not in {MISSING, READ, CUT}:
                given_up = {name: request.readers[name]}
                await self._give_up(identity, given_up, status, _crash(request.layer))

    async def _failed(self, request: Request, code: str, message: str) -> None:
        if code == SpillFailed.code:
            raise SpillFailed(message)
        if code not in GIVEN_UP:
            raise LayerFailed(code, message)
        await self._give_up_all(request, code, f"layer {request.layer.digest}: {message}")

    async def _give_up_all(self, request: Request, code: str, message: str) -> None:
        """Give up all that is missing, whether or not it was tried: another try would end so."""
        state = await self._state(request)
        missing = [name for name, status in state.statuses.items() if status == MISSING]
        readers = {name: request.readers[name] for name in missing}
        await self._give_up(state.identity, readers, code, message)

    async def _give_up(
        self, identity: str, readers: dict[str, int], code: str, message: str
    ) -> None:
        for name, version in readers.items():
            key = FactKey(identity, name, version)
            limits = self._mark if code in {LayerTooLarge.code, WorkOverdue.code} else ""
            now = self._clock.now_ms()
            await self._facts.write_negative(key, code, message, now_ms=now, limits=limits)


def _crash(layer: Layer) -> str:
    return f"reading the layer {layer.digest} ended its process {MAX_STARTS} times"


def _read_output(output: Path, keys: Mapping[str, FactKey]) -> tuple[bytes, dict[FactKey, bytes]]:
    """Return the packed index and fact sets that a worker left."""
    sets = msgspec.msgpack.decode((output / "facts").read_bytes(), type=dict[str, bytes])
    return (output / "index").read_bytes(), {key: sets[name] for name, key in keys.items()}
