"""From packages to the images that have them, in an order that can be gone on with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from scantling_common.records.fleet import hold_id
from scantling_common.store.port import Range
from scantling_common.store.tokens import PageTokenInvalid, decode_token
from scantling_common.versions.ranges import Answer
from scantling_reporter.fleet.questions import path_range

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scantling_common.records.fleet import Package
    from scantling_common.store.port import Key
    from scantling_reporter.fleet.holdings import FleetRecords
    from scantling_reporter.fleet.patterns import PathPattern
    from scantling_reporter.fleet.questions import Question

EXAMINED: Final = 20_000
"""How many packages and units one request looks at; a page may be short, its token goes on."""

EXAMINED_PLACES: Final = 5_000
"""How many places one request looks at that has a pattern and no name."""

MAX_PATHS: Final = 20
"""How many paths of a package in one image are told."""

_BATCH: Final = 200
_FEW: Final = 50


class Hit(NamedTuple):
    """That an image has a package, and the position behind it.

    ``certain`` is false where the order of its versions can't tell whether it is asked for.
    """

    package: Package
    image: str
    paths: tuple[str, ...]
    certain: bool
    position: Key


class Pause(NamedTuple):
    """That enough was looked at for one request: the position at which it goes on."""

    position: Key


POSITION: Final = 6
"""How many values a position has: range, name, version, package, unit, image."""


class PackageWalk:
    """Looks for packages by name."""

    def __init__(self, records: FleetRecords, project: str, question: Question) -> None:
        """Look in a project."""
        self._records = records
        self._ranges = question.ranges(project)
        self._question = question
        self._examined = 0

    async def hits(self, after: Key | None = None) -> AsyncIterator[Hit | Pause]:
        """Give what is found behind a position, at the end a pause where there may be more."""
        for number, range_ in enumerate(self._ranges):
            if after is not None and number < _number(after):
                continue
            at = range_
            if after is not None and number == _number(after):
                package = await self._records.packages.get(str(after[3]))
                if package is not None and after[4] != LAST_UNIT:
                    async for each in self._of(package, number, range_, after[4:]):
                        yield each
                        if isinstance(each, Pause):
                            return
                at = replace(range_, after=after[1:4])
            async for package in self._records.packages.each(at, batch=_BATCH):
                async for each in self._of(package, number, range_, None):
                    yield each
                    if isinstance(each, Pause):
                        return

    async def _of(
        self, package: Package, number: int, range_: Range, after: Key | None
    ) -> AsyncIterator[Hit | Pause]:
        """Give what is found of one package, at the end a pause where enough was looked at."""
        key = self._key(package, number, range_)
        answer = self._question.admits(package)
        unit, image = (str(after[0]), str(after[1])) if after is not None else ("", "")
        if answer is not Answer.NO:
            async for each in units_of(self._records, package.id, start=first_unit(unit, image)):
                paths = await paths_of(self._records, package.id, each, self._question.path)
                last = image if each == unit else ""
                holders = holders_of(self._records, each, after=last)
                async for holder in holders if paths else _nobody():
                    position = (*key, each, holder)
                    yield Hit(package, holder, paths, answer is Answer.YES, position)
                if self._enough():
                    yield Pause((*key, each, LAST_HOLDER))
                    return
        if self._enough():
            yield Pause((*key, LAST_UNIT, ""))

    def _enough(self) -> bool:
        """Count what was looked at."""
        self._examined += 1
        return self._examined >= EXAMINED

    def _key(self, package: Package, number: int, range_: Range) -> Key:
        return (number, *self._records.packages.key_of(range_, package))


LAST_UNIT: Final = "~"
"""Above the id of every unit."""

LAST_HOLDER: Final = "~"
"""Above the digest of every image."""


class PathWalk:
    """Looks for packages by path alone. Positions are: 0, path, package, unit, place, image."""

    def __init__(
        self, records: FleetRecords, project: str, question: Question, pattern: PathPattern
    ) -> None:
        """Look in a project, for a question without a name."""
        self._records = records
        self._question = question
        self._pattern = pattern
        self._range = path_range(project, pattern)

    async def hits(self, after: Key | None = None) -> AsyncIterator[Hit | Pause]:
        """Give what is found behind a position, at the end a pause where there may be more."""
        places, at, examined = self._records.places, self._range, 0
        if after is not None:
            place = await places.get(str(after[4]))
            if place is not None:
                package = await self._records.packages.get(place.package)
                if package is not None:
                    async for hit in self._of(package, place.path, after[:5], str(after[5])):
                        yield hit
            at = replace(self._range, after=after[1:5])
        async for place in places.each(at, batch=_BATCH):
            key = (0, *places.key_of(self._range, place))
            if self._pattern.matches(place.path):
                package = await self._records.packages.get(place.package)
                if package is not None:
                    async for hit in self._of(package, place.path, key, ""):
                        yield hit
            examined += 1
            if examined >= EXAMINED_PLACES:
                yield Pause((*key, LAST_HOLDER))
                return

    async def _of(self, package: Package, path: str, key: Key, after: str) -> AsyncIterator[Hit]:
        answer = self._question.admits(package)
        if answer is Answer.NO:
            return
        async for holder in holders_of(self._records, str(key[3]), after=after):
            yield Hit(package, holder, (path,), answer is Answer.YES, (*key, holder))


def position_of(token: str, scope: str) -> Key | None:
    """Return the position of a page token, None for an empty one.

    Raises :class:`~scantling_common.store.tokens.PageTokenInvalid`.
    """
    if not token:
        return None
    first, *texts = decode_token(token, scope, parts=POSITION)
    if type(first) is not int or not all(isinstance(text, str) for text in texts):
        raise PageTokenInvalid(hint="leave page_token out to begin again")
    return (first, *texts)


async def _nobody() -> AsyncIterator[str]:
    return
    yield  # it is a generator of nothing


def _number(position: Key) -> int:
    return position[0] if isinstance(position[0], int) else 0


def first_unit(unit: str, image: str) -> str:
    """Return from which unit on is looked behind an image: the next behind the last image."""
    return f"{unit}\x00" if image == LAST_HOLDER else unit


async def units_of(records: FleetRecords, package: str, *, start: str = "") -> AsyncIterator[str]:
    """Give the units that have a package, from one on."""
    range_ = Range(index="package", prefix=(package,), start=start or None)
    last = ""
    async for place in records.places.each(range_, batch=_FEW):
        if place.unit != last:
            yield place.unit
        last = place.unit


async def holders_of(records: FleetRecords, unit: str, *, after: str = "") -> AsyncIterator[str]:
    """Give the images that hold a unit, behind one."""
    position = (after, hold_id(unit, after)) if after else None
    range_ = Range(index="unit", prefix=(unit,), after=position)
    async for hold in records.holds.each(range_, batch=_FEW):
        yield hold.image


async def paths_of(
    records: FleetRecords, package: str, unit: str, pattern: PathPattern | None
) -> tuple[str, ...]:
    """Return the paths of a package in a unit that match, the first of them."""
    found: list[str] = []
    range_ = Range(index="package", prefix=(package, unit))
    async for place in records.places.each(range_, batch=MAX_PATHS + 1):
        if pattern is None or pattern.matches(place.path):
            found.append(place.path)
        if len(found) == MAX_PATHS:
            break
    return tuple(found)
