"""What only the SQLite adapter has: a file, several processes, sudden death."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import AsyncExitStack, contextmanager
from typing import TYPE_CHECKING

import msgspec
import pytest

from scantling_common.store.checks import bind
from scantling_common.store.port import (
    Collection,
    Index,
    Insert,
    Range,
    StoreMisuse,
    StoreUnavailable,
)
from scantling_common.store.sqlite import SqliteStore
from scantling_common.store.sqlite_table import Table
from tests.common.store.conformance import EVERYTHING, OTHERS, THINGS, ids, thing
from tests.common.store.sqlite_process import COUNTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

SECONDS = 60


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path)
    await store.ensure([THINGS, OTHERS])
    yield store
    await store.close()


@contextmanager
def worker(path: Path, action: str, name: str) -> Iterator[subprocess.Popen[str]]:
    """Start a process, ready to begin when it is sent a line."""
    command = [sys.executable, "-m", "tests.common.store.sqlite_process", str(path), action, name]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def begin(process: subprocess.Popen[str]) -> None:
    """Let a process go."""
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


async def outputs(path: Path, action: str, count: int) -> list[list[str]]:
    """Return what several processes say that do the same at once."""
    async with AsyncExitStack() as stack:
        processes = [
            stack.enter_context(worker(path, action, f"to-{number}")) for number in range(count)
        ]
        for process in processes:
            begin(process)
        said = [process.communicate(timeout=SECONDS)[0].split() for process in processes]
        assert [process.returncode for process in processes] == [0] * count
        return said


async def test_processes_claim_each_document_once(store: SqliteStore, path: Path) -> None:
    names = [f"{number:03}" for number in range(300)]
    await store.bulk(THINGS, [Insert(thing(name)) for name in names])

    said = await outputs(path, "claim", 3)

    assert sorted(name for own in said for name in own) == names
    for number, own in enumerate(said):
        lane = Range(index="lane", prefix=(f"to-{number}",))
        assert ids(await store.page(THINGS, lane, limit=1000)) == sorted(own)


async def test_processes_lose_no_increment(store: SqliteStore, path: Path) -> None:
    await store.insert(OTHERS, {"id": "counter", "value": 0})

    said = await outputs(path, "count", 3)

    assert sorted(int(value) for own in said for value in own) == list(range(1, 3 * COUNTS + 1))
    total = 3 * COUNTS
    assert await store.get(OTHERS, "counter") == {"id": "counter", "value": total, "rev": total + 1}


async def test_processes_create_the_same_tables_at_once(path: Path) -> None:
    stores = [SqliteStore(path) for _ in range(4)]

    await asyncio.gather(*(store.ensure([THINGS, OTHERS]) for store in stores))

    assert await stores[0].insert(THINGS, thing("a"))
    assert not await stores[1].insert(THINGS, thing("a"))
    for store in stores:
        await store.close()


async def test_what_was_answered_survives_sudden_death(path: Path) -> None:
    with worker(path, "write", "w") as process:
        begin(process)
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(400)]
        process.kill()
        lines += [line.strip() for line in process.stdout if line.endswith("\n")]
    written = {line for line in lines if not line.endswith("!")}
    changed = {line[:-1] for line in lines if line.endswith("!")}

    store = SqliteStore(path)
    await store.ensure([THINGS])
    found = {}
    for first in range(0, len(written), 500):
        some = sorted(written)[first : first + 500]
        found.update({each["id"]: each for each in await store.get_many(THINGS, some)})
    await store.close()

    assert len(lines) >= 400
    assert set(found) == written
    assert all(found[id_]["at"] == 1 and found[id_]["rev"] == 2 for id_ in changed)
    check = sqlite3.connect(path)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()


async def test_the_file_is_its_owner_s_alone(store: SqliteStore, path: Path) -> None:
    await store.insert(THINGS, thing("a"))

    assert {
        stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir() if each.is_file()
    } == {0o600}


async def test_every_range_is_read_through_its_index(path: Path, store: SqliteStore) -> None:
    connection = sqlite3.connect(path)
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    table = Table(THINGS)
    ranges = [
        Range(index="lane", prefix=("a",), after=(1, "x")),
        Range(index="lane", prefix=("a",), start=1, end=3, descending=True),
        Range(index="lane"),
        Range(index="name", prefix=("p",), after=("n", "x")),
        Range(index="by_id", after=("a", "a")),
    ]
    for range_ in ranges:
        table.page(connection, range_.index, bind(THINGS, range_), 10)
    plans = [
        " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}"))
        for statement in statements[:]
    ]
    connection.close()

    assert len(plans) == len(ranges)
    assert not [plan for plan in plans if "TEMP B-TREE" in plan or "INDEX" not in plan]


async def test_an_index_declared_later_is_filled(path: Path) -> None:
    older = Collection("things", "sync", (Index("lane", ("lane", "at")),))
    store = SqliteStore(path)
    await store.ensure([older])
    await store.bulk(older, [Insert(thing(str(number), weight=-number)) for number in range(5)])
    await store.close()

    store = SqliteStore(path)
    await store.ensure([THINGS])

    weights = Range(index="weight")
    assert ids(await store.page(THINGS, weights, limit=9)) == ["4", "3", "2", "1", "0"]
    await store.close()


async def test_an_index_that_documents_lack_can_t_be_added(path: Path) -> None:
    older = Collection("things", "sync")
    store = SqliteStore(path)
    await store.ensure([older])
    await store.insert(older, {"id": "a", "v": 1})

    with pytest.raises(StoreMisuse):
        await store.ensure([THINGS])

    assert await store.get(older, "a") == {"id": "a", "v": 1, "rev": 1}
    await store.close()


async def test_an_index_no_longer_declared_binds_nobody(store: SqliteStore) -> None:
    lone = msgspec.structs.replace(THINGS, indexes=(Index("by_id", ("id",)),))
    await store.ensure([lone])

    assert await store.insert(lone, thing("a", name="n"))
    assert await store.insert(lone, thing("b", name="n"))


async def test_a_file_that_can_t_be_opened_is_unavailable_until_it_can(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "store.db"
    path.parent.write_text("in the way")
    store = SqliteStore(path)
    with pytest.raises(StoreUnavailable):
        await store.ensure([THINGS])

    path.parent.unlink()
    await store.ensure([THINGS])

    assert await store.insert(THINGS, thing("a"))
    await store.close()


@pytest.fixture
def noise(path: Path) -> Path:
    path.write_bytes(os.urandom(8192))
    return path


async def test_a_file_that_is_no_database_is_unavailable(noise: Path) -> None:
    store = SqliteStore(noise)

    with pytest.raises(StoreUnavailable):
        await store.ensure([THINGS])

    await store.close()


async def test_a_failing_commit_fails_every_call_in_it(store: SqliteStore, path: Path) -> None:
    connection = sqlite3.connect(path)
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.close()
    await store._writer.submit(
        lambda writer: writer.execute(f"PRAGMA max_page_count = {pages + 20}").fetchone()
    )

    answers = await asyncio.gather(
        store.insert(THINGS, thing("small")),
        store.insert(THINGS, thing("large", body=bytes(10_000_000))),
        store.insert(THINGS, thing("later")),
        return_exceptions=True,
    )

    kept = [
        id_
        for id_, answer in zip(("small", "large", "later"), answers, strict=True)
        if answer is True
    ]
    assert isinstance(answers[1], StoreUnavailable)
    assert set(ids(await store.page(THINGS, EVERYTHING, limit=9))) == set(kept)


async def test_what_waits_is_written_before_the_store_closes(path: Path) -> None:
    store = SqliteStore(path)
    await store.ensure([THINGS])
    writes = [asyncio.ensure_future(store.insert(THINGS, thing(str(n)))) for n in range(500)]
    await asyncio.sleep(0)

    await store.close()

    assert all(await asyncio.gather(*writes))
    with pytest.raises(StoreUnavailable):
        await store.get(THINGS, "1")


async def test_a_caller_that_gives_up_stops_nobody(store: SqliteStore) -> None:
    writes = [asyncio.ensure_future(store.insert(THINGS, thing(str(n)))) for n in range(50)]
    await asyncio.sleep(0)
    for write in writes[::2]:
        write.cancel()

    answers = await asyncio.gather(*writes, return_exceptions=True)

    assert answers[1::2] == [True] * 25
    assert {"1", "49"} <= set(ids(await store.page(THINGS, EVERYTHING, limit=100)))


async def test_a_transaction_of_another_process_is_waited_for_up_to_a_bound(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.insert(THINGS, thing("a"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.ensure_future(store.insert(THINGS, thing("b")))
    assert await store.get(THINGS, "a")
    other.execute("COMMIT")
    assert await waiting

    monkeypatch.setattr("scantling_common.store.sqlite_connection.BUSY_SECONDS", 0.05)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        await store.insert(THINGS, thing("c"))
    other.close()

    assert await store.insert(THINGS, thing("c"))
