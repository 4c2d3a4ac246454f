"""Lists in pages, from the store to the client and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from pydantic import ValidationError

from scantling_common.http.paging import PageQuery, next_token
from scantling_common.records.record import Record
from scantling_common.store.port import Collection, Index, Range
from scantling_common.store.repository import Repository
from scantling_common.store.sqlite import SqliteStore
from scantling_common.store.tokens import PageTokenInvalid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BOATS = Collection("boats", "sync", (Index("port", ("port", "tons")), Index("by_id", ("id",))))
KIEL = Range(index="port", prefix=("kiel",))


class Boat(Record, frozen=True, kw_only=True):
    """Listed in the tests."""

    port: str
    tons: int


@pytest.fixture
async def boats() -> AsyncIterator[Repository[Boat]]:
    store = SqliteStore(":memory:")
    await store.ensure([BOATS])
    boats = Repository(store, BOATS, Boat)
    for number in range(7):
        await boats.insert(Boat(id=f"b{number}", port="kiel", tons=number // 2))
    yield boats
    await store.close()


async def listed(boats: Repository[Boat], query: PageQuery, range_: Range) -> tuple[list[str], str]:
    at = msgspec.structs.replace(range_, after=query.key(BOATS, range_))
    page = await boats.page(at, limit=query.page_size)
    return [boat.id for boat in page.records], next_token(BOATS, range_, page.next)


async def test_pages_follow_each_other_to_the_end(boats: Repository[Boat]) -> None:
    found = []
    token = ""
    for _ in range(3):
        some, token = await listed(boats, PageQuery(page_size=3, page_token=token), KIEL)
        found.append(some)

    assert found == [["b0", "b1", "b2"], ["b3", "b4", "b5"], ["b6"]]
    assert token == ""


@pytest.mark.parametrize(
    "other",
    [
        Range(index="port", prefix=("rostock",)),
        Range(index="port", prefix=("kiel",), descending=True),
        Range(index="port", prefix=("kiel",), start=1),
        Range(index="by_id"),
    ],
)
async def test_a_token_of_another_list_is_refused(boats: Repository[Boat], other: Range) -> None:
    _, token = await listed(boats, PageQuery(page_size=3), KIEL)

    with pytest.raises(PageTokenInvalid):
        PageQuery(page_token=token).key(BOATS, other)


@pytest.mark.parametrize("size", [0, -1, 501])
def test_the_size_of_a_page_is_bounded(size: int) -> None:
    with pytest.raises(ValidationError):
        PageQuery(page_size=size)
