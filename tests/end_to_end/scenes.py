"""A stage for one story: a pipeline, a registry behind a gate, and all that is published."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.end_to_end.api import until
from tests.end_to_end.events import Recorded
from tests.end_to_end.faults import FastClock
from tests.end_to_end.gate import Gate
from tests.end_to_end.pipeline import Pipeline
from tests.end_to_end.pushes import Source
from tests.end_to_end.worlds import LocalWorld, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from scantling_analyzers.extraction.pool import WorkerPool
    from scantling_common.store.port import Store
    from tests.end_to_end.api import Api
    from tests.end_to_end.end_state import Subject
    from tests.services.registry import DistributionRegistry

FACTOR = 10.0


class Scene(NamedTuple):
    """What a story is played with."""

    pipeline: Pipeline
    recorded: Recorded
    gate: Gate
    source: Source
    store: Store
    clock: FastClock

    @property
    def api(self) -> Api:
        """Return the client."""
        return self.pipeline.api

    async def kill(self, *roles: str) -> None:
        """Kill roles; they stay dead."""
        for role in roles:
            await self.pipeline.roles[role].kill()

    def start(self, *roles: str) -> None:
        """Start roles that were killed."""
        for role in roles:
            self.pipeline.roles[role].start()

    async def row(self, subject: Subject) -> dict[str, Any] | None:
        """Return a placement's line in the image list."""
        rows = await self.api.rows()
        return next((row for row in rows if row["placement"] == subject.placement), None)

    async def scan(self, subject: Subject) -> dict[str, Any]:
        """Return the scan of an image."""
        found: dict[str, Any] = await self.api.get(
            f"scans/{subject.project}/{subject.image.digest}"
        )
        return found

    async def ended(self, task: str) -> dict[str, int]:
        """Wait until a task is done; return its counts."""

        async def done() -> dict[str, int] | None:
            view = await self.api.get(f"tasks/{task}")
            return view["counts"] if view["state"] == "done" else None

        counts: dict[str, int] = await until(done, f"the end of task {task}")
        return counts

    async def scanned(self, subject: Subject, seq: int = 1) -> dict[str, Any]:
        """Wait until a scan of an image has ended; return it."""

        async def idle() -> dict[str, Any] | None:
            scan = await self.scan(subject)
            return scan if scan["state"] == "idle" and scan["seq"] >= seq else None

        found: dict[str, Any] = await until(idle, f"the end of scan {seq} of {subject.name}")
        return found

    async def running(self, tasks: Iterable[str]) -> None:
        """Wait until the one image of each task is being scanned."""

        async def all_run() -> bool:
            views = [await self.api.get(f"tasks/{task}") for task in tasks]
            return all(view["counts"]["running"] == 1 for view in views)

        await until(all_run, "the scan is running")

    async def search(self, package: str, project: str = "default") -> list[str]:
        """Return the images of a project that contain a package."""
        found = await self.api.get("search", project=project, package=package)
        return [item["digest"] for item in found["items"]]

    def resolved(self, subject: Subject) -> list[str]:
        """Return the fingerprints of the findings of an image that were resolved."""
        return [
            finding["fingerprint"]
            for event in self.recorded.events
            if event.topic.startswith("scantling.findings.") and event.key == subject.image.digest
            for finding in (event.data or {}).get("resolved", ())
        ]


@contextlib.asynccontextmanager
async def staged(
    folder: Path,
    pool: WorkerPool,
    registry: DistributionRegistry,
    *,
    factor: float = FACTOR,
    **settings: Any,
) -> AsyncIterator[Scene]:
    """Give a stage where time runs ``factor`` as fast; ``settings`` are those of the registry."""
    world = LocalWorld(folder / "world")
    clock = FastClock(factor)
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(opened(world))
        gate = await stack.enter_async_context(Gate(registry.host))
        recorded = await stack.enter_async_context(Recorded(world))
        pipeline = Pipeline(world, folder / "roles", pool, clock=clock)
        await stack.enter_async_context(pipeline)
        source = await Source.added(pipeline.api, registry, host=gate.host, **settings)
        yield Scene(pipeline, recorded, gate, source, store, clock)
