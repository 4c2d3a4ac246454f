"""The same story on Kafka and MongoDB, with a process that dies: the same end state."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scantling_common.bus.kafka import KafkaBus
from scantling_common.faults import KILLED, VARIABLE
from scantling_common.store.mongodb import MongoStore
from tests.reporter.story import PHASES
from tests.reporter.world import Plan, World

if TYPE_CHECKING:
    from tests.services.kafka import JavaBroker

LIMIT = 60.0
"""Seconds after which a test that waits for something has failed."""


class Process:
    """A reporter that runs as a process of its own; one that died is started without its fault."""

    def __init__(self, arguments: tuple[str, ...], fault: str) -> None:
        self._arguments = arguments
        self._fault = fault
        self._process: asyncio.subprocess.Process | None = None
        self.died = False

    async def start(self) -> None:
        fault = {} if self.died or not self._fault else {VARIABLE: self._fault}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.reporter.process",
            *self._arguments,
            cwd=Path(__file__).parents[2],
            env={**os.environ, **fault},
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def watch(self) -> None:
        """Start it again where it died."""
        assert self._process is not None
        if self._process.returncode is not None:
            assert self._process.returncode == KILLED
            self.died = True
            await self.start()

    async def stop(self) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


async def quiet(world: World, process: Process) -> None:
    """Wait until nothing is owed; the process tells nobody what it does, so look."""
    async with asyncio.timeout(LIMIT):
        while not await world.quiet():
            await process.watch()
            await asyncio.sleep(0.1)


async def without_crash(folder: Path) -> dict[str, Any]:
    """Return the end state on the local bus and SQLite."""
    world = World(folder)
    await world.prepare()
    for phase in PHASES:
        await phase(world)
        async with world.running(Plan()) as plan:
            assert await world.settled(plan)
    state = await world.state()
    await world.close()
    return state


@pytest.mark.kafka
@pytest.mark.mongodb
@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        "",
        "bus.commit:scantling-reporter:scantling.scan.results:before#1",
        "bus.send:scantling.findings.baseimage:after#2",
        "store.replace:heads:after#2",
    ],
)
async def test_a_cluster_ends_in_the_same_state(
    tmp_path: Path,
    java_broker: JavaBroker,
    mongodb_url: str,
    mongodb_database: str,
    fault: str,
) -> None:
    def a_bus() -> KafkaBus:
        return KafkaBus(java_broker.bootstrap, source="/scantling/test", session_timeout=6.0)

    world = World(tmp_path, store=MongoStore(mongodb_url, mongodb_database), a_bus=a_bus)
    await world.prepare()
    process = Process((java_broker.bootstrap, mongodb_url, mongodb_database), fault)
    await process.start()
    try:
        for phase in PHASES:
            await phase(world)
            await quiet(world, process)
        state = await world.state()
    finally:
        await process.stop()
        await world.close()
    assert process.died == bool(fault)
    assert state == await without_crash(tmp_path / "local")
