"""What only the MongoDB adapter has: a server, which may be away, and bulks that are raced."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from scantling_common.store.mongodb import MongoStore
from scantling_common.store.mongodb_bulk import _deleted, _written
from scantling_common.store.port import (
    Delete,
    Insert,
    Operation,
    Replace,
    SetFields,
    StoreMisuse,
    StoreUnavailable,
)
from tests.common.store.conformance import OTHERS, THINGS, contents, thing
from tests.services.server_process import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from motor.motor_asyncio import AsyncIOMotorCollection

pytestmark = pytest.mark.mongodb


@pytest.fixture
async def store(mongodb_url: str, mongodb_database: str) -> AsyncIterator[MongoStore]:
    store = MongoStore(mongodb_url, mongodb_database)
    await store.ensure([THINGS, OTHERS])
    yield store
    await store.close()


@pytest.fixture
async def raw(store: MongoStore) -> AsyncIOMotorCollection[dict[str, Any]]:
    """Return the driver's view of ``OTHERS``: a written by bulk *t1*, b by *t2*, c by none."""
    collection = store._of(OTHERS)
    await collection.insert_many([{"_id": "a", "_w": "t1"}, {"_id": "b", "_w": "t2"}, {"_id": "c"}])
    return collection


async def test_a_server_that_is_away_is_unavailable() -> None:
    store = MongoStore(f"mongodb://127.0.0.1:{free_port()}", "x", timeout_ms=50)

    with pytest.raises(StoreUnavailable):
        await store.ensure([THINGS])

    await store.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1", "mongodb://u:hunter2@", "mongodb://a:b:c:1"])
def test_a_url_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(StoreMisuse) as raised:
        MongoStore(url, "x")

    assert "hunter2" not in str(raised.value)


async def test_writes_wait_for_the_journals_of_a_majority(store: MongoStore) -> None:
    concern = store._of(THINGS).write_concern.document

    assert concern == {"w": "majority", "j": True}


async def test_indexes_are_the_declared_ones(store: MongoStore) -> None:
    found = await store._of(THINGS).index_information()

    keys = {tuple(name for name, _ in index["key"]): index for index in found.values()}
    assert set(keys) == {
        ("_id",),
        ("lane", "at", "_id"),
        ("flag", "at", "_id"),
        ("weight", "_id"),
        ("project", "name"),
    }
    assert keys["project", "name"]["unique"]


async def test_stores_of_several_processes_win_each_document_once(
    mongodb_url: str, mongodb_database: str, store: MongoStore
) -> None:
    others = [MongoStore(mongodb_url, mongodb_database) for _ in range(3)]
    for other in others:
        await other.ensure([THINGS])
    names = [f"{number:02}" for number in range(30)]
    await store.bulk(THINGS, [Insert(thing(name)) for name in names])

    def changes(number: int) -> list[Operation]:
        return [Replace(thing(name, at=number), 1) for name in names]

    answers = await asyncio.gather(
        *(each.bulk(THINGS, changes(number)) for number, each in enumerate(others, start=1))
    )

    found = await contents(store)
    for position, name in enumerate(names):
        winners = [n for n, won in enumerate(answers, start=1) if won[position]]
        assert winners == [found[name]["at"]]
        assert found[name]["rev"] == 2
    for other in others:
        await other.close()


async def test_a_bulk_that_misses_some_tells_which(store: MongoStore) -> None:
    await store.insert(THINGS, thing("a"))
    await store.insert(THINGS, thing("b"))

    answers = await store.bulk(
        THINGS,
        [
            SetFields("x", {"at": 1}),
            Replace(thing("a", at=1), 1),
            Replace(thing("b", at=1), 2),
            Delete("y", 1),
        ],
    )

    assert answers == [False, True, False, False]
    assert {id_: each["at"] for id_, each in (await contents(store)).items()} == {"a": 1, "b": 0}


async def test_what_carries_the_token_was_written(
    raw: AsyncIOMotorCollection[dict[str, Any]],
) -> None:
    assert await _written(raw, ["a", "b", "c", "d"], 1, "t1") == {
        "a": True,
        "b": False,
        "c": False,
        "d": False,
    }
    assert await _written(raw, ["b", "c"], 2, "t1") == {"b": True, "c": True}


async def test_a_write_that_was_overwritten_at_once_is_unknown(
    raw: AsyncIOMotorCollection[dict[str, Any]],
) -> None:
    with pytest.raises(StoreUnavailable):
        await _written(raw, ["a", "b", "c"], 2, "t1")


async def test_what_is_gone_was_deleted_if_the_numbers_agree(
    raw: AsyncIOMotorCollection[dict[str, Any]],
) -> None:
    assert await _deleted(raw, ["x", "a"], 1) == {"x": True, "a": False}
    with pytest.raises(StoreUnavailable):
        await _deleted(raw, ["x", "y", "a"], 1)
