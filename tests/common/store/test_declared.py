"""The collections that the services declare."""

from __future__ import annotations

from collections import Counter

import pytest

from scantling_common.records import dispatcher, extractor, reporter, sync
from scantling_common.store.sqlite import SqliteStore
from scantling_common.store.sqlite_table import Table

DECLARED = {
    "sync": sync.COLLECTIONS,
    "dispatcher": dispatcher.COLLECTIONS,
    "extractor": extractor.COLLECTIONS,
    "reporter": reporter.COLLECTIONS,
}


@pytest.mark.parametrize("owner", DECLARED)
def test_each_belongs_to_the_service_of_its_module(owner: str) -> None:
    assert {collection.owner for collection in DECLARED[owner]} == {owner}


def test_names_are_given_once() -> None:
    names = Counter(each.name for collections in DECLARED.values() for each in collections)

    assert [name for name, count in names.items() if count > 1] == []


async def test_all_can_be_created() -> None:
    collections = [each for own in DECLARED.values() for each in own]
    store = SqliteStore(":memory:")

    await store.ensure(collections)
    await store.ensure(collections)

    assert len({Table(each).name for each in collections}) == len(collections)
    assert await store.get(sync.COLLECTIONS[0], "nothing") is None
    await store.close()
