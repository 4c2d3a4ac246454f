"""The supervisor of the workers: a death or an overdue item costs that item and no other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Self

from scantling_analyzers.extraction.worker import Worker, WorkerDied
from scantling_analyzers.fact_seal import FactSeal
from scantling_analyzers.rule_packs.configured import NO_RULES, ConfiguredRules
from scantling_common.errors import ScantlingError
from scantling_common.telemetry.metrics import NO_METRICS, Metrics

if TYPE_CHECKING:
    from types import TracebackType

    from scantling_analyzers.extraction.work import Answer, Work

DEFAULT_CATALOGUE: Final = "scantling_analyzers.facts.catalogue:READERS"
_WITH_RULES: Final = "scantling_analyzers.facts.catalogue:readers_by"
GIB: Final = 1024 * 1024 * 1024


def catalogue_with(rules: ConfiguredRules) -> str:
    """Return the name of the catalogue of all readers, and of the user's rules."""
    return f"{_WITH_RULES}?{rules.text}" if rules != NO_RULES else DEFAULT_CATALOGUE


class WorkOverdue(ScantlingError):
    """A work item took longer than its deadline and was ended."""

    code = "deadline"


class WorkerPool:
    """A fixed number of worker processes, started when first needed.

    ``memory`` bounds each in bytes. ``seal`` is what readers seal sensitive facts with; without
    one it is new, and only ``seal`` of this pool opens them. Cancelling :meth:`perform` kills the
    worker that has the item. Use as an asynchronous context manager: leaving it ends all workers.
    """

    def __init__(
        self,
        size: int,
        *,
        memory: int = GIB,
        catalogue: str = DEFAULT_CATALOGUE,
        seal: FactSeal | None = None,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        """Prepare; no process is started."""
        self.size = size
        self.seal = seal or FactSeal.random()
        self._memory = memory
        self.metrics = metrics
        self.catalogue = catalogue
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._begun = asyncio.Event()
        self._slots = asyncio.Semaphore(size)
        self._gathering = asyncio.Lock()

    def start(self) -> None:
        """Start all workers now, which is fastest while the process has one thread."""
        while len(self._idle) + len(self._busy) < self.size:
            self._idle.append(self._started())

    def _started(self) -> Worker:
        return Worker(self.catalogue, self._memory, self.seal)

    async def busy(self, workers: int) -> None:
        """Wait until so many items are worked on side by side."""
        while len(self._busy) < workers:
            self._begun.clear()
            await self._begun.wait()

    async def perform(self, work: Work, *, seconds: float, alone: bool = False) -> Answer:
        """Do one item; ``alone`` waits until no other item is being worked on.

        Raises :class:`WorkerDied`, or :class:`WorkOverdue` after ``seconds`` of work.
        """
        slots = self.size if alone else 1
        held = 0
        try:
            async with self._gathering:
                while held < slots:
                    await self._slots.acquire()
                    held += 1
            return await self._perform(work, seconds)
        finally:
            for _ in range(held):
                self._slots.release()

    async def _perform(self, work: Work, seconds: float) -> Answer:
        worker = self._idle.pop() if self._idle else self._started()
        self._busy.add(worker)
        self._begun.set()
        end = "cancelled"
        try:
            async with asyncio.timeout(seconds):
                answer = await worker.perform(work)
            end = ""
        except WorkerDied:
            end = "crash"
            raise
        except TimeoutError as error:
            end = "deadline"
            message = f"the work was not done after {seconds:g} s"
            raise WorkOverdue(message) from error
        else:
            return answer
        finally:
            self._busy.discard(worker)
            if end:
                worker.kill()
                self.metrics.count("worker_deaths_total", reason=end)
            else:
                self._idle.append(worker)

    def close(self) -> None:
        """End all workers."""
        workers = (*self._idle, *self._busy)
        for worker in workers:
            worker.end()
        for worker in workers:
            worker.kill()
        self._idle.clear()
        self._busy.clear()

    async def __aenter__(self) -> Self:
        """Return the pool."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all workers."""
        self.close()


__all__ = ["DEFAULT_CATALOGUE", "WorkOverdue", "WorkerDied", "WorkerPool", "catalogue_with"]
