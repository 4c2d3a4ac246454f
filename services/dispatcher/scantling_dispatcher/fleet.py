"""Which images contain a package: read from what the reporter keeps of the fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.store.port import Range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.records.fleet import Hold, PackagePlace
    from scantling_common.store.repository import Repository

_BEHIND: Final = "\x00"
"""Behind a key, and before every other one that begins with it."""


class Position(msgspec.Struct, frozen=True):
    """How far the images of packages were read: the package's number, the unit, the image.

    What is named was read already.
    """

    package: int = 0
    unit: str = ""
    image: str = ""


class Fleet:
    """Reads the units that have a package, and the images that hold them."""

    def __init__(self, places: Repository[PackagePlace], holds: Repository[Hold]) -> None:
        """Read only."""
        self._places = places
        self._holds = holds

    async def images(
        self, packages: Sequence[str], position: Position, most: int
    ) -> tuple[list[str], Position | None]:
        """Return the next images that contain one of these packages, and where they end.

        At most ``most``; an image may come again for another package. None at the end.
        """
        images: list[str] = []
        at: Position | None = position
        while at is not None and len(images) < most:
            found, at = await self._step(packages, at, most - len(images))
            images += found
        return images, at

    async def _step(
        self, packages: Sequence[str], at: Position, most: int
    ) -> tuple[list[str], Position | None]:
        """Return images of the next unit, or none where there is nothing more of a package."""
        if at.package >= len(packages):
            return [], None
        unit = at.unit if at.image else await self._unit(packages[at.package], at.unit)
        if not unit:
            return [], Position(at.package + 1)
        start = f"{at.image}{_BEHIND}" if at.image else None
        page = await self._holds.page(Range(index="unit", prefix=(unit,), start=start), limit=most)
        found = [hold.image for hold in page.records]
        last = "" if page.next is None else found[-1]
        return found, Position(at.package, unit, last)

    async def _unit(self, package: str, after: str) -> str:
        start = f"{after}{_BEHIND}" if after else None
        range_ = Range(index="package", prefix=(package,), start=start)
        page = await self._places.page(range_, limit=1)
        return page.records[0].unit if page.records else ""
