"""Which units an image holds: brought in line with its head, whatever crashed before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from scantling_common.records.fleet import (
    AFFECTED,
    FLEET_MARKS,
    HOLDS,
    PACKAGES,
    PLACES,
    UNITS,
    VULNERABILITIES,
    VULNERABILITY_NAMES,
    Affected,
    FleetMark,
    Hold,
    Package,
    PackagePlace,
    Unit,
    UnitKind,
    Vulnerability,
    VulnerabilityName,
    fleet_id,
    hold_id,
)
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_reporter.fleet.entries import ensure, newer
from scantling_reporter.fleet.lifetimes import is_safe, look_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_common.clock import Clock
    from scantling_common.store.port import Store
    from scantling_reporter.fleet.contents import Content


class FleetRecords:
    """The collections of the fleet."""

    def __init__(self, store: Store) -> None:
        """Read from and write to a store."""
        self.packages = Repository(store, PACKAGES, Package)
        self.places = Repository(store, PLACES, PackagePlace)
        self.vulnerabilities = Repository(store, VULNERABILITIES, Vulnerability)
        self.names = Repository(store, VULNERABILITY_NAMES, VulnerabilityName)
        self.affected = Repository(store, AFFECTED, Affected)
        self.units = Repository(store, UNITS, Unit)
        self.holds = Repository(store, HOLDS, Hold)
        self.marks = Repository(store, FLEET_MARKS, FleetMark)


class Holdings:
    """Lets images hold units.

    A unit is complete before anybody holds it, and a hold goes only after the unit's time to be
    looked at was set: what is held is never swept, what is not held any more always is.
    """

    def __init__(self, records: FleetRecords, clock: Clock) -> None:
        """Work on the records of the fleet."""
        self._records = records
        self._clock = clock

    async def hold(
        self, project: str, image: str, kind: UnitKind, contents: Iterable[Content]
    ) -> None:
        """Let an image hold units of these contents and no other of the kind; idempotent."""
        wanted = {content.digest: content for content in contents}
        range_ = Range(index="image", prefix=(project, image, kind))
        held = [hold async for hold in self._records.holds.each(range_)]
        kept = {digest_of(hold.unit) for hold in held} & wanted.keys()
        await self._renew([content for content in wanted.values() if content.vulnerabilities])
        units = [
            await self._unit(project, content)
            for digest, content in wanted.items()
            if digest not in kept
        ]
        await self._records.holds.bulk(
            [
                self._records.holds.inserting(
                    Hold(
                        id=hold_id(unit, image), project=project, unit=unit, image=image, kind=kind
                    )
                )
                for unit in units
            ]
        )
        await self._let_go([hold for hold in held if digest_of(hold.unit) not in wanted])

    async def _let_go(self, holds: Sequence[Hold]) -> None:
        if not holds:
            return
        units = self._records.units
        fields = {"sweep_at": look_at(self._clock.now_ms())}
        await units.bulk([units.setting(id_, fields) for id_ in {hold.unit for hold in holds}])
        await self._records.holds.bulk([self._records.holds.deleting(hold.id) for hold in holds])

    async def _renew(self, contents: Iterable[Content]) -> None:
        """Bring what is known of vulnerabilities up to date; their names are there before them."""
        now = self._clock.now_ms()
        listed = list(contents)
        names = [name for content in listed for name in content.names]
        known = [each for content in listed for each in content.vulnerabilities]
        await ensure(self._records.names, names, now=now)
        await ensure(self._records.vulnerabilities, known, now=now, renewed=newer)

    async def _unit(self, project: str, content: Content) -> str:
        """Return the id of a complete unit of this content, which stays for the next hour."""
        units, now = self._records.units, self._clock.now_ms()
        incarnation = 0
        while True:
            id_ = f"{content.digest}-{incarnation}"
            unit = await units.get(id_)
            if unit is None:
                fresh = Unit(id=id_, project=project, kind=content.kind, sweep_at=look_at(now))
                await units.insert(fresh)
            elif unit.going:
                incarnation += 1
            elif not is_safe(unit.sweep_at, now):
                await units.replace(replace(unit, sweep_at=look_at(now)))
            elif not unit.complete:
                await self._fill(id_, content, now)
                await units.set_fields(id_, {"complete": True})
            else:
                return id_

    async def _fill(self, unit: str, content: Content, now: int) -> None:
        """Write the rows of a unit, after what they refer to; idempotent."""
        await ensure(self._records.packages, content.packages, now=now)
        places, affected = self._records.places, self._records.affected
        await places.bulk(
            [
                places.inserting(
                    replace(each, id=fleet_id(unit, each.package, each.path), unit=unit)
                )
                for each in content.places
            ]
        )
        await affected.bulk(
            [
                affected.inserting(replace(each, id=fleet_id(unit, each.vulnerability), unit=unit))
                for each in content.affected
            ]
        )


def digest_of(unit: str) -> str:
    """Return the hash of a unit's content, from its id."""
    return unit.rpartition("-")[0]
