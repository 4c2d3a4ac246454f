"""Which images contain a package: read from what the reporter keeps of the fleet."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.store.port import Range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.records.fleet import Hold, PackagePlace
    from scantling_common.store.repository import Repository

LISTS: Final = 50
"""Of how many lists of packages it is remembered which units were seen."""
UNITS: Final = 100
"""How many places of a package are read at once."""
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
        self._seen: OrderedDict[tuple[str, ...], dict[str, int]] = OrderedDict()

    async def images(
        self, packages: Sequence[str], position: Position, most: int
    ) -> tuple[list[str], Position | None]:
        """Return the next images that contain one of these packages, and where they end.

        At most ``most``; an image may come again for another package. None at the end.
        """
        images: list[str] = []
        at: Position | None = position
        first = self._first(tuple(packages))
        while at is not None and len(images) < most:
            found, at = await self._step(packages, at, most - len(images), first)
            images += found
        return images, at

    def _first(self, packages: tuple[str, ...]) -> dict[str, int]:
        """Return of units that were seen the number of the first of these packages in them.

        It spares reading their images again, and no more: it is gone with the process. Whoever
        reads on from a position has had all that comes before it, and reads the rest anew.
        """
        first = self._seen.setdefault(packages, {})
        self._seen.move_to_end(packages)
        if len(self._seen) > LISTS:
            self._seen.popitem(last=False)
        return first

    async def _step(
        self, packages: Sequence[str], at: Position, most: int, first: dict[str, int]
    ) -> tuple[list[str], Position | None]:
        """Return images of the next unit, or none where there is nothing more of a package."""
        if at.package >= len(packages):
            return [], None
        if at.image:
            return await self._held(at.package, at.unit, f"{at.image}{_BEHIND}", most)
        units = await self._units(packages[at.package], at.unit)
        for unit in units:
            if first.setdefault(unit, at.package) >= at.package:
                return await self._held(at.package, unit, None, most)
        return [], Position(at.package, units[-1]) if units else Position(at.package + 1)

    async def _held(
        self, package: int, unit: str, start: str | None, most: int
    ) -> tuple[list[str], Position]:
        page = await self._holds.page(Range(index="unit", prefix=(unit,), start=start), limit=most)
        found = [hold.image for hold in page.records]
        return found, Position(package, unit, "" if page.next is None else found[-1])

    async def _units(self, package: str, after: str) -> list[str]:
        """Return the next units that have a package, none at the end."""
        start = f"{after}{_BEHIND}" if after else None
        range_ = Range(index="package", prefix=(package,), start=start)
        page = await self._places.page(range_, limit=UNITS)
        return list(dict.fromkeys(place.unit for place in page.records))
