"""Processes are killed in the middle of many scans: nothing is lost, doubled or stuck."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.apps import app
from tests.end_to_end.cluster import COMMANDS, Cluster, Up
from tests.end_to_end.crowds import Crowd, Witness, shares
from tests.end_to_end.events import Recorded
from tests.end_to_end.pushes import Source
from tests.end_to_end.sizes import BACK_SECONDS, KILLED_SCANS
from tests.end_to_end.worlds import ClusterWorld

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.kafka import JavaBroker
    from tests.services.mongodb import JavaMongo
    from tests.services.registry import DistributionRegistry

pytestmark = [pytest.mark.end_to_end, pytest.mark.registry, pytest.mark.slow]


@pytest.mark.kafka
@pytest.mark.mongodb
@pytest.mark.timeout(240)
async def test_a_cluster_survives_kill_9_of_each_process(
    tmp_path: Path,
    java_broker: JavaBroker,
    java_mongo: JavaMongo,
    silent_registry: DistributionRegistry,
) -> None:
    world = ClusterWorld(java_broker.bootstrap, java_mongo.url, "killed")
    cluster = Cluster(
        tmp_path / "cluster", kafka=world.kafka, mongodb=f"{world.mongodb}/{world.database}"
    )

    async with cluster, Recorded(world) as recorded:
        source = await Source.added(cluster.api, silent_registry)
        old = await source.pushed(app("old"), "old")
        report = await cluster.api.reported(old.image.digest, status="complete")
        crowd = Crowd(cluster.api, source, KILLED_SCANS)
        await crowd.push()
        async with Witness(cluster.api, old.image.digest, report) as witness:
            telling = asyncio.create_task(crowd.tell())
            for name, before in shares(KILLED_SCANS, tuple(COMMANDS)):
                await crowd.until_reported(before)
                process = cluster.processes[name]
                await asyncio.to_thread(process.kill)
                process.begin()
                await witness.back(BACK_SECONDS)
            await telling
            await crowd.check()
        completed = [event.key for event in recorded.of("scantling.scan.completed")]
        assert sorted(completed) == sorted({*crowd.digests, old.image.digest})
        assert recorded.dead() == []


@pytest.mark.timeout(180)
async def test_one_machine_survives_kill_9_of_each_process(
    tmp_path: Path, silent_registry: DistributionRegistry
) -> None:
    async with Up(tmp_path) as up:
        source = await Source.added(up.api, silent_registry)
        old = await source.pushed(app("old"), "old")
        report = await up.api.reported(old.image.digest, status="complete")
        crowd = Crowd(up.api, source, KILLED_SCANS)
        await crowd.push()
        async with Witness(up.api, old.image.digest, report) as witness:
            telling = asyncio.create_task(crowd.tell())
            for name, before in shares(KILLED_SCANS, ("control", "analysis", "supervisor")):
                await crowd.until_reported(before)
                if name == "supervisor":
                    await asyncio.to_thread(up.kill_supervisor)
                    await asyncio.to_thread(up.restart)
                else:
                    up.kill(name)
                await witness.back(BACK_SECONDS)
            await telling
            await crowd.check()
