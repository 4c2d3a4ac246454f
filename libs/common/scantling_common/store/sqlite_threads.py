"""The threads that work on the SQLite file for an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from scantling_common.store.port import StoreUnavailable
from scantling_common.store.sqlite_connection import begin

if TYPE_CHECKING:
    from scantling_common.store.sqlite_connection import Connector

T = TypeVar("T")

GROUP: Final = 256
"""The most calls that are committed as one transaction."""


class Job(msgspec.Struct, frozen=True):
    """A call that waits, and where its answer goes."""

    work: Callable[[sqlite3.Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


class Answer(msgspec.Struct, frozen=True):
    """What became of a job."""

    job: Job
    value: Any = None
    error: BaseException | None = None


class _Threads:
    """Threads that take jobs from one queue, each with its own connection."""

    def __init__(self, connector: Connector, *, count: int, name: str) -> None:
        self._connector = connector
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True)
            for number in range(count)
        ]
        self._started = False

    async def submit(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Carry out a call in a thread. Raises :class:`StoreUnavailable`, or what it raises."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        if not self._started:
            self._started = True
            for thread in self._threads:
                thread.start()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.put(Job(work, loop, future))
        return await future

    async def close(self) -> None:
        """Carry out what is waiting, then end the threads."""
        if self._closed:
            return
        self._closed = True
        if self._started:
            for _ in self._threads:
                self._queue.put(None)
            for thread in self._threads:
                await asyncio.to_thread(thread.join)

    def _run(self) -> None:
        raise NotImplementedError


class Readers(_Threads):
    """Threads that read, each job in a snapshot of its own."""

    def __init__(self, connector: Connector, count: int) -> None:
        """Make the threads; they start with the first job."""
        super().__init__(connector, count=count, name="store-reader")

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        while (job := self._queue.get()) is not None:
            try:
                connection = connection or self._connector.open(write=False)
                answer = Answer(job, job.work(connection))
            except Exception as error:  # noqa: BLE001 - every error goes to the caller
                answer = Answer(job, error=_as_store_error(error))
            _deliver([answer])
        if connection is not None:
            connection.close()


class Writer(_Threads):
    """The thread that writes: jobs that wait together are committed together."""

    def __init__(self, connector: Connector) -> None:
        """Make the thread; it starts with the first job."""
        super().__init__(connector, count=1, name="store-writer")
        self._connection: sqlite3.Connection | None = None

    def _run(self) -> None:
        last = False
        while not last:
            jobs, last = self._take()
            if jobs:
                _deliver(self._commit(jobs))
        if self._connection is not None:
            self._connection.close()

    def _take(self) -> tuple[list[Job], bool]:
        """Return the jobs that wait, at least one; True where the store is being closed."""
        jobs: list[Job] = []
        item = self._queue.get()
        while item is not None:
            jobs.append(item)
            if len(jobs) == GROUP:
                return jobs, False
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return jobs, False
        return jobs, True

    def _commit(self, jobs: list[Job]) -> list[Answer]:
        try:
            connection = self._connection = self._connection or self._connector.open(write=True)
            begin(connection)
        except Exception as error:  # noqa: BLE001 - every error goes to the callers
            return [Answer(job, error=_as_store_error(error)) for job in jobs]
        answers = [self._attempt(connection, job) for job in jobs]
        try:
            # SQLite may have rolled back by itself (a full disk): then nothing was written.
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            return [Answer(job, error=_as_store_error(error)) for job in jobs]
        return answers

    @staticmethod
    def _attempt(connection: sqlite3.Connection, job: Job) -> Answer:
        if not connection.in_transaction:
            return Answer(job, error=StoreUnavailable("the transaction was rolled back"))
        try:
            return Answer(job, job.work(connection))
        except Exception as error:  # noqa: BLE001 - every error goes to the caller
            return Answer(job, error=_as_store_error(error))


def _as_store_error(error: Exception) -> Exception:
    if not isinstance(error, sqlite3.Error | OSError):
        return error
    unavailable = StoreUnavailable(f"SQLite: {error}", hint="is the disk full, or the file locked?")
    unavailable.__cause__ = error
    return unavailable


def _deliver(answers: list[Answer]) -> None:
    """Wake each event loop once for all of its answers."""
    loops: dict[int, tuple[asyncio.AbstractEventLoop, list[Answer]]] = {}
    for answer in answers:
        loops.setdefault(id(answer.job.loop), (answer.job.loop, []))[1].append(answer)
    for loop, own in loops.values():
        # A loop that has ended waits for nothing any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_resolve, own)


def _resolve(answers: list[Answer]) -> None:
    for answer in answers:
        if answer.job.future.cancelled():
            continue
        if answer.error is not None:
            answer.job.future.set_exception(answer.error)
        else:
            answer.job.future.set_result(answer.value)
