"""Duplicates, delays, reordering and deaths, all at once and by seed: everything ends the same."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from scantling_common.bus.chaos import ChaosBus
from scantling_common.clock import SystemClock
from tests.end_to_end.histories import Lane
from tests.end_to_end.pipeline import ROLES
from tests.end_to_end.sizes import CHAOS_IMAGES, CHAOS_SEEDS
from tests.end_to_end.worlds import ClusterWorld, LocalWorld, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scantling_analyzers.extraction.pool import WorkerPool
    from scantling_common.bus.port import Bus
    from tests.services.kafka import JavaBroker
    from tests.services.mongodb import JavaMongo

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.registry,
    pytest.mark.slow,
    pytest.mark.usefixtures("registry_program"),
    # A process that dies takes its sockets along; a role that dies in this one leaves them.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]


def chaos(seed: int) -> Callable[[Bus, str], Bus]:
    """Return what puts chaos around the bus of each role."""

    def disturb(bus: Bus, role: str) -> Bus:
        return ChaosBus(bus, seed=seed * 100 + ROLES.index(role), clock=SystemClock())

    return disturb


async def check(world: World, folder: Path, pool: WorkerPool, seed: int) -> None:
    """Push images one after the other while roles are killed; all end as the first one did."""
    async with Lane(world, folder, pool, disturb=chaos(seed)) as lane:
        expected = await lane.rest(await lane.first("calm0"))
        # Names of one length, so that sizes are the same, too.
        names = [f"w{number:04d}" for number in range(CHAOS_IMAGES)]
        subjects = []
        for number, name in enumerate(names):
            subjects.append(await lane.first(name))
            if number % (CHAOS_IMAGES // len(ROLES)) == 0:
                role = ROLES[(number // (CHAOS_IMAGES // len(ROLES))) % len(ROLES)]
                await lane.pipeline.roles[role].restart()
            await asyncio.sleep(0)
        for subject in subjects:
            await lane.settled(subject, expected)
        assert lane.recorded.dead() == []


@pytest.mark.parametrize("seed", CHAOS_SEEDS)
async def test_chaos_on_the_local_bus_changes_no_end(
    tmp_path: Path, pool: WorkerPool, seed: int
) -> None:
    await check(LocalWorld(tmp_path / "world"), tmp_path / "roles", pool, seed)


@pytest.mark.kafka
@pytest.mark.mongodb
@pytest.mark.timeout(180)
async def test_chaos_on_kafka_changes_no_end(
    tmp_path: Path, pool: WorkerPool, java_broker: JavaBroker, java_mongo: JavaMongo
) -> None:
    world = ClusterWorld(java_broker.bootstrap, java_mongo.url, "chaos")
    await check(world, tmp_path / "roles", pool, CHAOS_SEEDS[0])
