"""The facts of layers: one fact set for each (layer, reader, reader version).

A fact set that can't be had (the reader crashed, the layer is over a limit) is stored as a
negative one: it says so, and from when on it may be tried again.
"""

from __future__ import annotations

import asyncio
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.facts.models import FactSet, FileFacts, LocatedError
from scantling_analyzers.storage.chunks import CHUNK_BYTES, read_chunks, write_all, write_chunks
from scantling_common import bodies
from scantling_common.records.extractor import FACTS, FactChunk
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from scantling_common.store.port import Store

RETRY_MS: Final = 24 * 3600 * 1000
MISSING: Final = "missing"
READ: Final = "read"
CUT: Final = "cut"
"""Read, but not as far as it goes, for a limit that still holds. It is stored as ``READ``."""
NO_CUTS: Final[Mapping[FactKey, str]] = MappingProxyType({})


class FactKey(msgspec.Struct, frozen=True):
    """The address of a fact set."""

    diff_id: str
    reader: str
    version: int

    @property
    def text(self) -> str:
        """The key under which the chunks stand."""
        return f"{self.diff_id}/{self.reader}/{self.version}"


def configuration_of(project: str, digest: str) -> str:
    """Return what stands for a layer in the facts about an image's configuration."""
    return f"{project}/{digest}"


class FactStore:
    """Reads and writes fact sets."""

    def __init__(self, store: Store) -> None:
        """Use a store; only the extractor's may write."""
        self._chunks = Repository(store, FACTS, FactChunk)

    async def statuses(
        self,
        diff_id: str,
        readers: Mapping[str, int],
        *,
        now_ms: int,
        again: bool = False,
        limits: str = "",
    ) -> dict[str, str]:
        """Return for each reader *read*, *cut*, the code of a negative fact set, or ``MISSING``.

        What may be tried again counts as missing once it may; ``again`` asks for that now.
        What other ``limits`` than these have cut counts as missing, too.
        """
        keys = [FactKey(diff_id, reader, version) for reader, version in readers.items()]
        found = dict.fromkeys(readers, MISSING)
        for root in await self._chunks.get_many([f"{key.text}/0" for key in keys]):
            due = root.retry_at and (again or root.retry_at <= now_ms)
            if due or root.limits not in {"", limits}:
                continue
            is_cut = root.status == READ and root.limits
            found[root.reader] = CUT if is_cut else root.status
        return found

    async def write(
        self,
        sets: Mapping[FactKey, bytes],
        *,
        now_ms: int,
        cut: Mapping[FactKey, str] = NO_CUTS,
        again: bool = False,
    ) -> None:
        """Store packed fact sets; ``cut`` has the mark of the limits for those that were cut.

        With ``again`` these are to be tried again after 24 h.
        """
        small: list[FactChunk] = []
        for key, packed in sets.items():
            limits = cut.get(key, "")
            wait = RETRY_MS if again and limits else 0
            if len(packed) > CHUNK_BYTES:
                await self._write(key, packed, READ, now_ms=now_ms, limits=limits, wait=wait)
            else:
                make = _making(key, READ, now_ms=now_ms, limits=limits, wait=wait)
                small.append(make(f"{key.text}/0", 1, packed))
        await write_all(self._chunks, small)

    async def forget(self, diff_id: str, reader: str, version: int) -> None:
        """Let a fact set be missing, so that it is read again."""
        await self._chunks.delete(f"{FactKey(diff_id, reader, version).text}/0")

    async def write_negative(
        self, key: FactKey, code: str, message: str, *, now_ms: int, limits: str = ""
    ) -> None:
        """Store that a fact set can't be had, to be tried again after 24 h or with other limits."""
        error = LocatedError(path="", code=code, message=message)
        files = (FileFacts(path="", errors=(error,)),)
        negative = FactSet(reader=key.reader, version=key.version, files=files)
        await self._write(
            key, bodies.pack(negative), code, now_ms=now_ms, limits=limits, wait=RETRY_MS
        )

    async def packed(self, keys: Sequence[FactKey]) -> dict[FactKey, bytes]:
        """Return the packed fact sets that exist."""
        found = await self._chunks.get_many([f"{key.text}/0" for key in keys])
        roots = {root.id: root for root in found}
        whole: dict[FactKey, bytes] = {}
        for key in keys:
            root = roots.get(f"{key.text}/0")
            if root is not None and root.chunks == 1:
                whole[key] = root.data
            elif root is not None and (several := await read_chunks(self._chunks, key.text)):
                whole[key] = several[1]
        return whole

    async def read(self, keys: Iterable[FactKey]) -> dict[FactKey, FactSet]:
        """Return the fact sets that exist."""
        return await asyncio.to_thread(_unpacked, await self.packed(list(keys)))

    async def _write(
        self,
        key: FactKey,
        packed: bytes,
        status: str,
        *,
        now_ms: int,
        limits: str,
        wait: int = 0,
    ) -> None:
        make = _making(key, status, now_ms=now_ms, limits=limits, wait=wait)
        await write_chunks(self._chunks, key.text, packed, make)


def _making(
    key: FactKey, status: str, *, now_ms: int, limits: str, wait: int = 0
) -> Callable[[str, int, bytes], FactChunk]:
    """Return what makes the records of one fact set."""

    def make(id_: str, chunks: int, data: bytes) -> FactChunk:
        return FactChunk(
            id=id_,
            about=key.diff_id,
            chunks=chunks,
            used_at=now_ms,
            data=data,
            reader=key.reader,
            version=key.version,
            status=status,
            retry_at=now_ms + wait if wait else 0,
            limits=limits,
        )

    return make


def _unpacked(packed: Mapping[FactKey, bytes]) -> dict[FactKey, FactSet]:
    return {key: bodies.unpack(data, FactSet) for key, data in packed.items()}
