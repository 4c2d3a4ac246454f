"""What documents beside an image claim of it: found, read in a worker, and stored.

Nothing that is wrong with them is wrong with the image: whatever happens, the image is judged by
its layers, and the outcome says which document could not be used, and why.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from scantling_analyzers.attestations.models import ClaimedSbom, Claims
from scantling_analyzers.attestations.reading import ClaimDocument, joined
from scantling_analyzers.extraction.claims_work import CLAIMS, ClaimsDone, ClaimsWork
from scantling_analyzers.extraction.pool import WorkerDied, WorkOverdue
from scantling_common import bodies
from scantling_common.images.attestations import Refused

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from scantling_analyzers.extraction.pool import WorkerPool
    from scantling_analyzers.storage.claims import ClaimStore
    from scantling_common.clock import Clock

SECONDS: Final = 60.0
"""How long reading the documents of one image may take."""


class Documents(msgspec.Struct, frozen=True, kw_only=True):
    """The documents about one image, as files; ``again`` says that some could not be had now."""

    documents: tuple[ClaimDocument, ...] = ()
    refused: tuple[Refused, ...] = ()
    again: bool = False

    @property
    def listing(self) -> str:
        """Return what the same documents have in common each time: a hash."""
        names = sorted((each.via, each.digest, each.kind) for each in self.documents)
        refusals = sorted((each.via, each.digest, each.code) for each in self.refused)
        return hashlib.sha256(msgspec.json.encode([names, refusals])).hexdigest()


class Beside(Protocol):
    """What stands beside an image: in its registry, or in the archive that holds it."""

    def documents(self, image: str) -> AbstractAsyncContextManager[Documents]:
        """Make the documents about an image available while the context is open.

        What is wrong with them is in what is given, and not raised.
        """


class ClaimsEngine:
    """Reads what is claimed of images; one per process."""

    def __init__(
        self,
        *,
        store: ClaimStore,
        pool: WorkerPool,
        clock: Clock,
        scratch: Path,
        seconds: float = SECONDS,
    ) -> None:
        """Bind everything; ``seconds`` is the deadline of one image's documents."""
        self._store, self._pool, self._clock = store, pool, clock
        self._scratch, self._seconds = scratch, seconds

    async def is_known(self, project: str, image: str, index: str) -> bool:
        """Say whether what that index names about the image was read."""
        root = await self._store.root(project, image, now_ms=self._clock.now_ms())
        return root is not None and root.index == index

    async def read(self, project: str, image: str, beside: Beside, *, index: str = "") -> None:
        """Make sure that what is claimed of an image is stored as it is now.

        ``index`` is the digest of the index that names the documents, where one does.
        """
        root = await self._store.root(project, image, now_ms=self._clock.now_ms())
        async with beside.documents(image) as found:
            if root is None and not index and not found.documents and not found.refused:
                return
            if root is not None and (root.index, root.listing) == (index, found.listing):
                return
            packed = await self._packed(image, found)
            await self._store.write(
                project,
                image,
                packed,
                index=index,
                listing=found.listing,
                again=found.again,
                now_ms=self._clock.now_ms(),
            )

    async def _packed(self, image: str, found: Documents) -> bytes:
        if not found.documents:
            return bodies.pack(joined(Claims(), found.refused))
        output = tempfile.mkdtemp(prefix="claims-", dir=self._scratch)
        try:
            claims = await self._claims(image, found.documents, Path(output))
        finally:
            shutil.rmtree(output, ignore_errors=True)
        return await asyncio.to_thread(lambda: bodies.pack(joined(claims, found.refused)))

    async def _claims(
        self, image: str, documents: tuple[ClaimDocument, ...], output: Path
    ) -> Claims:
        work = ClaimsWork(image=image, documents=documents, output=str(output))
        try:
            answer = await self._pool.perform(work, seconds=self._seconds)
        except WorkerDied:
            return _unusable(documents, "reader_crashed", "reading the documents ended its process")
        except WorkOverdue as error:
            return _unusable(documents, error.code, error.message)
        if isinstance(answer, ClaimsDone):
            data = await asyncio.to_thread((output / CLAIMS).read_bytes)
            return await asyncio.to_thread(bodies.unpack, data, Claims)
        code = getattr(answer, "code", "reader_crashed")
        return _unusable(documents, code, getattr(answer, "message", ""))


def _unusable(documents: tuple[ClaimDocument, ...], code: str, reason: str) -> Claims:
    return Claims(
        sboms=tuple(
            ClaimedSbom(via=each.via, digest=each.digest, code=code, reason=reason)
            for each in documents
        )
    )
