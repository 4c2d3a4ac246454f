"""What documents beside an image claim of it: one value for each image of a project."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from scantling_analyzers.attestations.models import Claims
from scantling_analyzers.storage.chunks import read_chunks, write_chunks
from scantling_common import bodies
from scantling_common.records.extractor import CLAIMS, ClaimsChunk
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from scantling_common.store.port import Store

VERSION: Final = 1
"""Of reading documents: what another version stored is read again."""
RETRY_MS: Final = 3600 * 1000
"""When a registry is asked again that did not answer, in milliseconds."""


class ClaimStore:
    """Reads and writes claims."""

    def __init__(self, store: Store) -> None:
        """Use a store; only the extractor's may write."""
        self._chunks = Repository(store, CLAIMS, ClaimsChunk)

    async def root(self, project: str, image: str, *, now_ms: int) -> ClaimsChunk | None:
        """Return the root of what is stored, None where it is to be read again or is not there."""
        root = await self._chunks.get(f"{_key(project, image)}/0")
        if root is None or root.version != VERSION or 0 < root.retry_at <= now_ms:
            return None
        return root

    async def write(  # what is known of them
        self,
        project: str,
        image: str,
        packed: bytes,
        *,
        index: str,
        listing: str,
        again: bool,
        now_ms: int,
    ) -> None:
        """Store packed claims, read from the documents that ``listing`` stands for.

        ``index`` is the digest of the index that names them, empty where another place does.
        ``again`` says that some could not be had now.
        """

        def make(id_: str, chunks: int, data: bytes) -> ClaimsChunk:
            return ClaimsChunk(
                id=id_,
                about=_key(project, image),
                chunks=chunks,
                used_at=now_ms,
                data=data,
                project=project,
                image=image,
                version=VERSION,
                index=index,
                listing=listing,
                retry_at=now_ms + RETRY_MS if again else 0,
            )

        await write_chunks(self._chunks, _key(project, image), packed, make)

    async def read(self, project: str, image: str) -> Claims:
        """Return what is claimed; nothing where nothing is stored."""
        found = await read_chunks(self._chunks, _key(project, image))
        if found is None or found[0].version != VERSION:
            return Claims()
        return await asyncio.to_thread(bodies.unpack, found[1], Claims)


def _key(project: str, image: str) -> str:
    return f"{project}/{image}"
