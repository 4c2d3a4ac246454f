"""The store at 150,000 waiting items and 150,000 placements: ``python -m tests.benchmarks.store``.

Prints milliseconds (median, and 99th percentile) of each verb as services use it, and the memory
of the process. ``--mongodb URL`` measures a server as well, ``--size N`` another number of
documents, ``--synchronous normal`` SQLite without waiting for the disk.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scantling_common.store.mongodb import MongoStore
from scantling_common.store.port import (
    Collection,
    Delete,
    Document,
    Index,
    Insert,
    Range,
    SetFields,
    Store,
    key_of,
)
from scantling_common.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

WAITING = Collection(
    "waiting",
    "dispatcher",
    (
        Index("lane", ("lane", "not_before", "enqueued_at")),
        Index("priority", ("priority", "lane", "enqueued_at")),
        Index("image", ("project", "image")),
        Index("task", ("task", "enqueued_at")),
    ),
)
PLACEMENTS = Collection(
    "placements",
    "sync",
    (
        Index("repository", ("project", "registry", "repository", "tag")),
        Index("updated", ("project", "updated_at")),
        Index("image", ("image",)),
    ),
)
COUNTERS = Collection("counters", "reporter")

BATCH = 1000
TASKS = 10


class Timings:
    """Collects and prints how long things took."""

    def __init__(self, title: str) -> None:
        print(f"\n{title}\n{'':44} {'median':>9} {'p99':>9}")

    async def measure(
        self, name: str, times: int, call: Callable[[int], Awaitable[object]]
    ) -> None:
        """Call so many times, one after the other."""
        seconds = []
        for number in range(times):
            begun = time.perf_counter()
            await call(number)
            seconds.append(time.perf_counter() - begun)
        p99 = sorted(seconds)[max(0, int(len(seconds) * 0.99) - 1)]
        print(f"{name:44} {statistics.median(seconds) * 1e3:6.2f} ms {p99 * 1e3:6.2f} ms")

    async def rate(self, name: str, count: int, work: Awaitable[object]) -> None:
        """Tell how many of a number of things are done in a second."""
        begun = time.perf_counter()
        await work
        seconds = time.perf_counter() - begun
        print(f"{name:44} {count / seconds:9,.0f} a second ({seconds:.2f} s)")


def waiting(number: int) -> Document:
    """Return one of the items that wait, in ten tasks."""
    task = f"task-{number % TASKS}"
    return {
        "id": f"{task}/sha256:{number:064x}",
        "v": 1,
        "lane": f"manual/{task}/registry-1",
        "priority": "manual",
        "task": task,
        "project": "default",
        "registry": "registry-1",
        "image": f"sha256:{number:064x}",
        "placement": f"{number:064x}",
        "enqueued_at": 1_700_000_000_000 + number,
        "not_before": 0,
        "attempt": 1,
        "seq": 0,
        "risks": "software,file,baseimage",
        "traceparent": "",
    }


def placement(number: int) -> Document:
    """Return one of the placements, in 1,500 repositories."""
    return {
        "id": f"{number:064x}",
        "v": 1,
        "project": "default",
        "registry": "registry-1",
        "repository": f"group/repository-{number % 1500:04}",
        "tag": f"v1.{number // 1500}",
        "platform": "linux/amd64",
        "image": f"sha256:{number:064x}",
        "updated_at": 1_700_000_000_000 + number * 7919 % 150_000,
        "seen_at": 1_700_000_000_000,
        "state": "present",
    }


async def fill(
    store: Store, collection: Collection, make: Callable[[int], Document], size: int
) -> None:
    """Insert documents in batches."""
    for first in range(0, size, BATCH):
        numbers = range(first, min(first + BATCH, size))
        answers = await store.bulk(collection, [Insert(make(number)) for number in numbers])
        if not all(answers):
            message = "a document was there already"
            raise RuntimeError(message)


async def run(store: Store, title: str, size: int, *, times: int) -> None:
    """Measure one store."""
    timings = Timings(title)
    await store.ensure([WAITING, PLACEMENTS, COUNTERS])
    await timings.rate("insert waiting (bulk of 1,000)", size, fill(store, WAITING, waiting, size))
    await timings.rate(
        "insert placements (bulk of 1,000)", size, fill(store, PLACEMENTS, placement, size)
    )
    await _reads(store, timings, size, times)
    await _writes(store, timings, size, times)
    await _tasks(store, timings, size)


async def _reads(store: Store, timings: Timings, size: int, times: int) -> None:
    middle = key_of(PLACEMENTS.index("updated"), placement(size // 2), 1)
    updated = Range(index="updated", prefix=("default",), after=middle)
    newest = Range(index="updated", prefix=("default",), descending=True)
    lane = Range(index="lane", prefix=("manual/task-3/registry-1",))
    await timings.measure(
        "get", times, lambda n: store.get(PLACEMENTS, str(placement(n * 17 % size)["id"]))
    )
    await timings.measure(
        "get 100 by id",
        times // 4,
        lambda n: store.get_many(
            PLACEMENTS, [str(placement((n + each * 97) % size)["id"]) for each in range(100)]
        ),
    )
    await timings.measure(
        "first waiting of a lane", times, lambda _: store.page(WAITING, lane, limit=1)
    )
    await timings.measure("next 64 waiting", times, lambda _: store.page(WAITING, lane, limit=64))
    # A paused task closes its lane and changes no item: the pick goes on behind that lane.
    behind = Range(index="priority", prefix=("manual",), start="manual/task-3/registry-1\0")
    await timings.measure(
        "pause: first waiting behind a closed lane",
        times,
        lambda _: store.page(WAITING, behind, limit=1),
    )
    await timings.measure(
        "page of 50 placements, newest first",
        times,
        lambda _: store.page(PLACEMENTS, newest, limit=50),
    )
    await timings.measure(
        "page of 500 from the middle",
        times // 4,
        lambda _: store.page(PLACEMENTS, updated, limit=500),
    )


async def _writes(store: Store, timings: Timings, size: int, times: int) -> None:
    lane = Range(index="lane", prefix=("manual/task-3/registry-1",))
    await timings.measure(
        "claim the oldest of a lane", times, lambda _: store.claim(WAITING, lane, {"lane": "taken"})
    )
    await store.insert(COUNTERS, {"id": "c", "v": 1, "total": 0})
    await timings.measure("counter: get and compare-and-set", times, lambda _: _count(store))
    await timings.measure(
        "set fields",
        times,
        lambda n: store.set_fields(PLACEMENTS, str(placement(n)["id"]), {"seen_at": n}),
    )
    await timings.measure(
        "bulk: set fields of 1,000",
        max(times // 40, 3),
        lambda n: store.bulk(
            PLACEMENTS,
            [
                SetFields(str(placement((n * BATCH + each) % size)["id"]), {"seen_at": n})
                for each in range(BATCH)
            ],
        ),
    )
    await timings.rate(
        "set fields, 64 at a time",
        times * 8,
        _at_once(
            [
                store.set_fields(
                    PLACEMENTS, str(placement(number * 31 % size)["id"]), {"seen_at": 5}
                )
                for number in range(times * 8)
            ]
        ),
    )


async def _tasks(store: Store, timings: Timings, size: int) -> None:
    """Cancel one of the ten tasks, as the dispatcher does: page by page, deleted in bulk."""

    async def cancel() -> None:
        of_task = Range(index="task", prefix=("task-5",))
        while found := await store.page(WAITING, of_task, limit=BATCH):
            await store.bulk(WAITING, [Delete(str(each["id"])) for each in found])

    await timings.rate("cancel a task (delete its waiting items)", size // TASKS, cancel())


async def _count(store: Store) -> None:
    document = await store.get(COUNTERS, "c")
    if document is None or not isinstance(document["rev"], int):
        raise TypeError(document)
    if not await store.replace(COUNTERS, {**document, "total": 1}, rev=document["rev"]):
        message = "somebody else counts"
        raise RuntimeError(message)


async def _at_once(calls: Sequence[Awaitable[bool]]) -> None:
    limit = asyncio.Semaphore(64)

    async def bounded(call: Awaitable[bool]) -> None:
        async with limit:
            await call

    await asyncio.gather(*(bounded(call) for call in calls))


async def measure(arguments: argparse.Namespace) -> None:
    """Measure what was asked for."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        sqlite = SqliteStore(path, synchronous=arguments.synchronous)
        title = f"SQLite, synchronous {arguments.synchronous}, {arguments.size:,} documents"
        await run(sqlite, title, arguments.size, times=400)
        await sqlite.close()
        print(f"file {path.stat().st_size / 1e6:.0f} MB, {_memory()}")
    if arguments.mongodb:
        mongo = MongoStore(arguments.mongodb, f"benchmark_{time.time_ns()}")
        await run(mongo, f"MongoDB, {arguments.size:,} documents", arguments.size, times=40)
        await mongo.close()


def _memory() -> str:
    unit = 1 if sys.platform == "darwin" else 1024
    return f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6:.0f} MB"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=150_000)
    parser.add_argument("--synchronous", choices=["full", "normal"], default="full")
    parser.add_argument("--mongodb", metavar="URL")
    asyncio.run(measure(parser.parse_args(arguments)))


if __name__ == "__main__":
    main()
