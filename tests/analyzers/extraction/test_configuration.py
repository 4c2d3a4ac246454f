"""The configuration of images: read in a worker, once, by whom it was shown to."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec
import pytest

from scantling_analyzers.extraction import configuration_work
from scantling_analyzers.extraction.blobs import BlobPlace
from scantling_analyzers.extraction.configuration import ConfigurationEngine
from scantling_analyzers.extraction.configuration_work import ConfigurationWork
from scantling_analyzers.extraction.layer import LayerFailed
from scantling_analyzers.extraction.pool import WorkerPool
from scantling_analyzers.extraction.work import WorkFailed, perform
from scantling_analyzers.facts.models import FactSet, Package
from scantling_analyzers.storage.facts import FactKey, FactStore, configuration_of
from scantling_common import bodies
from scantling_common.clock import SystemClock
from scantling_common.layers.errors import SpillFailed
from scantling_common.records.extractor import COLLECTIONS
from scantling_common.records.shared import ImageBody, Layer
from scantling_common.records.sync import Image
from scantling_common.store.sqlite import SqliteStore
from scantling_common.store.sqlite_connection import MEMORY
from tests.analyzers.extraction.configured import NAME, READERS
from tests.analyzers.facts.files import SEAL
from tests.builders.image import image as built
from tests.builders.image import sha256

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

WANTED = {"variables@1": 3, "every-file": 1, "files": 3}
LOOKING = {"variables@1": 3}


class Blobs:
    """One config, and how often it was asked for."""

    def __init__(self, folder: Path, config: bytes) -> None:
        self._path = folder / "config"
        # It stands in the middle of a file, as in an archive.
        self._path.write_bytes(b"before" + config + b"after")
        self._size = len(config)
        self.asked: list[str] = []

    def blob(self, layer: Layer) -> AbstractAsyncContextManager[BlobPlace]:
        raise AssertionError(layer)

    @asynccontextmanager
    async def document(self, blob: Layer) -> AsyncIterator[BlobPlace]:
        assert blob.size == self._size
        self.asked.append(blob.digest)
        yield BlobPlace(str(self._path), 6, self._size)


class World:
    """An engine over real workers, and one image."""

    def __init__(self, store: SqliteStore, pool: WorkerPool, folder: Path, seconds: float) -> None:
        self.facts = FactStore(store)
        self.engine = ConfigurationEngine(
            facts=self.facts,
            pool=pool,
            clock=SystemClock(),
            scratch=folder,
            catalogue=READERS,
            seconds=seconds,
        )
        self._folder = folder

    def show(self, *variables: str) -> tuple[Image, Blobs]:
        """Return an image with these variables, and where its config is."""
        config = built({}, runtime={"Env": list(variables)}).config
        image = Image(
            id=sha256(b"manifest"),
            media_type="",
            config_digest=sha256(config),
            os="linux",
            architecture="amd64",
            size=len(config) + 7,
            first_seen_at=0,
            body=ImageBody(
                layers=(Layer(digest="sha256:l", size=7, media_type="", claimed_diff_id=""),)
            ),
        )
        return image, Blobs(self._folder, config)

    async def stored(self, image: Image, project: str = "p") -> FactSet | None:
        key = FactKey(configuration_of(project, image.config_digest), "variables@1", 3)
        return (await self.facts.read([key])).get(key)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = SqliteStore(MEMORY)
    await store.ensure(COLLECTIONS)
    async with WorkerPool(1, catalogue=NAME, seal=SEAL) as pool:
        yield World(store, pool, tmp_path, seconds=2.0)
    await store.close()


async def test_it_is_read_once_and_only_by_readers_that_look_at_it(world: World) -> None:
    image, blobs = world.show("A=1", "B=2")
    assert world.engine.readers(WANTED) == LOOKING
    assert not await world.engine.known("p", image, WANTED)

    await world.engine.read("p", image, WANTED, blobs)
    await world.engine.read("p", image, WANTED, blobs)

    assert blobs.asked == [image.config_digest]
    assert await world.engine.known("p", image, WANTED)
    found = await world.stored(image)
    assert found is not None
    (file,) = found.files
    assert [fact.name for fact in file.facts if isinstance(fact, Package)] == ["A=1", "B=2"]
    assert {fact.version for fact in file.facts if isinstance(fact, Package)} == {
        SEAL.fingerprint(b"x")[:4]
    }


async def test_another_project_must_show_it_itself(world: World) -> None:
    image, blobs = world.show("A=1")
    await world.engine.read("p", image, WANTED, blobs)
    assert not await world.engine.known("q", image, WANTED)
    assert await world.stored(image, "q") is None


async def test_without_such_a_reader_nothing_is_asked_for(world: World) -> None:
    image, blobs = world.show("A=1")
    await world.engine.read("p", image, {"every-file": 1}, blobs)
    assert blobs.asked == []
    assert await world.engine.known("p", image, {"every-file": 1})


async def test_what_is_gone_can_not_be_read_without_a_source(world: World) -> None:
    image, _ = world.show("A=1")
    with pytest.raises(LayerFailed) as raised:
        await world.engine.read("p", image, WANTED, None)
    assert raised.value.reason == "facts_missing"


@pytest.mark.parametrize(
    ("variable", "code"),
    [
        ("crash", "reader_crashed"),
        ("hang", "deadline"),
        ("raise", "reader_failed"),
        ("grow", "out_of_memory"),
        ("refuse", "malformed"),
        ("error", "malformed"),
    ],
)
async def test_what_goes_wrong_is_an_error_of_the_configuration(
    world: World, variable: str, code: str
) -> None:
    image, blobs = world.show(variable)
    await world.engine.read("p", image, WANTED, blobs)

    found = await world.stored(image)
    assert found is not None
    (file,) = found.files
    assert [error.code for error in file.errors] == [code]


async def test_a_config_that_is_not_the_one_of_the_manifest_fails(world: World) -> None:
    image, _ = world.show("A=1")
    _, other = world.show("B=1")
    with pytest.raises(LayerFailed) as raised:
        await world.engine.read("p", image, WANTED, other)
    assert raised.value.reason == "digest_mismatch"


async def test_a_disk_that_is_full_is_this_machine_s(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object, **__: object) -> WorkFailed:
        return WorkFailed(code=SpillFailed.code, message="no room")

    image, blobs = world.show("A=1")
    monkeypatch.setattr(WorkerPool, "perform", full)
    with pytest.raises(SpillFailed):
        await world.engine.read("p", image, WANTED, blobs)


def test_too_many_facts_end_the_reading_and_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration_work, "MAX_FACTS", 2)
    config = built({}, runtime={"Env": ["a", "b", "c", "d"]}).config
    (tmp_path / "config").write_bytes(config)
    work = ConfigurationWork(
        path=str(tmp_path / "config"),
        offset=0,
        size=len(config),
        digest=sha256(config),
        readers=("variables@1",),
        output=str(tmp_path),
    )
    found = configuration_work.read_configuration(work, READERS, SEAL)
    assert found == configuration_work.ConfigurationDone()
    packed = msgspec.msgpack.decode((tmp_path / "facts").read_bytes(), type=dict[str, bytes])
    (file,) = bodies.unpack(packed["variables@1"], FactSet).files
    assert len(file.facts) == 2
    assert [error.code for error in file.errors] == ["too_many"]

    shutil.rmtree(tmp_path)
    failed = perform(work, READERS, lambda _: None, SEAL)
    assert isinstance(failed, WorkFailed)
    assert failed.code == SpillFailed.code


def test_one_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    work = ConfigurationWork(
        path=str(tmp_path / "nothing"),
        offset=0,
        size=5 * 1024 * 1024,
        digest=sha256(b""),
        readers=(),
        output=str(tmp_path),
    )
    failed = perform(work, READERS, lambda _: None, SEAL)
    assert isinstance(failed, WorkFailed)
    assert failed.code == "manifest_too_large"
