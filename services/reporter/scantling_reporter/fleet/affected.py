"""From a vulnerability to the images that have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_common.store.port import Range
from scantling_reporter.fleet.walk import LAST_HOLDER, first_unit, holders_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scantling_common.records.fleet import Affected
    from scantling_common.store.port import Key
    from scantling_reporter.fleet.holdings import FleetRecords

_BATCH: Final = 20
"""How many rows are read at once: each has a body, and many images."""


EXAMINED: Final = 2_000
"""How many rows one request looks at; a page may be short, its position goes on."""

_LOOKED: Final = 100
"""How many rows are looked at to tell whether an image has a vulnerability."""


class AffectedImage(NamedTuple):
    """That an image has a vulnerability, and how."""

    image: str
    row: Affected


class AffectedWalk:
    """Reads which images have a vulnerability; a position is unit and image."""

    def __init__(self, records: FleetRecords) -> None:
        """Read from the records of the fleet."""
        self._records = records

    async def page(
        self, vulnerability: str, after: Key | None, *, size: int, suppressed: bool
    ) -> tuple[list[AffectedImage], Key | None]:
        """Return images and the position at which the next page goes on, None at the end.

        ``suppressed`` asks for those, too, in which every finding of it is set aside.
        """
        found: list[AffectedImage] = []
        examined = 0
        async for each in self._images(vulnerability, after, suppressed=suppressed):
            if isinstance(each, AffectedImage):
                if len(found) == size:
                    last = found[-1]
                    return found, (last.row.unit, last.image)
                found.append(each)
                continue
            examined += 1
            if examined == EXAMINED:
                return found, (each, LAST_HOLDER)
        return found, None

    async def any(self, vulnerability: str) -> bool:
        """Tell whether an image has a vulnerability now that is not set aside.

        It is said where that would take too long to tell.
        """
        examined = 0
        async for each in self._images(vulnerability, None, suppressed=False):
            examined += 1
            if isinstance(each, AffectedImage) or examined == _LOOKED:
                return True
        return False

    async def _images(
        self, vulnerability: str, after: Key | None, *, suppressed: bool
    ) -> AsyncIterator[AffectedImage | str]:
        """Give images, and behind those of each row the row's unit."""
        unit, image = (str(after[0]), str(after[1])) if after is not None else ("", "")
        start = first_unit(unit, image)
        range_ = Range(index="vulnerability", prefix=(vulnerability,), start=start or None)
        async for row in self._records.affected.each(range_, batch=_BATCH):
            if suppressed or not row.suppressed:
                last = image if row.unit == unit else ""
                async for holder in holders_of(self._records, row.unit, after=last):
                    yield AffectedImage(holder, row)
            yield row.unit
