"""Images of changed packages: each is read once where that is known, and none is ever left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_common.records.fleet import HOLDS, PLACES, Hold, PackagePlace
from scantling_common.store.repository import Repository
from scantling_common.store.sqlite import SqliteStore
from scantling_dispatcher import fleet as module
from scantling_dispatcher.fleet import Fleet, Position

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PACKAGES = ("openssl", "curl", "nobody-has-it", "zlib")
UNITS = {
    "base": ("curl", "openssl", "zlib"),
    "app": ("curl", "zlib"),
    "other": ("zlib",),
    "none": ("unrelated",),
}
HELD = {
    "base": [f"image-{number}" for number in range(5)],
    "app": ["image-1", "image-7"],
    "other": ["image-8"],
    "none": ["image-9"],
}
ALL = {f"image-{number}" for number in (0, 1, 2, 3, 4, 7, 8)}


class World:
    """A store with what units have, and which images hold them."""

    def __init__(self, folder: Path) -> None:
        self.store = SqliteStore(folder / "store.db", synchronous="normal")
        self.places = Repository(self.store, PLACES, PackagePlace)
        self.holds = Repository(self.store, HOLDS, Hold)

    def fleet(self) -> Fleet:
        return Fleet(self.places, self.holds)

    async def fill(self) -> None:
        await self.store.ensure((PLACES, HOLDS))
        for unit, packages in UNITS.items():
            for package in packages:
                for path in ("a", "b"):
                    place = PackagePlace(
                        id=f"{unit} {package} {path}",
                        project="default",
                        unit=unit,
                        package=package,
                        path=path,
                    )
                    await self.places.insert(place)
            for image in HELD[unit]:
                hold = Hold(
                    id=f"{unit} {image}",
                    project="default",
                    unit=unit,
                    image=image,
                    kind="software",
                )
                await self.holds.insert(hold)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    await world.fill()
    yield world
    await world.store.close()


async def read(fleet: Fleet, position: Position | None, most: int) -> list[str]:
    found: list[str] = []
    while position is not None:
        images, position = await fleet.images(PACKAGES, position, most)
        assert len(images) <= most
        found += images
    return found


@pytest.mark.parametrize("most", [1, 2, 3, 100])
async def test_a_unit_of_several_packages_is_read_once(world: World, most: int) -> None:
    found = await read(world.fleet(), Position(), most)
    assert set(found) == ALL
    assert len(found) == sum(len(HELD[unit]) for unit in ("base", "app", "other"))


@pytest.mark.parametrize("most", [1, 2, 100])
async def test_few_places_at_once_are_enough(
    world: World, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(module, "UNITS", 1)
    assert set(await read(world.fleet(), Position(), most)) == ALL


async def test_a_part_that_is_read_again_is_the_same(world: World) -> None:
    fleet = world.fleet()
    position: Position | None = Position()
    while position is not None:
        images, after = await fleet.images(PACKAGES, position, 2)
        assert await fleet.images(PACKAGES, position, 2) == (images, after)
        rest = images + (await read(fleet, after, 2))
        assert rest == images + (await read(fleet, after, 2))
        position = after


async def test_another_process_reads_on_and_leaves_out_none(world: World) -> None:
    position: Position | None = Position()
    found: set[str] = set()
    while position is not None:
        images, position = await world.fleet().images(PACKAGES, position, 2)
        found.update(images)
    assert found == ALL


async def test_what_was_seen_is_kept_of_a_few_lists_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LISTS", 2)
    fleet = world.fleet()
    for package in (*PACKAGES, *PACKAGES):
        await fleet.images((package,), Position(), 100)
    assert len(fleet._seen) == 2
