"""The history of one image, step by step, and what it must come to whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING, Final, Self

from scantling.hosting.host import COLLECTIONS
from scantling_common.records.reporter import HEADS
from tests.end_to_end.apps import app
from tests.end_to_end.end_state import difference, end_state, unrest
from tests.end_to_end.events import Recorded
from tests.end_to_end.faults import FastClock
from tests.end_to_end.pipeline import Pipeline
from tests.end_to_end.pushes import Source
from tests.end_to_end.sizes import ANSWER_SECONDS
from tests.services.registry import DistributionRegistry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from scantling_analyzers.extraction.pool import WorkerPool
    from scantling_common.bus.port import Bus
    from scantling_common.store.port import Store
    from tests.end_to_end.end_state import Subject
    from tests.end_to_end.worlds import World

STEPS: Final = ("push", "rescan", "delete")
FACTOR: Final = 10.0
FEW_WORKERS: Final = {"sync": {"delivery_workers": 1, "sync_workers": 1}}
"""Each worker that has nothing to do looks for it all the time, on a fast clock."""

LOOK_AGAIN: Final = 0.1

State = dict[str, list[str]]


class Lane:
    """A pipeline and a registry in a world of their own; images go through it one by one."""

    def __init__(
        self,
        world: World,
        folder: Path,
        pool: WorkerPool,
        fatal: Mapping[str, str] | None = None,
        disturb: Callable[[Bus, str], Bus] | None = None,
    ) -> None:
        self._registry = DistributionRegistry(folder / "registry")
        clock = FastClock(FACTOR)
        self.pipeline = Pipeline(
            world,
            folder,
            pool,
            clock=clock,
            fatal=fatal,
            disturb=disturb,
            settings=FEW_WORKERS,
        )
        self.recorded = Recorded(world)
        self._store: Store = world.store()
        self._source: Source | None = None

    async def __aenter__(self) -> Self:
        """Start everything."""
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(asyncio.to_thread, self._registry.kill)
            await asyncio.to_thread(self._registry.start)
            stack.push_async_callback(self._store.close)
            await self._store.ensure(COLLECTIONS)
            await stack.enter_async_context(self.recorded)
            await stack.enter_async_context(self.pipeline)
            self._source = await Source.added(self.pipeline.api, self._registry)
            self._running = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything."""
        await self._running.__aexit__(kind, error, trace)

    async def first(self, name: str) -> Subject:
        """Push an image."""
        assert self._source is not None
        return await self._source.pushed(app(name), name)

    async def step(self, step: str, subject: Subject) -> None:
        """Take a step that follows the push."""
        assert self._source is not None
        if step == "rescan":
            await self._source.rescanned(subject)
        else:
            await self._source.deleted(subject)

    async def rest(self, subject: Subject, generation: int = 1) -> State:
        """Wait until an image has a generation and nothing is left to do; return its end state."""
        last: State = {}
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                head = await self._store.get(HEADS, subject.scan)
                out = head is not None and head["published"] == generation
                if out and not await unrest(self._store):
                    found = await end_state(self._store, self.recorded, subject)
                    if found and found == last:
                        return found
                    last = found
                await asyncio.sleep(LOOK_AGAIN)

    async def settled(self, subject: Subject, expected: State) -> None:
        """Wait until an image has come to an end state; say how it differs where it does not."""
        found: State = {}
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while True:
                    self.pipeline.check()
                    left = await unrest(self._store)
                    found = await end_state(self._store, self.recorded, subject)
                    if not left and found == expected:
                        return
                    await asyncio.sleep(LOOK_AGAIN)
        except TimeoutError:
            left = await unrest(self._store)
            raise AssertionError(f"{left}\n{difference(expected, found)}") from None

    def passed(self) -> Counter[tuple[str, str]]:
        """Return how often each role has passed each of its points."""
        return Counter(
            {
                (role.name, point): count
                for role in self.pipeline.roles.values()
                for point, count in role.plan.passed.items()
            }
        )
