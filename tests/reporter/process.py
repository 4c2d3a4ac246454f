"""Run as a program: a reporter on Kafka and MongoDB, which dies where ``SCANTLING_FAULT`` says.

Arguments: the bootstrap servers, the URL of the store, the name of the database.
"""

from __future__ import annotations

import asyncio
import os
import sys

from scantling_common.bus.kafka import KafkaBus
from scantling_common.faults import FaultPlan, FaultyBus, FaultyStore
from scantling_common.store.mongodb import MongoStore
from scantling_reporter.service import build_reporter
from scantling_reporter.settings import ReporterSettings
from tests.reporter.world import StillClock


async def main(bootstrap: str, url: str, database: str) -> None:
    """Run until killed."""
    plan = FaultPlan.from_environment(os.environ) or FaultPlan()
    bus = KafkaBus(bootstrap, source="/scantling/test", session_timeout=6.0)
    store = FaultyStore(MongoStore(url, database), plan)
    reporter = build_reporter(
        store=store, bus=FaultyBus(bus, plan), clock=StillClock(), settings=ReporterSettings()
    )
    await reporter.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
