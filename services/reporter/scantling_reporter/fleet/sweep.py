"""Sweeps units that no image holds, and then what no unit refers to any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from msgspec.structs import replace

from scantling_common.records.fleet import (
    Affected,
    Package,
    PackagePlace,
    Unit,
    Vulnerability,
    VulnerabilityName,
)
from scantling_common.records.reporter import KEPT
from scantling_common.store.port import Range
from scantling_reporter.fleet.lifetimes import SAFE_MS, look_at

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from scantling_common.clock import Clock
    from scantling_common.store.repository import Repository
    from scantling_common.telemetry.metrics import Metrics
    from scantling_reporter.fleet.holdings import FleetRecords

E = TypeVar("E", Package, Vulnerability, VulnerabilityName)
R = TypeVar("R", PackagePlace, Affected)

_BATCH: Final = 500


class FleetSweep:
    """Looks at what is due. Several instances may do so at once."""

    def __init__(self, records: FleetRecords, clock: Clock, metrics: Metrics) -> None:
        """Work on the records of the fleet."""
        self._records = records
        self._clock = clock
        self._metrics = metrics

    async def run(self) -> None:
        """Look at everything that is due, once."""
        records = self._records
        async for unit in records.units.each(self._due()):
            await self._unit(unit)
        await self._entries(records.packages, self._placed)
        await self._entries(records.vulnerabilities, self._affects, before=self._unname)
        await self._entries(records.names, self._names)

    def _due(self) -> Range:
        return Range(index="sweep", end=self._clock.now_ms() + 1)

    async def _unit(self, unit: Unit) -> None:
        """Keep a unit that is held; else mark it, so that nobody begins to, and let it go."""
        units = self._records.units
        if not unit.going:
            held = Range(index="unit", prefix=(unit.id,))
            if (await self._records.holds.page(held, limit=1)).records:
                await units.replace(replace(unit, sweep_at=KEPT))
                return
        # One at a time: once a unit has gone, another one of its name may be there, with rows of
        # the same names. What a crash interrupts here goes on when the unit is due again.
        due = self._clock.now_ms() + SAFE_MS
        if not await units.replace(replace(unit, going=True, sweep_at=due)):
            return
        rows = Range(index="unit", prefix=(unit.id,))
        await self._rows(
            self._records.places, rows, self._records.packages, lambda row: row.package
        )
        await self._rows(
            self._records.affected,
            rows,
            self._records.vulnerabilities,
            lambda row: row.vulnerability,
        )
        if await units.delete(unit.id):
            self._count(units)

    async def _rows(
        self,
        rows: Repository[R],
        range_: Range,
        entries: Repository[Package] | Repository[Vulnerability],
        entry: Callable[[R], str],
    ) -> None:
        """Delete rows, once what they refer to is to be looked at."""
        fields = {"sweep_at": look_at(self._clock.now_ms())}
        while records := (await rows.page(range_, limit=_BATCH)).records:
            await entries.bulk([entries.setting(id_, fields) for id_ in set(map(entry, records))])
            await rows.bulk([rows.deleting(record.id) for record in records])

    async def _entries(
        self,
        repository: Repository[E],
        referred_to: Callable[[E], Awaitable[bool]],
        *,
        before: Callable[[E], Awaitable[None]] | None = None,
    ) -> None:
        async for record in repository.each(self._due()):
            if await referred_to(record):
                await repository.replace(replace(record, sweep_at=KEPT))
                continue
            if before is not None:
                await before(record)
            if await repository.delete(record.id, rev=record.rev):
                self._count(repository)

    async def _placed(self, package: Package) -> bool:
        range_ = Range(index="package", prefix=(package.id,))
        return bool((await self._records.places.page(range_, limit=1)).records)

    async def _affects(self, vulnerability: Vulnerability) -> bool:
        range_ = Range(index="vulnerability", prefix=(vulnerability.id,))
        return bool((await self._records.affected.page(range_, limit=1)).records)

    async def _names(self, name: VulnerabilityName) -> bool:
        return await self._records.vulnerabilities.get(name.vulnerability) is not None

    async def _unname(self, vulnerability: Vulnerability) -> None:
        """Let the names of a vulnerability be looked at once it has gone."""
        names = self._records.names
        range_ = Range(index="vulnerability", prefix=(vulnerability.id,))
        listed: Iterable[VulnerabilityName] = [each async for each in names.each(range_)]
        fields = {"sweep_at": look_at(self._clock.now_ms())}
        await names.bulk([names.setting(each.id, fields) for each in listed])

    def _count(self, repository: Repository[E] | Repository[Unit]) -> None:
        self._metrics.count("swept_total", collection=repository.collection.name)
