"""Records in, records out."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec
import pytest

from scantling_common.bodies import BodyUnreadable, pack
from scantling_common.records.record import DocumentVersionUnknown, Record
from scantling_common.store.guard import GuardedStore
from scantling_common.store.port import Collection, Document, Index, Range, StoreMisuse
from scantling_common.store.records import DocumentUnreadable
from scantling_common.store.repository import Repository
from scantling_common.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SHIPS = Collection("ships", "sync", (Index("port", ("port", "tons")), Index("by_id", ("id",))))
ALL = Range(index="by_id")


class Cargo(msgspec.Struct, frozen=True):
    """What a ship carries."""

    crates: tuple[str, ...] = ()


class Ship(Record, frozen=True, kw_only=True):
    """A record, in its second version."""

    V: ClassVar[int] = 2

    port: str
    tons: int
    flag: bytes | None = None
    body: Cargo | None = None

    @classmethod
    def upgrade(cls, document: Document) -> Document:
        weight = document["weight"]
        assert isinstance(weight, int)
        return {**document, "tons": weight // 1000}


def ship(id_: str, tons: int = 1) -> Ship:
    return Ship(id=id_, port="kiel", tons=tons)


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    store = SqliteStore(":memory:")
    await store.ensure([SHIPS])
    yield store
    await store.close()


@pytest.fixture
def ships(store: SqliteStore) -> Repository[Ship]:
    return Repository(store, SHIPS, Ship)


async def test_a_record_comes_back_with_its_revision(ships: Repository[Ship]) -> None:
    given = Ship(id="a", port="kiel", tons=3, flag=b"\x00", body=Cargo(("tea", "silk")))

    assert await ships.insert(given)

    assert await ships.get("a") == msgspec.structs.replace(given, rev=1)
    assert await ships.get("b") is None
    assert not await ships.insert(given)


async def test_scalars_are_fields_and_the_body_is_packed(
    store: SqliteStore, ships: Repository[Ship]
) -> None:
    await ships.insert(Ship(id="a", port="kiel", tons=3, body=Cargo(("tea",))))

    assert await store.get(SHIPS, "a") == {
        "id": "a",
        "rev": 1,
        "v": 2,
        "port": "kiel",
        "tons": 3,
        "flag": None,
        "body": pack(Cargo(("tea",))),
    }


async def test_replace_goes_by_the_record_s_revision(ships: Repository[Ship]) -> None:
    await ships.insert(ship("a"))
    first = await ships.get("a")
    assert first is not None

    assert await ships.replace(msgspec.structs.replace(first, tons=2))
    assert not await ships.replace(msgspec.structs.replace(first, tons=3))

    assert await ships.get("a") == msgspec.structs.replace(first, tons=2, rev=2)


async def test_fields_are_set_by_name(ships: Repository[Ship]) -> None:
    await ships.insert(ship("a"))

    assert await ships.set_fields("a", {"tons": 9, "body": Cargo(("rum",))})

    assert await ships.get("a") == Ship(id="a", rev=2, port="kiel", tons=9, body=Cargo(("rum",)))
    with pytest.raises(StoreMisuse):
        await ships.set_fields("a", {"sails": 3})
    with pytest.raises(StoreMisuse):
        await ships.set_fields("a", {"tons": ["9"]})


async def test_pages_tell_where_they_go_on(ships: Repository[Ship]) -> None:
    for number in range(5):
        await ships.insert(ship(f"{number}", tons=number))
    range_ = Range(index="port", prefix=("kiel",))

    first = await ships.page(range_, limit=3)
    assert [each.id for each in first.records] == ["0", "1", "2"]
    assert first.next == (2, "2") == ships.key_of(range_, first.records[-1])

    second = await ships.page(msgspec.structs.replace(range_, after=first.next), limit=3)
    assert [each.id for each in second.records] == ["3", "4"]
    assert second.next is None
    assert (await ships.page(range_, limit=5)).next is None


async def test_the_largest_page_may_be_followed_by_an_empty_one(ships: Repository[Ship]) -> None:
    await ships.bulk([ships.inserting(ship(f"{number:04}")) for number in range(1000)])

    page = await ships.page(ALL, limit=1000)

    assert len(page.records) == 1000
    assert page.next is not None
    rest = await ships.page(msgspec.structs.replace(ALL, after=page.next), limit=1000)
    assert rest.records == ()
    assert rest.next is None


async def test_each_gives_all(ships: Repository[Ship]) -> None:
    names = [f"{number:04}" for number in range(25)]
    await ships.bulk([ships.inserting(ship(name)) for name in names])

    assert [each.id async for each in ships.each(ALL, batch=10)] == names
    assert [each.id async for each in ships.each(ALL, batch=25)] == names


async def test_bulks_and_lookups_may_be_of_any_size(ships: Repository[Ship]) -> None:
    names = [f"{number:04}" for number in range(2500)]

    inserted = await ships.bulk([ships.inserting(ship(name)) for name in names])
    assert inserted == [True] * 2500
    answers = await ships.bulk(
        [
            ships.replacing(msgspec.structs.replace(ship("0000", tons=7), rev=1)),
            ships.setting("0001", {"tons": 8}),
            ships.deleting("0002", rev=2),
            ships.deleting("0003"),
        ]
    )

    assert answers == [True, True, False, True]
    found = await ships.get_many(names)
    assert [each.id for each in found] == [*names[:3], *names[4:]]
    assert [each.tons for each in found[:3]] == [7, 8, 1]


async def test_claim_returns_the_changed_record(ships: Repository[Ship]) -> None:
    await ships.insert(ship("a"))

    taken = await ships.claim(Range(index="port", prefix=("kiel",)), {"port": "sea"})

    assert taken == Ship(id="a", rev=2, port="sea", tons=1)
    assert await ships.claim(Range(index="port", prefix=("kiel",)), {"port": "sea"}) is None
    assert not await ships.delete("a", rev=1)
    assert await ships.delete("a")


async def test_the_version_before_is_upgraded(store: SqliteStore, ships: Repository[Ship]) -> None:
    await store.insert(SHIPS, {"id": "a", "v": 1, "port": "kiel", "tons": 0, "weight": 5000})

    assert await ships.get("a") == Ship(id="a", rev=1, port="kiel", tons=5)


@pytest.mark.parametrize("version", [0, 3, None, "2"])
async def test_any_other_version_is_an_error(
    store: SqliteStore, ships: Repository[Ship], version: int | str | None
) -> None:
    await store.insert(SHIPS, {"id": "a", "v": version, "port": "kiel", "tons": 1})

    with pytest.raises(DocumentVersionUnknown):
        await ships.get("a")


async def test_a_record_without_upgrade_reads_its_own_version_only(store: SqliteStore) -> None:
    class Plain(Record, frozen=True, kw_only=True):
        port: str
        tons: int

    await store.insert(SHIPS, {"id": "a", "v": 0, "port": "kiel", "tons": 1})

    with pytest.raises(DocumentVersionUnknown):
        await Repository(store, SHIPS, Plain).get("a")


async def test_a_document_that_is_no_record_is_an_error(
    store: SqliteStore, ships: Repository[Ship]
) -> None:
    await store.insert(SHIPS, {"id": "a", "v": 2, "port": 5, "tons": 1})
    await store.insert(SHIPS, {"id": "b", "v": 2, "port": "kiel", "tons": 1, "body": b"noise"})

    with pytest.raises(DocumentUnreadable):
        await ships.get("a")
    with pytest.raises(BodyUnreadable):
        await ships.get("b")


def test_a_record_that_is_no_document_is_refused(store: SqliteStore) -> None:
    class Nested(Record, frozen=True, kw_only=True):
        port: str
        tons: tuple[int, ...]

    class Nullable(Record, frozen=True, kw_only=True):
        port: str | None
        tons: int

    class Lacking(Record, frozen=True, kw_only=True):
        port: str

    class Mixed(Record, frozen=True, kw_only=True):
        port: str
        tons: int | str

    for kind in (Nested, Nullable, Lacking, Mixed):
        with pytest.raises(StoreMisuse):
            Repository(store, SHIPS, kind)


async def test_only_the_owner_writes(store: SqliteStore) -> None:
    mine = Repository(GuardedStore(store, "sync"), SHIPS, Ship)
    theirs = Repository(GuardedStore(store, "reporter"), SHIPS, Ship)

    assert await mine.insert(ship("a"))
    found = await theirs.get("a")
    assert found is not None
    assert [each.id async for each in theirs.each(ALL)] == ["a"]
    assert await theirs.get_many(["a"]) == [found]

    for write in (
        theirs.insert(ship("b")),
        theirs.replace(found),
        theirs.set_fields("a", {"tons": 2}),
        theirs.delete("a"),
        theirs.claim(ALL, {"tons": 2}),
        theirs.bulk([theirs.deleting("a")]),
    ):
        with pytest.raises(StoreMisuse):
            await write
    assert await mine.get("a") == found

    assert await mine.replace(found)
    assert await mine.set_fields("a", {"tons": 2})
    assert await mine.claim(ALL, {"tons": 3})
    assert await mine.bulk([mine.setting("a", {"tons": 4})]) == [True]
    assert await mine.delete("a")
