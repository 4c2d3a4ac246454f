"""An extraction over a real store and real worker processes."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.extraction.image import ImageEngine
from scantling_analyzers.extraction.layer import LayerEngine
from scantling_analyzers.extraction.pool import WorkerPool
from scantling_analyzers.limits import Limits
from scantling_analyzers.storage.shelves import Shelves
from scantling_common.clock import SystemClock
from scantling_common.layers.limits import LayerLimits
from scantling_common.records.extractor import COLLECTIONS
from scantling_common.store.sqlite import SqliteStore
from tests.analyzers.extraction.blob_files import BlobFolder
from tests.analyzers.extraction.readers import NAME

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from scantling_common.telemetry.metrics import MetricName

MIB = 1024 * 1024
LIMITS = Limits(layer=LayerLimits(seconds=2.0))


class Measured:
    """Keeps what was counted: the values of each metric's labels, in order."""

    def __init__(self) -> None:
        self.counted: defaultdict[str, list[str]] = defaultdict(list)

    def count(self, name: MetricName, amount: float = 1, /, **labels: str) -> None:
        assert amount > 0
        self.counted[name] += labels.values()

    def observe(self, name: MetricName, value: float, /, **labels: str) -> None:
        assert value >= 0
        self.counted[name] += labels.values()

    def set(self, name: MetricName, value: float, /, **labels: str) -> None:
        raise AssertionError((name, value, labels))

    def worker_deaths(self) -> list[str]:
        return self.counted["worker_deaths_total"]


class Extraction:
    """Engines over one store, as one process has them."""

    def __init__(self, store: SqliteStore, pool: WorkerPool, scratch: Path, owner: str) -> None:
        clock = SystemClock()
        self.store, self.pool, self.scratch = store, pool, scratch
        self.measured = pool.metrics = Measured()
        self.shelves = Shelves(store, owner, clock)
        self.layers = LayerEngine(
            shelves=self.shelves,
            pool=pool,
            clock=clock,
            scratch=scratch,
            limits=LIMITS,
            metrics=self.measured,
        )
        self.images = ImageEngine(
            layers=self.layers, shelves=self.shelves, pool=pool, clock=clock, scratch=scratch
        )


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    async with WorkerPool(2, memory=512 * MIB, catalogue=NAME) as workers:
        workers.start()
        yield workers


@pytest.fixture
async def extraction(pool: WorkerPool, tmp_path: Path) -> AsyncIterator[Extraction]:
    store = SqliteStore(tmp_path / "store.db", synchronous="normal")
    await store.ensure(COLLECTIONS)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    yield Extraction(store, pool, scratch, "one")
    assert list(scratch.iterdir()) == []
    await store.close()


@pytest.fixture
def blobs(tmp_path: Path) -> BlobFolder:
    folder = tmp_path / "blobs"
    folder.mkdir()
    return BlobFolder(folder)
