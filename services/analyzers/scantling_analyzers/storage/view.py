"""The visibility of an image's facts, computed once per image and loaded by every analyzer."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.facts.models import LocatedError, Place
from scantling_analyzers.storage.chunks import read_chunks, write_chunks
from scantling_common import bodies
from scantling_common.outcomes import FileReport
from scantling_common.records.extractor import VISIBILITY, Chunk
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scantling_common.store.port import Store

NOTED_MS: Final = 24 * 3600 * 1000
VERSION: Final = 4
"""What a visibility holds; one of another version is not used."""


class HiddenFile(msgspec.Struct, frozen=True, array_like=True):
    """A file with facts that a later layer hides: escaped path, its layer, the hiding layer."""

    path: str
    layer: int
    hidden_by: int


class OwnedFile(msgspec.Struct, frozen=True, array_like=True):
    """A file with facts that a package of the operating system brought: path, layer, owner."""

    path: str
    layer: int
    owner: str


class LinkedDatabase(msgspec.Struct, frozen=True, array_like=True):
    """What a reader would have read, had it not been behind a link of a layer."""

    reader: str
    layer: int
    error: LocatedError


class Visibility(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the files that bear facts are hidden or owned, and the image's file information.

    ``places`` are the visible entries at paths that the readers of these facts name.
    """

    hidden: tuple[HiddenFile, ...]
    files: FileReport
    owned: tuple[OwnedFile, ...] = ()
    linked: tuple[LinkedDatabase, ...] = ()
    places: tuple[Place, ...] = ()


def view_key(diff_ids: Sequence[str], statuses: Sequence[Mapping[str, str]]) -> str:
    """Return the key of a visibility: the layers, and which fact sets it was computed with.

    ``statuses`` has for each layer the readers with version and status.
    """
    text = msgspec.json.encode([VERSION, diff_ids, [sorted(layer.items()) for layer in statuses]])
    return hashlib.sha256(text).hexdigest()


class ViewStore:
    """Reads and writes visibilities."""

    def __init__(self, store: Store) -> None:
        """Use a store; only the extractor's may write."""
        self._chunks = Repository(store, VISIBILITY, Chunk)

    async def use(self, key: str, *, now_ms: int) -> bool:
        """Return whether a visibility is stored; note, once a day, that it is still of use."""
        root = await self._chunks.get(f"{key}/0")
        if root is None:
            return False
        if now_ms - root.used_at < NOTED_MS:
            return True
        return await self._chunks.set_fields(root.id, {"used_at": now_ms})

    async def write(self, key: str, packed: bytes, *, now_ms: int) -> None:
        """Store a packed visibility."""
        await write_chunks(
            self._chunks,
            key,
            packed,
            lambda id_, chunks, data: Chunk(
                id=id_, about=key, chunks=chunks, used_at=now_ms, data=data
            ),
        )

    async def read(self, key: str) -> Visibility | None:
        """Return a visibility, None where there is none."""
        found = await read_chunks(self._chunks, key)
        if found is None:
            return None
        return await asyncio.to_thread(bodies.unpack, found[1], Visibility)
