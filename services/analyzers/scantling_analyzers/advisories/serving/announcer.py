"""Announces the build of the advisories that is at hand, and what it changes for the fleet.

The file is looked at again and again; another build takes its place by a rename. What was
announced is kept in the store, and the file of it beside the new one, so that the two can be
compared. A crash anywhere leaves an announcement that is made again: the same, or more.

That there is no database any more, or none that can be read, is announced as well, as a build
without a name: nobody waits for what is gone. What was judged without one is matched again once
there is one, be it the same, for it is compared with nothing.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.advisories.database.errors import AdvisoriesError
from scantling_analyzers.advisories.database.reader import AdvisoryDatabase
from scantling_analyzers.advisories.matching.matcher import Matcher
from scantling_analyzers.advisories.serving.changes import changed, touched
from scantling_common.bus.port import Outgoing
from scantling_common.events.models import AdvisoriesUpdated, ChangedPackage
from scantling_common.events.topics import ADVISORIES_UPDATED
from scantling_common.records.extractor import (
    ADVISORY_BUILDS,
    CURRENT_BUILD,
    NO_BUILD,
    AdvisoryBuild,
)
from scantling_common.records.fleet import PACKAGES, Package
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_common.telemetry.metrics import NO_METRICS, Metrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from scantling_analyzers.advisories.serving.changes import Touched
    from scantling_common.bus.port import Bus, Producer
    from scantling_common.clock import Clock
    from scantling_common.store.port import Store

logger = logging.getLogger(__name__)

SECONDS: Final = 1.0
"""How often the file is looked at."""
GRACE: Final = 30.0
"""For how long a database may be missing or damaged until that is announced, in seconds: it may be
that somebody is copying one to its place."""
PAGE: Final = 2_000
"""How many packages one event tells of: some 400 KiB."""
_BATCH: Final = 1_000


class Announcer:
    """Looks at one file, and publishes on ``advisories.updated``."""

    def __init__(
        self,
        *,
        file: Path,
        kept: Path,
        store: Store,
        bus: Bus,
        clock: Clock,
        metrics: Metrics = NO_METRICS,
        grace: float = GRACE,
    ) -> None:
        """``kept`` is a directory of its own, best on the file system of ``file``.

        ``grace`` is for how long the database may be lost until that is announced, in seconds.
        """
        self._grace = grace
        self._metrics = metrics
        self._file, self._kept = file, kept
        self._bus, self._clock = bus, clock
        self._builds = Repository(store, ADVISORY_BUILDS, AdvisoryBuild)
        self._packages = Repository(store, PACKAGES, Package)
        self._seen: tuple[int, int, int] | None = None
        self._lost_at: int | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        producer = await self._bus.producer()
        try:
            while True:
                await self.look(producer)
                await self._clock.sleep(SECONDS)
        finally:
            await producer.close()

    async def look(self, producer: Producer) -> bool:
        """Announce what is there unless that was done; tell whether it was announced now."""
        seen = await asyncio.to_thread(self._state)
        if seen is not None and seen != self._seen:
            try:
                build = await asyncio.to_thread(self._keep)
            except AdvisoriesError as error:
                logger.warning("advisories not readable", extra={"error": str(error)})
            except OSError as error:
                # It may be another time, as when there is room again.
                logger.warning("advisories not kept", extra={"error": str(error)})
                return False
            else:
                self._metrics.set("advisories_built_at", seen[2] / 1e9)
                record = await self._record(build)
                announced = not record.announced and await self._announce(record, producer)
                self._seen, self._lost_at = seen, None
                return announced
        elif seen is not None and self._lost_at is None:
            return False
        self._seen = seen
        return await self._lost(producer)

    async def _lost(self, producer: Producer) -> bool:
        """Announce that there is no database where there was one, once that has lasted."""
        now = self._clock.now_ms()
        if self._lost_at is None:
            self._lost_at = now
        known = await self._builds.get(CURRENT_BUILD)
        if known is None or now - self._lost_at < self._grace * 1000:
            return False
        record = await self._record(NO_BUILD)
        if record.announced:
            return False
        await producer.send(_event(record, page=1))
        logger.warning("advisories lost", extra={"file": str(self._file), "build": known.build})
        return await self._builds.replace(replace(record, announced=True))

    async def _record(self, build: str) -> AdvisoryBuild:
        """Return the record of a build, made where another one was announced last."""
        now = self._clock.now_ms()
        while True:
            known = await self._builds.get(CURRENT_BUILD)
            if known is None:
                fresh = AdvisoryBuild(id=CURRENT_BUILD, build=build, sequence=1, found_at=now)
                if await self._builds.insert(fresh):
                    return replace(fresh, rev=1)
            elif known.build == build:
                return known
            else:
                # Images may have been matched with one that was never announced whole: nothing
                # tells which, so there is no ground to compare with.
                previous = known.build if known.announced else ""
                after = replace(
                    known,
                    build=build,
                    previous=previous,
                    sequence=known.sequence + 1,
                    announced=False,
                    found_at=now,
                )
                if await self._builds.replace(after):
                    return replace(after, rev=after.rev + 1)

    async def _announce(self, record: AdvisoryBuild, producer: Producer) -> bool:
        """Publish the build, then what it changes, then note that it is done."""
        await producer.send(_event(record, page=1))
        old = self._path(record.previous)
        page, count, every = 1, 0, not record.previous or not await asyncio.to_thread(old.exists)
        if every:
            page += 1
            await producer.send(_event(record, page=page, every=True))
        else:
            async for packages in self._changed(old, self._path(record.build)):
                page += 1
                count += len(packages)
                await producer.send(_event(record, page=page, packages=packages))
        if not await self._builds.replace(replace(record, announced=True)):
            return False  # a newer one is being announced
        await asyncio.to_thread(self._sweep, record.build)
        self._metrics.count("advisories_announced_total")
        self._metrics.count("advisories_changed_packages_total", count)
        logger.info(
            "advisories announced",
            extra={
                "build": record.build,
                "sequence": record.sequence,
                "packages": count,
                "every": every,
                "seconds": (self._clock.now_ms() - record.found_at) / 1000,
            },
        )
        return True

    async def _changed(self, old: Path, new: Path) -> AsyncIterator[list[Package]]:
        """Give the packages whose answer is another one, a page of an event at a time."""
        differing = await asyncio.to_thread(touched, old, new)
        with AdvisoryDatabase(old) as before, AdvisoryDatabase(new) as after:
            matchers = Matcher(before), Matcher(after)
            found: list[Package] = []
            range_: Range | None = Range(index="sweep")
            while range_ is not None:
                page = await self._packages.page(range_, limit=_BATCH - 1)
                found += await asyncio.to_thread(_changed_of, page.records, differing, matchers)
                while len(found) >= PAGE:
                    yield found[:PAGE]
                    del found[:PAGE]
                range_ = None if page.next is None else replace(range_, after=page.next)
            if found:
                yield found

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_mtime_ns

    def _keep(self) -> str:
        """Keep the file that is there under its build's name; return the build."""
        self._kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        with AdvisoryDatabase(self._file) as database:
            build = database.build
        kept, draft = self._path(build), self._kept / f"{build}.new"
        draft.unlink(missing_ok=True)
        try:
            os.link(self._file, draft)
        except OSError:
            # On another file system, or somebody else's.
            shutil.copyfile(self._file, draft)
        with AdvisoryDatabase(draft) as database:
            build, kept = database.build, self._path(database.build)
        draft.replace(kept)
        return build

    def _path(self, build: str) -> Path:
        return self._kept / f"{build}.db"

    def _sweep(self, build: str) -> None:
        for path in self._kept.glob("*.db"):
            if path != self._path(build):
                path.unlink(missing_ok=True)


def _changed_of(
    packages: tuple[Package, ...], differing: Touched, matchers: tuple[Matcher, Matcher]
) -> list[Package]:
    return list(changed(packages, differing, *matchers))


def _event(
    record: AdvisoryBuild, *, page: int, packages: list[Package] | None = None, every: bool = False
) -> Outgoing:
    return Outgoing(
        topic=ADVISORIES_UPDATED,
        id=f"{record.sequence}/{record.build}/{page}",
        event=AdvisoriesUpdated(
            project="*",
            build=record.build,
            previous=record.previous,
            sequence=record.sequence,
            announced_at=datetime.fromtimestamp(record.found_at / 1000, UTC),
            page=page,
            every=every,
            packages=tuple(
                ChangedPackage(
                    id=package.id,
                    project=package.project,
                    type=package.type,
                    name=package.name,
                    version=package.version,
                )
                for package in packages or ()
            ),
        ),
    )
