"""New advisories reach what was analysed, on both buses; no byte comes from a registry for it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.advisories import advisory_database, osv_record
from tests.end_to_end.api import until
from tests.end_to_end.apps import app, package_of
from tests.end_to_end.events import Recorded
from tests.end_to_end.faults import FastClock
from tests.end_to_end.gate import Gate
from tests.end_to_end.pipeline import Pipeline
from tests.end_to_end.pushes import Source
from tests.end_to_end.scenes import FACTOR
from tests.end_to_end.worlds import ClusterWorld, LocalWorld, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from scantling_analyzers.extraction.pool import WorkerPool
    from tests.end_to_end.end_state import Subject
    from tests.end_to_end.worlds import World
    from tests.services.kafka import JavaBroker
    from tests.services.mongodb import JavaMongo
    from tests.services.registry import DistributionRegistry

pytestmark = [pytest.mark.end_to_end, pytest.mark.registry]

NAMES = ("shop", "blog")
SHORT = 12
"""How much of a build's name stands in the name of its tasks."""

DEBIAN = osv_record("DSA-1-1", "Debian:12", "nothing-of-ours", "1")


def flawed(name: str, number: int) -> dict[str, Any]:
    """Return an advisory of the package that only one application has."""
    return osv_record(f"CVE-2030-{number}", "npm", package_of(name), "2.0.0")


class Story:
    """Two applications, and advisories that come one after the other."""

    def __init__(self, pipeline: Pipeline, gate: Gate, recorded: Recorded, source: Source) -> None:
        self.pipeline, self.gate, self.recorded, self.source = pipeline, gate, recorded, source

    def advise(self, *records: dict[str, Any]) -> str:
        """Put another build where the roles look; return its name."""
        draft = self.pipeline.advisories.with_name(f"draft-{len(records)}.db")
        build = advisory_database(draft, *records)
        draft.replace(self.pipeline.advisories)
        return build

    async def outcome(self, subject: Subject) -> dict[str, Any]:
        report = await self.pipeline.api.reported(subject.image.digest)
        found: dict[str, Any] = report["outcomes"]["vulnerability"]
        return found

    async def matched(self, subject: Subject, build: str) -> dict[str, Any]:
        """Wait until an image is matched with a build; return the outcome."""

        async def done() -> dict[str, Any] | None:
            outcome = await self.outcome(subject)
            return outcome if outcome["analyzer"].get("advisories") == build else None

        found: dict[str, Any] = await until(done, f"{subject.name} is matched with {build[:8]}")
        return found

    def ended(self) -> set[str]:
        """Return the images of which subscribers heard that a scan of them has ended."""
        return {e.key for e in self.recorded.events if e.topic == "scantling.scan.completed"}

    def told(self, subject: Subject, kind: str) -> list[str]:
        """Return what subscribers heard of an image's vulnerabilities."""
        return [
            finding["id"]
            for event in self.recorded.events
            if event.topic == "scantling.findings.vulnerability"
            and event.key == subject.image.digest
            for finding in (event.data or {}).get(kind, ())
        ]


@contextlib.asynccontextmanager
async def story(
    world: World, folder: Path, pool: WorkerPool, registry: DistributionRegistry
) -> AsyncIterator[Story]:
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(opened(world))
        gate = await stack.enter_async_context(Gate(registry.host))
        recorded = await stack.enter_async_context(Recorded(world))
        looked_for = {"dispatcher": {"push_risks": "vulnerability"}}
        pipeline = Pipeline(
            world, folder / "roles", pool, clock=FastClock(FACTOR), settings=looked_for
        )
        await stack.enter_async_context(pipeline)
        source = await Source.added(pipeline.api, registry, host=gate.host)
        yield Story(pipeline, gate, recorded, source)


async def play(told: Story) -> None:
    first = told.advise(DEBIAN, flawed("other", 1))
    shop, blog = [await told.source.pushed(app(name), name) for name in NAMES]
    for subject in (shop, blog):
        assert (await told.matched(subject, first))["findings"] == []

    # A report is there a moment before its scan has ended, and such a one is matched again.
    await until(lambda: _true(told.ended() >= {shop.image.digest, blog.image.digest}), "both ended")
    # The registry answers nobody from here on.
    told.gate.refuses = True
    second = told.advise(DEBIAN, flawed("other", 1), flawed("shop", 2))
    found = await told.matched(shop, second)
    assert [each["id"] for each in found["findings"]] == ["CVE-2030-2"]
    assert found["status"] == "complete"
    assert (await told.outcome(blog))["analyzer"]["advisories"] == first
    await until(lambda: _true(told.told(shop, "opened") == ["CVE-2030-2"]), "it was told")

    third = told.advise(DEBIAN, flawed("other", 1))
    assert (await told.matched(shop, third))["findings"] == []
    await until(lambda: _true(told.told(shop, "resolved") == ["CVE-2030-2"]), "it was told")
    assert told.told(blog, "opened") == []

    async def counted() -> list[tuple[int, int]] | None:
        tasks = (await told.pipeline.api.get("tasks", project="default"))["items"]
        announced = (f"rematch-2-{second[:SHORT]}-", f"rematch-3-{third[:SHORT]}-")
        found = [
            (task["counts"]["total"], task["counts"]["complete"])
            for task in tasks
            if task["id"].startswith(announced) and task["state"] == "done"
        ]
        return found if len(found) == len(announced) else None

    # There may be tasks besides, for images that were scanned while the first advisories, or
    # their analyzer, were on their way.
    counts = await until(counted, "the tasks of both builds ended")
    assert counts == [(1, 1), (1, 1)]


async def _true(value: bool) -> bool:  # noqa: FBT001  # what `until` waits for is awaited
    return value


async def test_on_one_machine(
    tmp_path: Path, pool: WorkerPool, silent_registry: DistributionRegistry
) -> None:
    async with story(LocalWorld(tmp_path / "world"), tmp_path, pool, silent_registry) as told:
        await play(told)


@pytest.mark.kafka
@pytest.mark.mongodb
async def test_on_a_cluster(
    tmp_path: Path,
    pool: WorkerPool,
    silent_registry: DistributionRegistry,
    java_broker: JavaBroker,
    java_mongo: JavaMongo,
) -> None:
    world = ClusterWorld(java_broker.bootstrap, java_mongo.url, "advised")
    async with story(world, tmp_path, pool, silent_registry) as told:
        await play(told)
