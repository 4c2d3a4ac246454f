"""What a tag showed before it was moved is remembered: images are built on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.records.sync import MOVES, Move
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_sync.observations import Sight
from scantling_sync.placements import reconcile
from scantling_sync.sweeps import MOVES_MS
from tests.builders.image import image
from tests.sync.samples import AMD64, A, B, absent, placement, seen

if TYPE_CHECKING:
    from tests.sync.scripted import ScriptedRegistry
    from tests.sync.world import World

ONE, TWO = (image({"n": text}) for text in (b"1", b"2"))


async def moves(world: World) -> list[tuple[str, str]]:
    """Return each image that was left, and what took its place."""
    found = Repository(world.store, MOVES, Move).each(Range(index="moved"))
    return [(each.image, each.successor) async for each in found]


def test_a_placement_that_shows_another_image_leaves_a_move() -> None:
    move = reconcile(placement(A), Sight(AMD64, B), seen(B, at=200)).move

    assert move is not None
    assert (move.placement, move.image, move.successor) == (placement(A).id, A, B)
    assert (move.project, move.moved_at) == ("default", 200)


def test_nothing_else_leaves_a_move() -> None:
    assert reconcile(None, Sight(AMD64, A), seen(A)).move is None
    assert reconcile(placement(A), Sight(AMD64, A), seen(A)).move is None
    assert reconcile(placement(A), None, absent(delete_notified=True)).move is None
    assert reconcile(placement(A, gone=True), Sight(AMD64, B), seen(B)).move is None


async def test_a_moved_tag_is_remembered_once_for_each_image(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("base", "1", ONE)
    id_ = await world.add_registry(scripted.host)
    assert await moves(world) == []

    scripted.put("base", "1", TWO)
    await world.resync(id_)
    assert await moves(world) == [(ONE.digest, TWO.digest)]
    await world.resync(id_)
    assert await moves(world) == [(ONE.digest, TWO.digest)]

    await world.clock.turn(60)
    scripted.put("base", "1", ONE)
    await world.resync(id_)
    assert await moves(world) == [(ONE.digest, TWO.digest), (TWO.digest, ONE.digest)]


async def test_an_image_that_was_left_twice_was_left_lately(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("base", "1", ONE)
    id_ = await world.add_registry(scripted.host)
    for built in (TWO, ONE, TWO):
        await world.clock.turn(60)
        scripted.put("base", "1", built)
        await world.resync(id_)

    assert await moves(world) == [(TWO.digest, ONE.digest), (ONE.digest, TWO.digest)]


async def test_moves_are_forgotten_after_half_a_year(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("base", "1", ONE)
    id_ = await world.add_registry(scripted.host)
    scripted.put("base", "1", TWO)
    await world.resync(id_)
    sweeps = (await world.sync.prepare()).sweeps

    await world.clock.turn(MOVES_MS / 1000 - 60)
    assert (await sweeps.sweep()).moves == 0
    await world.clock.turn(120)
    assert (await sweeps.sweep()).moves == 1
    assert await moves(world) == []
