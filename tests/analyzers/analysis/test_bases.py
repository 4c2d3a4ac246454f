"""Which images of a project are the bases of one, under which names, and what is newer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.analysis.bases import MAX_BASES, BaseFinder
from scantling_analyzers.contract import NewerBase
from scantling_common.images.digests import DiffId, chain_ids, digest_of
from scantling_common.records import extractor, sync
from scantling_common.records.extractor import CHAINS, Chain
from scantling_common.records.sync import (
    MOVES,
    PLACEMENTS,
    REGISTRIES,
    Move,
    Placement,
    Registry,
    move_of,
)
from scantling_common.store.repository import Repository
from scantling_common.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

LAYERS = [digest_of(f"layer {n}".encode()) for n in range(3)]
CHAIN_IDS = chain_ids([DiffId(layer) for layer in LAYERS])


class Fleet:
    """What sync and the extractor have written."""

    def __init__(self, store: SqliteStore) -> None:
        self.finder = BaseFinder(store)
        self.chains = Repository(store, CHAINS, Chain)
        self.placements = Repository(store, PLACEMENTS, Placement)
        self.moves = Repository(store, MOVES, Move)
        self.registries = Repository(store, REGISTRIES, Registry)

    async def scanned(self, name: str, layers: int, project: str = "p") -> str:
        """Have an image of so many of the layers been read; return its digest."""
        image, chain_id = digest_of(name.encode()), CHAIN_IDS[layers - 1]
        await self.chains.insert(
            Chain(
                id=f"{project}/{chain_id}/{image}",
                project=project,
                chain_id=chain_id,
                image=image,
                layers=layers,
                seen_at=1,
            )
        )
        return image

    async def placed(self, tag: str, image: str, *, index: str = "", gone: bool = False) -> None:
        """Have a tag show an image now; a move is noted as sync does."""
        known = await self.placements.get(tag)
        if known is not None:
            await self.moves.insert(move_of(known, image, 5))
            await self.placements.set_fields(tag, {"image": image, "gone": gone})
            return
        await self.placements.insert(
            Placement(
                id=tag,
                project="p",
                registry="r1",
                repository="base",
                tag=tag,
                platform="linux/amd64",
                image=image,
                index=index,
                observed_at=1,
                first_seen_at=1,
                last_seen_at=1,
            )
        )


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    store = SqliteStore(tmp_path / "store.db", synchronous="normal")
    await store.ensure((*sync.COLLECTIONS, *extractor.COLLECTIONS))
    made = Fleet(store)
    await made.registries.insert(
        Registry(id="r1", project="p", name="r1", url="https://registry.example/", created_at=1)
    )
    yield made
    await store.close()


async def test_the_longest_chain_comes_first_with_its_names(fleet: Fleet) -> None:
    debian, python = await fleet.scanned("debian", 1), await fleet.scanned("python", 2)
    index = digest_of(b"index")
    await fleet.placed("python-3", python, index=index)
    await fleet.placed("debian-12", debian)

    found = await fleet.finder.bases("p", LAYERS)

    assert [(base.digest, base.layers, base.chain_id) for base in found] == [
        (python, 2, CHAIN_IDS[1]),
        (debian, 1, CHAIN_IDS[0]),
    ]
    assert found[0].references == ("registry.example/base:python-3",)
    assert found[0].indexes == (index,)
    assert found[1].indexes == ()


async def test_a_base_of_another_project_is_not_seen(fleet: Fleet) -> None:
    await fleet.scanned("theirs", 1, project="other")

    assert await fleet.finder.bases("p", LAYERS) == ()


async def test_two_bases_of_one_chain_are_both_found(fleet: Fleet) -> None:
    both = {await fleet.scanned("one", 1), await fleet.scanned("two", 1)}

    assert {base.digest for base in await fleet.finder.bases("p", LAYERS)} == both


async def test_an_empty_layer_is_a_layer(fleet: Fleet) -> None:
    empty = digest_of(bytes(1024))
    chain = chain_ids([DiffId(LAYERS[0]), DiffId(empty)])[-1]
    image = digest_of(b"with an empty layer")
    record = Chain(
        id=f"p/{chain}/{image}", project="p", chain_id=chain, image=image, layers=2, seen_at=1
    )
    await fleet.chains.insert(record)

    assert await fleet.finder.bases("p", [LAYERS[0], LAYERS[1]]) == ()
    (found,) = await fleet.finder.bases("p", [LAYERS[0], empty, LAYERS[1]])
    assert (found.digest, found.layers) == (image, 2)


async def test_a_moved_tag_tells_what_it_shows_now(fleet: Fleet) -> None:
    old, new = await fleet.scanned("old", 1), digest_of(b"new")
    await fleet.placed("12", old)
    await fleet.placed("12.1", old)
    await fleet.placed("12", new)

    (found,) = await fleet.finder.bases("p", LAYERS)

    assert found.references == ("registry.example/base:12.1",)
    assert found.newer == (NewerBase(reference="registry.example/base:12", digest=new, moved_at=5),)


async def test_a_tag_that_was_moved_back_has_nothing_newer(fleet: Fleet) -> None:
    old = await fleet.scanned("old", 1)
    await fleet.placed("12", old)
    await fleet.placed("12", digest_of(b"new"))
    await fleet.placed("12", old)

    (found,) = await fleet.finder.bases("p", LAYERS)

    assert (found.references, found.newer) == (("registry.example/base:12",), ())


async def test_a_tag_that_is_gone_has_nothing_newer(fleet: Fleet) -> None:
    old = await fleet.scanned("old", 1)
    await fleet.placed("12", old)
    await fleet.placed("12", digest_of(b"new"), gone=True)

    (found,) = await fleet.finder.bases("p", LAYERS)

    assert found.newer == ()


async def test_at_most_so_many_bases_are_told(fleet: Fleet) -> None:
    for number in range(MAX_BASES + 5):
        await fleet.scanned(f"image {number}", 1 + number % 3)

    found = await fleet.finder.bases("p", LAYERS)

    assert len(found) == MAX_BASES
    assert [base.layers for base in found] == sorted((b.layers for b in found), reverse=True)
