"""The cache of scans does not grow for ever, and its sweep is in nobody's way."""

from __future__ import annotations

import itertools
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from scantling.scan.cache import DAY_MS, FILE, mark_used, open_cache
from scantling.scan.cache_lock import scanning, sweeping
from scantling.scan.cache_sweep import (
    COLLECTIONS,
    NAMES_MS,
    SECONDS,
    STAMP,
    UNUSED_MS,
    is_due,
    sweep_cache,
)
from scantling_analyzers.facts.catalogue import READERS
from scantling_common.records import extractor as records
from scantling_common.records.shared import ImageBody, Layer
from scantling_common.records.sync import PLACEMENTS, Image, Placement
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from tests.builders.image import docker_archive, image
from tests.common.clocks import HandClock
from tests.standalone.running import scantling

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from scantling_common.store.sqlite import SqliteStore

NOW = 1_800_000_000_000
OLD = NOW - UNUSED_MS - 1
READER = READERS[0]


class Cache:
    """A cache directory, and what scans have left in it."""

    def __init__(self, folder: Path, store: SqliteStore) -> None:
        self.folder, self.store = folder, store
        self.clock = HandClock(NOW)
        self.bindings = Repository(store, records.BINDINGS, records.Binding)
        self.facts = Repository(store, records.FACTS, records.FactChunk)
        self.indexes = Repository(store, records.LAYER_INDEXES, records.Chunk)
        self.views = Repository(store, records.VISIBILITY, records.Chunk)
        self.chains = Repository(store, records.CHAINS, records.Chain)
        self.placements = Repository(store, PLACEMENTS, Placement)

    async def bind(self, blob: str, diff_id: str, used_at: int) -> None:
        await self.bindings.insert(
            records.Binding(
                id=f"local/{blob}",
                project="local",
                blob=blob,
                diff_id=diff_id,
                size=1,
                uncompressed_size=1,
                used_at=used_at,
            )
        )

    async def fact(
        self, about: str, *, version: int = READER.version, at: int = OLD, data: bytes = b"facts"
    ) -> None:
        for number in (1, 0):
            await self.facts.insert(
                records.FactChunk(
                    id=f"{about}/{READER.name}/{version}/{number}",
                    about=about,
                    chunks=2,
                    used_at=at,
                    data=data,
                    reader=READER.name,
                    version=version,
                )
            )

    async def layer(self, name: str, used_at: int, *, data: bytes = b"facts") -> None:
        """Leave a layer as a scan leaves it."""
        await self.bind(f"blob-{name}", name, used_at)
        await self.fact(name, data=data)
        await self.indexes.insert(chunk(name, OLD))

    async def layers(self) -> dict[str, set[str]]:
        """Return which layers have a binding, facts and an index."""
        return {
            "bound": {each.diff_id async for each in self.bindings.each(Range(index="used"))},
            "facts": {each.about async for each in self.facts.each(Range(index="used"))},
            "indexed": {each.about async for each in self.indexes.each(Range(index="used"))},
        }

    async def sweep(self, **options: Any) -> bool:
        return await sweep_cache(self.folder, self.clock, **options)


def chunk(about: str, used_at: int, number: int = 0, chunks: int = 1) -> records.Chunk:
    return records.Chunk(
        id=f"{about}/{number}", about=about, chunks=chunks, used_at=used_at, data=b"data"
    )


def only(*names: str) -> dict[str, set[str]]:
    return {"bound": {*names}, "facts": {*names}, "indexed": {*names}}


@pytest.fixture
async def cache(tmp_path: Path) -> AsyncIterator[Cache]:
    folder = tmp_path / "cache"
    store = open_cache(folder)
    await store.ensure(COLLECTIONS)
    yield Cache(folder, store)
    await store.close()


async def test_a_layer_that_no_scan_needed_for_thirty_days_goes(cache: Cache) -> None:
    await cache.layer("old", OLD)
    await cache.layer("needed", NOW - UNUSED_MS)

    assert await cache.sweep()

    assert await cache.layers() == only("needed")


async def test_a_layer_that_another_blob_unpacks_to_stays(cache: Cache) -> None:
    await cache.layer("shared", OLD)
    await cache.bind("the same, compressed otherwise", "shared", NOW)

    await cache.sweep()

    assert await cache.layers() == only("shared")


async def test_facts_of_another_readers_version_go_and_this_versions_stay(cache: Cache) -> None:
    await cache.layer("layer", NOW)
    await cache.fact("layer", version=READER.version + 1)

    await cache.sweep()

    left = [each async for each in cache.facts.each(Range(index="used"))]
    assert {each.version for each in left} == {READER.version}
    assert {each.used_at for each in left} == {NOW}


async def test_facts_and_indexes_of_no_layer_go(cache: Cache) -> None:
    await cache.fact("a layer that could not be read")
    await cache.fact("a fresh one", at=NOW)
    await cache.indexes.insert(chunk("an index", OLD))

    await cache.sweep()

    assert await cache.layers() == {"bound": set(), "facts": {"a fresh one"}, "indexed": set()}


async def test_a_visibility_goes_whole_or_stays_whole(cache: Cache) -> None:
    for about, used_at in (("old", OLD), ("used", NOW)):
        await cache.views.insert(chunk(about, used_at, 0, 2))
        await cache.views.insert(chunk(about, OLD, 1, 2))

    await cache.sweep()

    left = {each.id async for each in cache.views.each(Range(index="used"))}
    assert left == {"used/0", "used/1"}


