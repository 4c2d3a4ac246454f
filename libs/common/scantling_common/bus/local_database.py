"""The file of the local bus: one thread that reads, one that writes in groups.

Events are as durable as the store: a commit is synced (``synchronous=FULL``), because whoever
has published clears what it owed. One sync serves all writes that came while the one before it
ran (group commit). What may be lost without harm, such as offsets, asks for no sync of its own.
Writers of several processes queue on a file lock, which wakes the next one at once and which
the kernel releases when a process dies.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from scantling_common.bus.local_schema import connect, create_tables
from scantling_common.bus.port import BusUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

T = TypeVar("T")

_GROUP: Final = 512
"""The most writes that one commit takes."""


class _Write(msgspec.Struct):
    job: Any
    durable: bool
    future: Any


class Database:
    """Reads and writes of one process."""

    def __init__(self, path: Path, *, after_commit: Callable[[], None]) -> None:
        """Prepare; ``after_commit`` is called in the writing thread after each commit."""
        self._path = path
        self._after_commit = after_commit
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="bus-read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="bus-write")
        self._reading: sqlite3.Connection | None = None
        self._writing: sqlite3.Connection | None = None
        self._lock = -1
        self._pending: deque[_Write] = deque()
        self._flushing: asyncio.Task[None] | None = None
        self._closed = False

    async def open(self) -> None:
        """Open the file and create its tables."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, self._open_writer)
        await loop.run_in_executor(self._reader, self._open_reader)

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Return what a query returns; raises :class:`BusUnavailable`."""
        self._check_open()
        return await asyncio.get_running_loop().run_in_executor(self._reader, self._read, query)

    async def write(self, job: Callable[[sqlite3.Connection], T], *, durable: bool = True) -> T:
        """Carry out a job in a transaction that it may share; returns when it is committed.

        A job that raises changes nothing, and the others of its transaction go on. Raises
        what the job raises, or :class:`BusUnavailable`.
        """
        self._check_open()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._pending.append(_Write(job, durable, future))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.ensure_future(self._flush())
        return await future

    async def close(self) -> None:
        """Finish what is pending and close the file."""
        self._closed = True
        if self._flushing is not None:
            await asyncio.wait([self._flushing])
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._reader, self._close_reader)
        await loop.run_in_executor(self._writer, self._close_writer)
        self._reader.shutdown(wait=False)
        self._writer.shutdown(wait=False)

    def _check_open(self) -> None:
        if self._closed:
            raise BusUnavailable("the local bus is closed")

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        while self._pending:
            group = [self._pending.popleft() for _ in range(min(_GROUP, len(self._pending)))]
            try:
                results = await loop.run_in_executor(self._writer, self._commit, group)
            except Exception as error:  # noqa: BLE001  # each of the group's callers gets it
                results = [(None, error)] * len(group)
            for write, (value, failure) in zip(group, results, strict=True):
                if write.future.done():
                    continue
                if failure is not None:
                    write.future.set_exception(failure)
                else:
                    write.future.set_result(value)

    # In the threads.

    def _open_writer(self) -> None:
        self._lock = os.open(
            self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            self._writing = connect(self._path)
            create_tables(self._writing)
        except sqlite3.OperationalError as error:
            raise _unavailable(error) from error
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _open_reader(self) -> None:
        self._reading = connect(self._path)
        self._reading.execute("PRAGMA query_only = ON")

    def _close_reader(self) -> None:
        if self._reading is not None:
            self._reading.close()

    def _close_writer(self) -> None:
        if self._writing is not None:
            self._writing.close()
        if self._lock >= 0:
            os.close(self._lock)

    def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        if self._reading is None:
            raise BusUnavailable("the local bus is not open")
        try:
            return query(self._reading)
        except sqlite3.OperationalError as error:
            raise _unavailable(error) from error

    def _commit(self, group: Sequence[_Write]) -> list[tuple[object, Exception | None]]:
        connection = self._writing
        if connection is None:
            return [(None, BusUnavailable("the local bus is not open"))] * len(group)
        synced = "FULL" if any(write.durable for write in group) else "NORMAL"
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            connection.execute(f"PRAGMA synchronous = {synced}")
            connection.execute("BEGIN IMMEDIATE")
            results = [_attempt(connection, write) for write in group]
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            return [(None, _unavailable(error))] * len(group)
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)
        self._after_commit()
        return results


def _attempt(connection: sqlite3.Connection, write: _Write) -> tuple[object, Exception | None]:
    connection.execute("SAVEPOINT job")
    try:
        value = write.job(connection)
    except sqlite3.Error:
        raise
    except Exception as error:  # noqa: BLE001  # the job's caller gets it
        connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")
        return None, error
    connection.execute("RELEASE job")
    return value, None


def _unavailable(error: sqlite3.Error) -> BusUnavailable:
    return BusUnavailable(f"the local bus: {error}", hint="look at its disk and its permissions")
