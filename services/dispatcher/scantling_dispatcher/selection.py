"""Which placements a task names, a page at a time, in an order that can be resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.latest import Rank, rank
from scantling_common.records.sync import Placement
from scantling_common.store.port import Range
from scantling_dispatcher.fleet import Position

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_common.records.dispatcher import Task
    from scantling_common.store.repository import Repository
    from scantling_dispatcher.fleet import Fleet

PAGE: Final = 500
IMAGES_AT_ONCE: Final = 50

Cursor = tuple[str | bool | int, ...]


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a task's placements.

    ``missing`` are images that were asked for by digest and that no placement shows; ``latest``
    maps each repository to its latest tag, where the task asks for that; ``cursor`` is empty at
    the end.
    """

    placements: tuple[Placement, ...]
    cursor: Cursor = ()
    missing: tuple[str, ...] = ()
    latest: dict[tuple[str, str], str] | None = None

    def shows_latest(self, placement: Placement) -> bool:
        """Tell whether a placement shows the latest tag of its repository."""
        if self.latest is None:
            return True
        return self.latest.get((placement.registry, placement.repository)) == placement.tag


class Selection:
    """Reads the placements of tasks."""

    def __init__(self, placements: Repository[Placement], fleet: Fleet) -> None:
        """Read ``placements``, and what the fleet contains."""
        self._placements = placements
        self._fleet = fleet
        self._last: tuple[tuple[str, str, str], str] | None = None

    async def after(self, task: Task) -> Slice:
        """Return the placements behind a task's cursor."""
        if task.body.images:
            return await self._by_digest(task)
        if task.body.packages:
            return await self._by_package(task)
        if "placement" in task.body.scope:
            return await self._by_placement(task)
        range_ = msgspec.structs.replace(_range(task), after=task.body.cursor or None)
        page = await self._placements.page(range_, limit=PAGE)
        return Slice(
            placements=page.records,
            cursor=_cursor(page.next),
            latest=await self._latest_of(task, page.records) if task.body.latest_only else None,
        )

    async def _by_digest(self, task: Task) -> Slice:
        """Return the placements of the next images of a list; the cursor counts its images."""
        begun = int(task.body.cursor[0]) if task.body.cursor else 0
        ended = begun + IMAGES_AT_ONCE
        placements, missing = await self._of_images(task, task.body.images[begun:ended])
        return Slice(
            placements=tuple(placements),
            cursor=(ended,) if ended < len(task.body.images) else (),
            missing=tuple(missing),
            latest=await self._latest_of(task, placements) if task.body.latest_only else None,
        )

    async def _by_package(self, task: Task) -> Slice:
        """Return the placements of the next images that contain one of a task's packages."""
        cursor = task.body.cursor
        begun = Position(int(cursor[0]), str(cursor[1]), str(cursor[2])) if cursor else Position()
        images, ended = await self._fleet.images(task.body.packages, begun, IMAGES_AT_ONCE)
        placements, _ = await self._of_images(task, dict.fromkeys(images))
        return Slice(
            placements=tuple(placements),
            cursor=() if ended is None else (ended.package, ended.unit, ended.image),
        )

    async def _of_images(
        self, task: Task, images: Iterable[str]
    ) -> tuple[list[Placement], list[str]]:
        """Return the placements of images, and those images that have none."""
        placements: list[Placement] = []
        missing = []
        for image in images:
            range_ = Range(index="image", prefix=(task.project, image, False))
            found = [placement async for placement in self._placements.each(range_)]
            placements += found
            if not found:
                missing.append(image)
        return placements, missing

    async def _by_placement(self, task: Task) -> Slice:
        placement = await self._placements.get(task.body.scope["placement"])
        return Slice(placements=() if placement is None else (placement,))

    async def _latest_of(
        self, task: Task, placements: Iterable[Placement]
    ) -> dict[tuple[str, str], str]:
        """Return the latest tag of each repository; one that spans pages is read through once."""
        latest: dict[tuple[str, str], str] = {}
        for placement in placements:
            key = (placement.registry, placement.repository)
            if key not in latest:
                whose = (task.id, *key)
                if self._last is None or self._last[0] != whose:
                    self._last = (whose, await self._latest_tag(*key))
                latest[key] = self._last[1]
        return latest

    async def _latest_tag(self, registry: str, repository: str) -> str:
        best: tuple[Rank, str] | None = None
        range_ = Range(index="repository", prefix=(registry, repository))
        async for placement in self._placements.each(range_):
            found = rank(placement.tag, placement.updated_at)
            if not placement.gone and (best is None or found > best[0]):
                best = (found, placement.tag)
        return best[1] if best else ""


def _range(task: Task) -> Range:
    """Return the part of the project's placements that holds a task's scope."""
    scope = task.body.scope
    prefix: tuple[str | bool, ...] = (task.project, False)
    if "registry" in scope:
        prefix = (*prefix, scope["registry"])
        repository = scope.get("repository", "*")
        if not any(sign in repository for sign in "*?["):
            prefix = (*prefix, repository)
    return Range(index="project", prefix=prefix)


def _cursor(key: tuple[object, ...] | None) -> Cursor:
    return tuple(part for part in key or () if isinstance(part, str | bool | int))