async def test_names_and_chains_stay_a_year(cache: Cache) -> None:
    for name, at in (("old", NOW - NAMES_MS - 1), ("new", NOW - NAMES_MS + 1)):
        await cache.chains.insert(
            records.Chain(id=name, project="local", chain_id="c", image=name, layers=1, seen_at=at)
        )
        await cache.placements.insert(
            Placement(
                id=name,
                project="local",
                registry="reg.example",
                repository="app",
                tag=name,
                platform="linux/amd64",
                image=name,
                observed_at=at,
                first_seen_at=at,
                last_seen_at=at,
            )
        )

    await cache.sweep()

    assert [each.id async for each in cache.chains.each(Range(index="seen"))] == ["new"]
    assert [each.id async for each in cache.placements.each(Range(index="image"))] == ["new"]


async def test_a_cache_that_holds_too_much_loses_what_was_used_longest_ago(cache: Cache) -> None:
    data = os.urandom(400_000)
    for days, name in enumerate(("today", "yesterday", "the day before", "long ago")):
        await cache.layer(name, NOW - days * DAY_MS - days, data=data)
    full = await cache.store.used_bytes()

    await cache.sweep(most_bytes=full - 1_000_000)

    assert await cache.layers() == only("today", "yesterday")
    assert await cache.store.used_bytes() < full - 1_000_000


async def test_what_was_used_within_a_day_is_not_too_much(cache: Cache) -> None:
    await cache.layer("today", NOW - DAY_MS + 1)

    await cache.sweep(most_bytes=1)

    assert await cache.layers() == only("today")


async def test_a_cache_that_a_scan_works_on_is_not_swept(cache: Cache) -> None:
    await cache.layer("old", OLD)

    with scanning(cache.folder), scanning(cache.folder):
        assert not await cache.sweep()

    assert await cache.layers() == only("old")
    assert await cache.sweep()


def test_scans_share_a_cache_and_a_sweep_has_it_alone(tmp_path: Path) -> None:
    with sweeping(tmp_path) as alone, sweeping(tmp_path) as again:
        assert (alone, again) == (True, False)
    with scanning(tmp_path), sweeping(tmp_path) as alone:
        assert not alone
    with sweeping(tmp_path) as alone:
        assert alone


def test_where_there_are_no_locks_nothing_is_swept_and_scans_go_on(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with scanning(missing), sweeping(missing) as alone:
        assert not alone


async def test_a_cache_is_swept_once_a_day(cache: Cache) -> None:
    assert is_due(cache.folder, now_ms=NOW)
    await cache.sweep()
    swept_ms = (cache.folder / STAMP).stat().st_mtime * 1000
    assert not is_due(cache.folder, now_ms=int(swept_ms) + DAY_MS - 1000)
    assert is_due(cache.folder, now_ms=int(swept_ms) + DAY_MS + 1000)


def test_a_cache_that_is_not_there_is_not_due(tmp_path: Path) -> None:
    assert not is_due(tmp_path, now_ms=NOW)


@pytest.mark.parametrize("looks", range(1, 12))
async def test_a_sweep_breaks_off_when_its_time_is_up_and_the_next_one_goes_on(
    cache: Cache, looks: int
) -> None:
    for name in ("a", "b", "c"):
        await cache.layer(name, OLD)
    await cache.layer("needed", NOW)

    assert await cache.sweep(elapsed=after(looks))
    left = await cache.layers()
    # What has facts has its index: a scan believes facts alone.
    assert left["facts"] <= left["indexed"]
    (cache.folder / STAMP).unlink()
    await cache.sweep()

    assert await cache.layers() == only("needed")


def after(looks: int) -> Callable[[], float]:
    """Return a clock by which the seconds of a sweep are over at the n-th look."""
    times = itertools.chain(itertools.repeat(0.0, looks), itertools.repeat(SECONDS + 1))
    return lambda: next(times)


async def test_a_damaged_cache_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 1000)

    assert not await sweep_cache(tmp_path, HandClock(NOW))

    assert (tmp_path / FILE).read_bytes() == b"no database" * 1000


@pytest.mark.parametrize(("before", "after_"), [(NOW - DAY_MS, NOW), (NOW - 1, NOW - 1)])
async def test_use_is_noted_once_a_day(cache: Cache, before: int, after_: int) -> None:
    await cache.layer("layer", before)
    layers = tuple(
        Layer(digest=blob, size=1, media_type="", claimed_diff_id="x")
        for blob in ("blob-layer", "blob-never-read")
    )
    described = Image(
        id="sha256:1",
        media_type="",
        config_digest="",
        os="linux",
        architecture="amd64",
        size=1,
        first_seen_at=NOW,
        body=ImageBody(layers=layers),
    )

    await mark_used(cache.store, "local", described, now_ms=NOW)

    assert [each.used_at async for each in cache.bindings.each(Range(index="used"))] == [after_]


async def test_a_scan_after_a_sweep_reads_again_what_was_swept(tmp_path: Path) -> None:
    archive = docker_archive(
        tmp_path / "image.tar",
        {"reg.example/app:1": image({"lib/apk/db/installed": "P:musl\nV:1\nA:x86_64\n\n"})},
    )
    folder = tmp_path / "cache"

    def scanned() -> dict[str, Any]:
        ended = scantling("scan", "--format", "json", "--cache", str(folder), str(archive))
        assert ended.returncode == 0, ended.stderr
        report: dict[str, Any] = json.loads(ended.stdout)
        packages: dict[str, Any] = report["outcomes"]["software"]["packages"]
        return packages

    first = scanned()
    assert (folder / STAMP).exists()
    (folder / STAMP).unlink()
    later = HandClock(int((folder / FILE).stat().st_mtime * 1000) + UNUSED_MS + DAY_MS)
    assert await sweep_cache(folder, later)
    store = open_cache(folder)
    await store.ensure(COLLECTIONS)
    left = await Cache(folder, store).layers()
    await store.close()

    assert left == only()
    assert scanned() == first
