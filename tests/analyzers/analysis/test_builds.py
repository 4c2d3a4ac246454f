"""Whether the advisories at hand are new enough for a job."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

from scantling_analyzers.analysis.builds import Builds
from scantling_analyzers.analysis.service import LATER, LATEST, AnalyzerService
from scantling_analyzers.risks.vulnerability.analyzer import VulnerabilityAnalyzer
from scantling_common.bus.port import RetryAfter
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.events.models import AdvisoriesUpdated, ScanJob
from scantling_common.events.topics import ADVISORIES_UPDATED, JOBS
from scantling_common.store.sqlite import SqliteStore
from tests.dispatcher.samples import NOW, delivered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scantling_common.bus.port import Bus, Outgoing, Subscription

ANNOUNCED = ("one", "two", "three")


def announced(build: str, sequence: int) -> AdvisoriesUpdated:
    return AdvisoriesUpdated.model_validate(
        {"project": "*", "build": build, "sequence": sequence, "announced_at": NOW / 1000}
    )


async def builds(at_hand: str) -> Builds:
    made = Builds(lambda: at_hand)
    for sequence, build in enumerate(ANNOUNCED, 1):
        await made.handle(delivered(ADVISORIES_UPDATED, announced(build, sequence)))
    return made


@pytest.mark.parametrize(
    ("at_hand", "at_least", "behind"),
    [
        ("two", "two", False),
        ("three", "two", False),
        ("one", "two", True),
        ("", "two", True),
        ("one", None, False),
        ("", None, False),
        ("one", "forgotten", False),
        ("not announced", "three", True),
    ],
)
async def test_a_job_waits_for_the_advisories_that_it_asks_for(
    at_hand: str, at_least: str | None, *, behind: bool
) -> None:
    assert (await builds(at_hand)).is_behind(at_least) is behind


@pytest.mark.parametrize(
    ("at_hand", "at_least", "behind"),
    [("", "three", False), ("", None, False), ("three", None, False), ("", "four", True)],
)
async def test_nobody_waits_for_advisories_that_are_lost(
    at_hand: str, at_least: str | None, *, behind: bool
) -> None:
    made = await builds(at_hand)
    for sequence, build in enumerate(("", "four"), 4):
        await made.handle(delivered(ADVISORIES_UPDATED, announced(build, sequence)))

    assert made.is_behind(at_least) is behind


async def test_who_waits_for_advisories_asks_less_and_less_often(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db", synchronous="normal")
    service = AnalyzerService(
        VulnerabilityAnalyzer(),
        store=store,
        bus=cast("Bus", SlowBus()),
        clock=SystemClock(),
        randomness=SystemRandomness(),
        instance="one",
        reader_versions={},
        builds=await builds("one"),
    )
    job = ScanJob(
        project="default",
        scan="one",
        image="sha256:" + "a" * 64,
        risk="vulnerability",
        risks=("vulnerability",),
        layers=(),
        visibility="",
        advisories_at_least="two",
        seq=1,
    )
    answers = [
        await service.handle(
            delivered(JOBS["vulnerability"], job.model_copy(update={"attempt": attempt}))
        )
        for attempt in (1, 2, 3, 50)
    ]
    await store.close()

    assert answers == [
        RetryAfter("advisories_older", seconds) for seconds in (LATER, 2 * LATER, 4 * LATER, LATEST)
    ]


async def test_pages_of_one_announcement_are_one_build() -> None:
    made = await builds("one")
    again = AdvisoriesUpdated.model_validate(
        {"project": "*", "build": "one", "sequence": 1, "announced_at": NOW / 1000, "page": 2}
    )
    await made.handle(delivered(ADVISORIES_UPDATED, again))

    assert made.is_behind("two")


class SlowBus:
    """A bus that tells of earlier announcements only when it is let."""

    def __init__(self) -> None:
        self.told, self.asked = asyncio.Event(), asyncio.Event()
        self.consumed: list[str] = []

    async def producer(self) -> SlowBus:
        return self

    async def send(self, outgoing: Outgoing) -> None:
        """Drop it."""

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        """Drop them."""

    async def close(self) -> None:
        """Do nothing."""

    async def consume(self, subscription: Subscription) -> None:
        self.consumed += [topic.name for topic in subscription.topics]
        self.asked.set()
        if subscription.on_caught_up is not None:
            await self.told.wait()
            await subscription.on_caught_up()


async def test_jobs_are_taken_only_once_it_is_known_what_was_announced(tmp_path: Path) -> None:
    bus = SlowBus()
    store = SqliteStore(tmp_path / "store.db", synchronous="normal")
    service = AnalyzerService(
        VulnerabilityAnalyzer(),
        store=store,
        bus=cast("Bus", bus),
        clock=SystemClock(),
        randomness=SystemRandomness(),
        instance="one",
        reader_versions={},
        builds=Builds(str),
    )
    running = asyncio.create_task(service.run())
    await bus.asked.wait()
    before = [*bus.consumed]
    bus.told.set()
    await running
    await store.close()

    assert before == [ADVISORIES_UPDATED.name]
    assert bus.consumed == [ADVISORIES_UPDATED.name, JOBS["vulnerability"].name]
