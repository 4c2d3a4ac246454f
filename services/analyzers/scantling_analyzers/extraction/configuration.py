"""What readers find in the configuration of an image: read once, in a worker, and stored.

Sync keeps a configuration without what looks like a secret, so whoever looks for secrets reads the
config itself. What is found is kept for each project: to know a digest is no proof of having what
it stands for.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.contract import ReadsConfiguration
from scantling_analyzers.extraction.configuration_work import (
    FACTS,
    ConfigurationDone,
    ConfigurationWork,
)
from scantling_analyzers.extraction.layer import LayerFailed
from scantling_analyzers.extraction.pool import WorkerDied, WorkOverdue
from scantling_analyzers.extraction.work import WorkFailed
from scantling_analyzers.storage.facts import MISSING, FactKey, configuration_of
from scantling_common.layers.errors import SpillFailed
from scantling_common.records.shared import Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scantling_analyzers.contract import Reader
    from scantling_analyzers.extraction.blobs import BlobSource
    from scantling_analyzers.extraction.pool import WorkerPool
    from scantling_analyzers.storage.facts import FactStore
    from scantling_common.clock import Clock
    from scantling_common.records.sync import Image

SECONDS: Final = 60.0
"""How long reading one configuration may take."""


class ConfigurationEngine:
    """Reads configurations; one per process."""

    def __init__(  # bound once
        self,
        *,
        facts: FactStore,
        pool: WorkerPool,
        clock: Clock,
        scratch: Path,
        catalogue: Sequence[Reader],
        seconds: float = SECONDS,
    ) -> None:
        """Bind everything; ``seconds`` is the deadline of one configuration."""
        self._facts, self._pool, self._clock = facts, pool, clock
        self._scratch, self._seconds = scratch, seconds
        self._looking = {each.name for each in catalogue if isinstance(each, ReadsConfiguration)}

    def readers(self, readers: Mapping[str, int]) -> dict[str, int]:
        """Return those of the named readers that look at configurations, with their versions."""
        return {name: version for name, version in readers.items() if name in self._looking}

    async def known(
        self, project: str, image: Image, readers: Mapping[str, int], *, again: bool = False
    ) -> bool:
        """Return whether all is stored; with ``again`` what could not be had before is not."""
        return not await self._missing(project, image, readers, again=again)

    async def read(
        self,
        project: str,
        image: Image,
        readers: Mapping[str, int],
        source: BlobSource | None,
        *,
        again: bool = False,
    ) -> None:
        """Make sure that what the readers find is stored.

        ``source`` may be None where :meth:`known` is true. Raises :class:`LayerFailed` for a config
        that is not what the manifest says, :class:`SpillFailed`, and what the source raises.
        """
        missing = await self._missing(project, image, readers, again=again)
        if not missing:
            return
        if source is None:
            message = f"what the configuration of {image.id} holds is not stored any more"
            raise LayerFailed("facts_missing", message)
        output = Path(tempfile.mkdtemp(prefix="configuration-", dir=self._scratch))
        try:
            async with source.document(_blob_of(image)) as place:
                work = ConfigurationWork(
                    path=place.path,
                    offset=place.offset,
                    size=place.size,
                    digest=image.config_digest,
                    readers=tuple(missing),
                    output=str(output),
                )
                await self._perform(project, image, missing, work)
        finally:
            await asyncio.to_thread(shutil.rmtree, output, ignore_errors=True)

    async def _missing(
        self, project: str, image: Image, readers: Mapping[str, int], *, again: bool
    ) -> dict[str, int]:
        wanted = self.readers(readers)
        if not wanted or not image.config_digest:
            return {}
        about = configuration_of(project, image.config_digest)
        now = self._clock.now_ms()
        statuses = await self._facts.statuses(about, wanted, now_ms=now, again=again)
        return {name: v for name, v in wanted.items() if statuses[name] == MISSING}

    async def _perform(
        self, project: str, image: Image, readers: dict[str, int], work: ConfigurationWork
    ) -> None:
        about, now = configuration_of(project, image.config_digest), self._clock.now_ms()
        keys = {name: FactKey(about, name, version) for name, version in readers.items()}
        try:
            answer = await self._pool.perform(work, seconds=self._seconds)
        except WorkOverdue as error:
            await self._give_up(keys.values(), error.code, error.message)
        except WorkerDied:
            await self._give_up(keys.values(), "reader_crashed", "reading it ended its process")
        else:
            if isinstance(answer, ConfigurationDone):
                data = await asyncio.to_thread((Path(work.output) / FACTS).read_bytes)
                sets = msgspec.msgpack.decode(data, type=dict[str, bytes])
                await self._facts.write({keys[name]: sets[name] for name in keys}, now_ms=now)
            elif isinstance(answer, WorkFailed):
                if answer.code == SpillFailed.code:
                    raise SpillFailed(answer.message)
                raise LayerFailed(answer.code, answer.message)

    async def _give_up(self, keys: Iterable[FactKey], code: str, message: str) -> None:
        for key in keys:
            said = f"the configuration of the image: {message}"
            await self._facts.write_negative(key, code, said, now_ms=self._clock.now_ms())


def _blob_of(image: Image) -> Layer:
    """Return the config as sources know blobs: its size is what the layers leave of the image's."""
    size = image.size - sum(layer.size for layer in image.body.layers)
    return Layer(digest=image.config_digest, size=size, media_type="", claimed_diff_id="")
