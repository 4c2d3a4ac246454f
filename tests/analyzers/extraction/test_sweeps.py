"""What grows is swept: what no image refers to goes after 30 days, nothing else does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.attestations.models import Claims
from scantling_analyzers.extraction.sweeps import DAY_MS, UNUSED_MS, Sweeps, Swept
from scantling_analyzers.storage.chunks import CHUNK_BYTES
from scantling_analyzers.storage.claims import ClaimStore
from scantling_analyzers.storage.facts import FactKey, configuration_of
from scantling_analyzers.storage.shelves import Shelves
from scantling_common import bodies
from scantling_common.images.digests import digest_of
from scantling_common.layers.cache import BlobCache
from scantling_common.records.extractor import COLLECTIONS, Binding, Chain
from scantling_common.records.shared import ImageBody, Layer
from scantling_common.records.sync import IMAGES, MOVES, PLACEMENTS, Image, Move, Placement
from scantling_common.store.guard import GuardedStore
from scantling_common.store.repository import Repository
from scantling_common.store.sqlite import SqliteStore
from tests.common.clocks import HandClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

NOW = 100 * UNUSED_MS
PROJECT = "p"


class World:
    """A store that the extractor may write, what it wrote, and what sync says."""

    def __init__(self, store: SqliteStore) -> None:
        self.clock = HandClock(NOW)
        self.store = GuardedStore(store, "extractor")
        self.shelves = Shelves(self.store, "one", self.clock)
        self.sweeps = Sweeps(self.store, self.clock)
        self.images = Repository(store, IMAGES, Image)
        self.placements = Repository(store, PLACEMENTS, Placement)
        self.moves = Repository(store, MOVES, Move)

    async def extracted(self, name: str, *, version: int = 1, size: int = 10) -> FactKey:
        """Write all that reading an image of one layer leaves."""
        now, blob, layer = self.clock.now_ms(), blob_of(name), diff_id_of(name)
        await self.shelves.indexes.write(layer, b"i" * size, now_ms=now)
        key = FactKey(layer, "dpkg", version)
        await self.shelves.facts.write({key: b"f" * size}, now_ms=now)
        await self.shelves.bindings.write(
            Binding(
                id=f"{PROJECT}/{blob}",
                project=PROJECT,
                blob=blob,
                diff_id=layer,
                size=1,
                uncompressed_size=1,
                used_at=now,
            )
        )
        await self.shelves.views.write(name, b"v" * size, now_ms=now)
        chain = Chain(
            id=f"{PROJECT}/{layer}/{name}",
            project=PROJECT,
            chain_id=layer,
            image=digest_of(name.encode()),
            layers=1,
            seen_at=now,
        )
        await self.shelves.chains.write(chain)
        await self.claim(chain.image)
        await self.shelves.leases.turn(blob).take()
        await self.shelves.leases.end(blob, "done")
        return key

    async def claim(self, image: str) -> None:
        """Store what is published about an image."""
        await ClaimStore(self.store).write(
            *(PROJECT, image, bodies.pack(Claims())),
            index="",
            listing="1",
            again=False,
            now_ms=self.clock.now_ms(),
        )

    async def listed(self, name: str) -> None:
        """Have sync write an image of one layer, and a placement of it."""
        image = digest_of(name.encode())
        layer = Layer(
            digest=blob_of(name), size=1, media_type="m", claimed_diff_id=diff_id_of(name)
        )
        await self.images.insert(
            Image(
                id=image,
                media_type="m",
                config_digest=digest_of(b"config"),
                os="linux",
                architecture="amd64",
                size=1,
                first_seen_at=1,
                body=ImageBody(layers=(layer,)),
            )
        )
        await self.placements.insert(
            Placement(
                id=name,
                project=PROJECT,
                registry="r",
                repository="a",
                platform="linux/amd64",
                image=image,
                observed_at=1,
                first_seen_at=1,
                last_seen_at=1,
            )
        )

    async def pass_by(self, milliseconds: int) -> Swept:
        self.clock.turn(milliseconds / 1000)
        return await self.sweeps.sweep()


def blob_of(name: str) -> str:
    return digest_of(f"blob {name}".encode())


def diff_id_of(name: str) -> str:
    return digest_of(f"layer {name}".encode())


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = SqliteStore(tmp_path / "store.db", synchronous="normal")
    await store.ensure((*COLLECTIONS, IMAGES, PLACEMENTS, MOVES))
    yield World(store)
    await store.close()


async def test_what_no_image_refers_to_goes_after_thirty_days(world: World) -> None:
    key = await world.extracted("gone", size=CHUNK_BYTES + 1)
    assert await world.pass_by(UNUSED_MS) == Swept(layer_leases=1)
    assert await world.pass_by(1) == Swept(
        bindings=1, layer_indexes=2, facts=2, visibility=2, chains=1, claims=1
    )
    assert await world.shelves.facts.packed([key]) == {}
    assert await world.pass_by(1) == Swept()


async def test_what_an_image_refers_to_stays_for_ever(world: World) -> None:
    key = await world.extracted("kept", size=CHUNK_BYTES + 1)
    await world.listed("kept")
    await world.pass_by(DAY_MS + 1)
    for _ in range(4):
        assert await world.shelves.views.use("kept", now_ms=world.clock.now_ms())
        assert await world.pass_by(UNUSED_MS // 2 + 1) == Swept()
    assert await world.shelves.facts.packed([key]) == {key: b"f" * (CHUNK_BYTES + 1)}
    assert await world.shelves.indexes.packed(key.diff_id) == b"i" * (CHUNK_BYTES + 1)
    assert list(await world.shelves.bindings.of(PROJECT, [blob_of("kept")])) == [blob_of("kept")]
    assert len(await world.shelves.chains.images(PROJECT, key.diff_id)) == 1


async def test_an_image_that_went_leaves_its_facts_thirty_days_of_its_own(world: World) -> None:
    key = await world.extracted("moved")
    await world.listed("moved")
    await world.pass_by(UNUSED_MS + 1)  # marked here
    await world.images.delete(digest_of(b"moved"))
    await world.pass_by(UNUSED_MS)
    assert await world.shelves.facts.packed([key]) != {}
    await world.pass_by(1)
    assert await world.shelves.facts.packed([key]) == {}


async def test_the_chain_of_an_image_whose_tag_moved_on_stays_while_that_is_known(
    world: World,
) -> None:
    key = await world.extracted("former")
    move = Move(
        id="m",
        project=PROJECT,
        placement="tag",
        image=digest_of(b"former"),
        successor=digest_of(b"new"),
        moved_at=1,
    )
    await world.moves.insert(move)
    await world.pass_by(UNUSED_MS + 1)
    assert len(await world.shelves.chains.images(PROJECT, key.diff_id)) == 1

    await world.moves.delete("m")
    await world.pass_by(UNUSED_MS + 1)
    assert await world.shelves.chains.images(PROJECT, key.diff_id) == ()


async def test_an_older_version_goes_once_there_is_a_newer_one(world: World) -> None:
    older = await world.extracted("image", version=1)
    await world.listed("image")
    assert (await world.pass_by(UNUSED_MS + 1)).facts == 0
    newer = await world.extracted("image", version=2)
    assert (await world.pass_by(UNUSED_MS + 1)).facts == 1
    assert await world.shelves.facts.packed([older]) == {}
    assert await world.shelves.facts.packed([newer]) != {}


async def test_what_was_found_by_rules_that_are_gone_goes(world: World) -> None:
    kept = await world.extracted("image")
    await world.listed("image")
    by_old, by_new = (FactKey(kept.diff_id, f"secret@{mark}", 1) for mark in ("old", "new"))
    await world.shelves.facts.write(dict.fromkeys((by_old, by_new), b"f"), now_ms=NOW)
    world.sweeps = Sweeps(world.store, world.clock, readers=("dpkg", by_new.reader))

    assert (await world.pass_by(UNUSED_MS)).facts == 0
    assert (await world.pass_by(1)).facts == 1
    assert set(await world.shelves.facts.packed([kept, by_old, by_new])) == {kept, by_new}


async def test_what_the_configuration_of_an_image_holds_stays_with_it(world: World) -> None:
    await world.extracted("image")
    await world.listed("image")
    mine = FactKey(configuration_of(PROJECT, digest_of(b"config")), "secret", 1)
    other = FactKey(configuration_of(PROJECT, digest_of(b"another")), "secret", 1)
    await world.shelves.facts.write(dict.fromkeys((mine, other), b"f"), now_ms=NOW)

    assert (await world.pass_by(UNUSED_MS + 1)).facts == 1
    assert set(await world.shelves.facts.packed([mine, other])) == {mine}


async def test_nothing_of_an_unused_visibility_outlives_its_root(world: World) -> None:
    await world.extracted("image", size=3 * CHUNK_BYTES)
    await world.listed("image")
    swept = await world.pass_by(UNUSED_MS + 1)
    assert swept.visibility == 3
    assert not await world.shelves.views.use("image", now_ms=world.clock.now_ms())


async def test_blobs_that_nobody_used_go_after_thirty_days(world: World, tmp_path: Path) -> None:
    cache = BlobCache(tmp_path / "blobs", 1000)
    used_at = {"old": world.clock.now_ms() - 1, "new": world.clock.now_ms() + 1}
    for name, at in used_at.items():
        digest = digest_of(name.encode())
        with cache.writer(digest, len(name)) as writer:
            writer.write(name.encode())
            writer.publish().close()
        os.utime(cache.path(digest), ns=(at * 1_000_000, at * 1_000_000))
    sweeps = Sweeps(world.store, world.clock, cache)
    assert await sweeps.sweep() == Swept()
    world.clock.turn(UNUSED_MS / 1000)
    assert await sweeps.sweep() == Swept(blobs=1)
    assert [cache.path(digest_of(n)).exists() for n in (b"old", b"new")] == [False, True]
