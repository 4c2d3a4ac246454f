"""What the tests of the whole product share."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.extraction.pool import WorkerPool
from tests.end_to_end.scenes import staged
from tests.services.absence import absent
from tests.services.mongodb import JavaMongo
from tests.services.programs import Missing
from tests.services.registry import DistributionRegistry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.end_to_end.scenes import Scene

WORKERS = 2


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Collect what killed roles left suspended here and now, not in the middle of anything."""
    yield
    gc.collect()


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    """Give the worker processes of a pipeline; they are killed at the end."""
    workers = WorkerPool(WORKERS)
    yield workers
    workers.close()


@pytest.fixture(scope="session")
def registry_program(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Make sure that a real registry can be started."""
    try:
        DistributionRegistry(tmp_path_factory.mktemp("registry"))
    except Missing as missing:
        absent("registry", str(missing))


@pytest.fixture(scope="module")
def silent_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DistributionRegistry]:
    """Give a real registry that notifies nobody: the test sends what it wants to be told."""
    try:
        registry = DistributionRegistry(tmp_path_factory.mktemp("registry"))
    except Missing as missing:
        absent("registry", str(missing))
    registry.start()
    yield registry
    registry.kill()


@pytest.fixture
async def scene(
    tmp_path: Path, pool: WorkerPool, silent_registry: DistributionRegistry
) -> AsyncIterator[Scene]:
    """Give a stage on the local bus."""
    async with staged(tmp_path, pool, silent_registry) as scene:
        yield scene


@pytest.fixture
def java_mongo(tmp_path: Path) -> Iterator[JavaMongo]:
    """Give a document store of the test's own."""
    try:
        server = JavaMongo(tmp_path)
    except Missing as missing:
        absent("mongodb", str(missing))
    server.start()
    yield server
    server.stop()
