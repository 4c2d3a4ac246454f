# ruff: noqa: S311 - a seed makes a failure repeatable
"""What every store adapter does: subclass, give the fixture ``store``.

Each test looks at what the collection then contains, not only at what a call answered.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from scantling_common.store.port import (
    Collection,
    Delete,
    Document,
    Index,
    Insert,
    Range,
    Replace,
    Scalar,
    SetFields,
    Store,
    StoreMisuse,
    key_of,
)
from tests.common.store.model import ModelStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.store.port import Operation

THINGS = Collection(
    "things",
    "sync",
    (
        Index("lane", ("lane", "at")),
        Index("by_id", ("id",)),
        Index("flag", ("flag", "at")),
        Index("weight", ("weight",)),
        Index("name", ("project", "name"), unique=True),
    ),
)
OTHERS = Collection("others", "sync")

EVERYTHING = Range(index="by_id")


def thing(id_: str, **fields: Scalar) -> Document:
    """Return a document that all indexes of ``THINGS`` accept."""
    document: Document = {
        "id": id_,
        "v": 1,
        "lane": "a",
        "at": 0,
        "flag": False,
        "weight": 1.5,
        "project": "p",
        "name": id_,
    }
    return {**document, **fields}


def ids(documents: Sequence[Document]) -> list[Scalar]:
    """Return the ids of documents."""
    return [document["id"] for document in documents]


async def contents(store: Store) -> dict[Scalar, Document]:
    """Return all documents of ``THINGS`` by id."""
    return {each["id"]: each for each in await store.page(THINGS, EVERYTHING, limit=1000)}


async def walk(store: Store, range_: Range, size: int) -> list[Scalar]:
    """Return the ids of a range, read in pages of a size."""
    found: list[Scalar] = []
    index = THINGS.index(range_.index)
    after = None
    while True:
        at = Range(
            index=range_.index,
            prefix=range_.prefix,
            start=range_.start,
            end=range_.end,
            descending=range_.descending,
            after=after,
        )
        page = await store.page(THINGS, at, limit=size)
        found += ids(page)
        if not page:
            return found
        after = key_of(index, page[-1], len(range_.prefix))


class StoreConformance:
    """The suite."""

    orders_by_code_point: ClassVar[bool] = True
    """False where a test server compares strings by UTF-16 units, unlike what it stands for."""

    # ---- one document

    async def test_a_document_comes_back_as_it_went_in(self, store: Store) -> None:
        given = thing(
            "ä/💡\x00\n\u202e",
            text="\x00 nul, ümlaut, 💡",
            empty="",
            zero=0,
            large=2**63 - 1,
            small=-(2**63),
            half=0.5,
            whole=2.0,
            yes=True,
            no=False,
            nothing=None,
            raw=bytes(range(256)),
            body=b"",
        )

        assert await store.insert(THINGS, given)

        found = await store.get(THINGS, "ä/💡\x00\n\u202e")
        assert found == {**given, "rev": 1}
        assert {name: type(found[name]) for name in given} == {
            name: type(value) for name, value in given.items()
        }

    async def test_what_is_not_there_is_none(self, store: Store) -> None:
        assert await store.get(THINGS, "nothing") is None
        assert await store.get_many(THINGS, ["nothing"]) == []
        assert await store.get_many(THINGS, []) == []

    async def test_many_come_in_the_order_asked_for(self, store: Store) -> None:
        for id_ in "abc":
            await store.insert(THINGS, thing(id_))

        found = await store.get_many(THINGS, ["c", "x", "a", "c"])

        assert ids(found) == ["c", "a", "c"]

    async def test_a_thousand_can_be_asked_for(self, store: Store) -> None:
        names = [f"{number:04}" for number in range(1000)]
        assert await store.bulk(THINGS, [Insert(thing(name)) for name in names]) == [True] * 1000

        assert ids(await store.get_many(THINGS, names[::-1])) == names[::-1]

    async def test_a_second_insert_changes_nothing(self, store: Store) -> None:
        assert await store.insert(THINGS, thing("a", at=1))

        assert not await store.insert(THINGS, thing("a", at=2, name="other"))

        assert await contents(store) == {"a": {**thing("a", at=1), "rev": 1}}

    async def test_a_unique_key_is_there_once(self, store: Store) -> None:
        assert await store.insert(THINGS, thing("a", name="n"))

        assert not await store.insert(THINGS, thing("b", name="n"))
        assert await store.insert(THINGS, thing("c", name="n", project="q"))

        assert set(await contents(store)) == {"a", "c"}

    async def test_a_unique_key_is_free_again_after_a_deletion(self, store: Store) -> None:
        await store.insert(THINGS, thing("a", name="n"))
        await store.delete(THINGS, "a")

        assert await store.insert(THINGS, thing("b", name="n"))

    async def test_a_change_to_a_taken_unique_key_is_not_made(self, store: Store) -> None:
        await store.insert(THINGS, thing("a", name="n"))
        await store.insert(THINGS, thing("b", name="m"))
        before = await contents(store)

        assert not await store.set_fields(THINGS, "b", {"name": "n", "at": 5})
        assert not await store.replace(THINGS, thing("b", name="n", at=5), rev=1)

        assert await contents(store) == before

    async def test_replace_compares_the_revision(self, store: Store) -> None:
        await store.insert(THINGS, thing("a", extra="old", at=1))

        assert not await store.replace(THINGS, thing("a", at=2), rev=2)
        assert not await store.replace(THINGS, thing("b", at=2), rev=0)
        assert not await store.replace(THINGS, thing("b", at=2), rev=1)
        assert await store.replace(THINGS, thing("a", at=3), rev=1)
        assert not await store.replace(THINGS, thing("a", at=4), rev=1)

        assert await contents(store) == {"a": {**thing("a", at=3), "rev": 2}}

    async def test_the_revision_is_the_store_s(self, store: Store) -> None:
        await store.insert(THINGS, thing("a", rev=7))
        await store.replace(THINGS, thing("a", rev=9), rev=1)
        await store.set_fields(THINGS, "a", {"at": 3})

        assert (await contents(store))["a"]["rev"] == 3

    async def test_fields_are_set_and_the_others_stay(self, store: Store) -> None:
        await store.insert(THINGS, thing("a", raw=b"\x00", text="t"))

        assert await store.set_fields(THINGS, "a", {"at": 9, "fresh": None, "text": "u"})
        assert not await store.set_fields(THINGS, "b", {"at": 9})

        expected = {**thing("a", raw=b"\x00", text="u", at=9, fresh=None), "rev": 2}
        assert await contents(store) == {"a": expected}

    async def test_delete(self, store: Store) -> None:
        for id_ in "abc":
            await store.insert(THINGS, thing(id_))

        assert await store.delete(THINGS, "a")
        assert not await store.delete(THINGS, "a")
        assert not await store.delete(THINGS, "b", rev=2)
        assert await store.delete(THINGS, "b", rev=1)

        assert set(await contents(store)) == {"c"}

    async def test_collections_are_apart(self, store: Store) -> None:
        await store.insert(THINGS, thing("a"))
        await store.insert(OTHERS, {"id": "a", "x": 1})

        await store.delete(THINGS, "a")

        assert await store.get(OTHERS, "a") == {"id": "a", "x": 1, "rev": 1}

    async def test_big_bodies(self, store: Store) -> None:
        body = random.Random(1).randbytes(8 * 1024 * 1024)

        assert await store.insert(THINGS, thing("a", body=body))
        assert await store.set_fields(THINGS, "a", {"at": 1})

        assert (await contents(store))["a"] == {**thing("a", body=body, at=1), "rev": 2}

    async def test_ensure_may_be_repeated(self, store: Store) -> None:
        await store.insert(THINGS, thing("a"))

        await asyncio.gather(*(store.ensure([THINGS, OTHERS]) for _ in range(4)))

        assert set(await contents(store)) == {"a"}

    # ---- ranges

    async def test_equal_keys_are_ordered_by_id(self, store: Store) -> None:
        names = [f"{number:02}" for number in range(20)]
        for name in random.Random(3).sample(names, k=20):
            await store.insert(THINGS, thing(name, at=int(name) // 7))

        assert await walk(store, Range(index="lane", prefix=("a",)), 3) == names
        backwards = Range(index="lane", prefix=("a",), descending=True)
        assert await walk(store, backwards, 3) == names[::-1]

    async def test_a_prefix_keeps_to_its_lane(self, store: Store) -> None:
        for number, lane in enumerate(("a", "b", "a", "ab", "")):
            await store.insert(THINGS, thing(str(number), lane=lane, at=number))

        assert await walk(store, Range(index="lane", prefix=("a",)), 1) == ["0", "2"]
        assert await walk(store, Range(index="lane", prefix=("a", 2)), 1) == ["2"]
        assert await walk(store, Range(index="lane"), 2) == ["4", "0", "2", "3", "1"]

    @pytest.mark.parametrize("descending", [False, True])
    async def test_start_is_in_and_end_is_out(self, store: Store, *, descending: bool) -> None:
        for number in range(10):
            await store.insert(THINGS, thing(str(number), at=number))
        expected = ["3", "4", "5", "6"]

        bounded = Range(index="lane", prefix=("a",), start=3, end=7, descending=descending)

        assert await walk(store, bounded, 2) == (expected[::-1] if descending else expected)
        assert ids(await store.page(THINGS, bounded, limit=2)) == (
            ["6", "5"] if descending else ["3", "4"]
        )

    async def test_bounds_of_the_first_field(self, store: Store) -> None:
        for lane in ("alpha", "beta", "beta2", "gamma"):
            await store.insert(THINGS, thing(lane, lane=lane))

        names = Range(index="lane", start="beta", end="betb")
        assert await walk(store, names, 10) == ["beta", "beta2"]
        assert await walk(store, Range(index="lane", start="beta2"), 1) == ["beta2", "gamma"]
        assert await walk(store, Range(index="lane", end="beta"), 1) == ["alpha"]
        assert await walk(store, Range(index="by_id", start="b", end="c"), 1) == ["beta", "beta2"]

    async def test_a_unique_index_is_walked_like_any_other(self, store: Store) -> None:
        for name in ("c", "a", "b"):
            await store.insert(THINGS, thing(f"id-{name}", name=name))
        await store.insert(THINGS, thing("other", project="q", name="b"))

        assert await walk(store, Range(index="name", prefix=("p",)), 1) == ["id-a", "id-b", "id-c"]
        assert await walk(store, Range(index="name", prefix=("p", "b")), 1) == ["id-b"]
        assert await walk(store, Range(index="name", descending=True), 2) == [
            "other",
            "id-c",
            "id-b",
            "id-a",
        ]

    async def test_numbers_are_ordered_as_numbers(self, store: Store) -> None:
        weights: list[float] = [10, 9.5, -3, 0, 1e300, -1e300, 9, 2**53]
        for weight in weights:
            await store.insert(THINGS, thing(str(weight), weight=weight))

        walked = await walk(store, Range(index="weight"), 3)

        assert walked == [str(weight) for weight in sorted(weights)]
        assert await walk(store, Range(index="weight", prefix=(9.0,)), 3) == ["9"]

    async def test_booleans_are_not_numbers(self, store: Store) -> None:
        await store.insert(THINGS, thing("yes", flag=True))
        await store.insert(THINGS, thing("no", flag=False))

        assert await walk(store, Range(index="flag"), 1) == ["no", "yes"]
        assert await walk(store, Range(index="flag", prefix=(True,)), 1) == ["yes"]
        assert await walk(store, Range(index="flag", prefix=(1,)), 1) == []

    async def test_text_is_ordered_by_its_bytes(self, store: Store) -> None:
        names = ["", "A", "B", "a", "a\x00", "a b", "b", "z", "~", "Ä", "ä", "ß", "ﬀ", "中"]
        if self.orders_by_code_point:
            names += ["\uffe5", "💡", "😀"]
        for number, name in enumerate(random.Random(5).sample(names, k=len(names))):
            await store.insert(THINGS, thing(f"x{name}", name=name, at=number))
        expected = [f"x{name}" for name in sorted(names, key=str.encode)]

        assert await walk(store, Range(index="name", prefix=("p",)), 2) == expected
        assert await walk(store, EVERYTHING, 3) == expected
        assert await walk(store, Range(index="by_id", descending=True), 3) == expected[::-1]

    async def test_a_page_goes_on_though_its_last_document_is_gone(self, store: Store) -> None:
        for id_ in "abcd":
            await store.insert(THINGS, thing(id_))
        first = await store.page(THINGS, EVERYTHING, limit=2)
        await store.delete(THINGS, "b")

        key = key_of(THINGS.index("by_id"), first[-1])
        rest = await store.page(THINGS, Range(index="by_id", after=key), limit=9)

        assert ids(rest) == ["c", "d"]

    # ---- claims

    async def test_a_claim_takes_the_first_and_returns_it_changed(self, store: Store) -> None:
        for number, id_ in enumerate("cab"):
            await store.insert(THINGS, thing(id_, at=number))

        taken = await store.claim(THINGS, Range(index="lane", prefix=("a",)), {"lane": "taken"})

        assert taken == {**thing("c", at=0, lane="taken"), "rev": 2}
        assert (await contents(store))["c"] == taken

    async def test_a_claim_keeps_to_its_range(self, store: Store) -> None:
        for number in range(5):
            await store.insert(THINGS, thing(str(number), at=number))
        range_ = Range(index="lane", prefix=("a",), start=1, end=4, descending=True)

        taken = [await store.claim(THINGS, range_, {"lane": "b"}) for _ in range(4)]

        assert [each and each["id"] for each in taken] == ["3", "2", "1", None]
        assert await walk(store, Range(index="lane", prefix=("a",)), 9) == ["0", "4"]

    async def test_claimants_at_once_get_different_documents(self, store: Store) -> None:
        names = [f"{number:03}" for number in range(60)]
        await store.bulk(THINGS, [Insert(thing(name)) for name in names])

        async def claimant(who: str) -> list[Scalar]:
            taken: list[Scalar] = []
            range_ = Range(index="lane", prefix=("a",))
            while document := await store.claim(THINGS, range_, {"lane": who}):
                assert document["lane"] == who
                taken.append(document["id"])
            return taken

        taken = await asyncio.gather(*(claimant(f"to-{number}") for number in range(6)))

        assert sorted(str(id_) for own in taken for id_ in own) == names
        for number, own in enumerate(taken):
            lane = Range(index="lane", prefix=(f"to-{number}",))
            assert await walk(store, lane, 50) == sorted(str(id_) for id_ in own)

    # ---- compare-and-set

    async def test_of_several_replacements_at_once_one_wins(self, store: Store) -> None:
        await store.insert(THINGS, thing("a"))

        answers = await asyncio.gather(
            *(store.replace(THINGS, thing("a", at=number), rev=1) for number in range(20))
        )

        assert answers.count(True) == 1
        assert (await contents(store))["a"] == {**thing("a", at=answers.index(True)), "rev": 2}

    async def test_no_increment_is_lost(self, store: Store) -> None:
        await store.insert(THINGS, thing("a"))

        async def increment() -> None:
            while True:
                document = await store.get(THINGS, "a")
                assert document is not None
                at, rev = document["at"], document["rev"]
                assert isinstance(at, int)
                assert isinstance(rev, int)
                if await store.replace(THINGS, {**document, "at": at + 1}, rev=rev):
                    return

        await asyncio.gather(*(increment() for _ in range(25)))

        assert (await contents(store))["a"] == {**thing("a", at=25), "rev": 26}

    async def test_of_several_inserts_at_once_one_wins(self, store: Store) -> None:
        answers = await asyncio.gather(
            *(store.insert(THINGS, thing("a", at=number)) for number in range(10)),
            *(store.insert(THINGS, thing(f"b{number}", name="n")) for number in range(10)),
        )

        assert answers[:10].count(True) == 1
        assert answers[10:].count(True) == 1
        found = await contents(store)
        assert found["a"]["at"] == answers.index(True)
        assert len(found) == 2

    # ---- bulk

    async def test_each_operation_of_a_bulk_succeeds_by_itself(self, store: Store) -> None:
        for id_ in "abcdefgh":
            await store.insert(THINGS, thing(id_))

        answers = await store.bulk(
            THINGS,
            [
                Insert(thing("new")),
                Insert(thing("a", at=9)),
                Insert(thing("unique", name="b")),
                Replace(thing("b", at=2), 1),
                Replace(thing("c", at=2), 7),
                Replace(thing("missing", at=2), 1),
                SetFields("d", {"at": 4}),
                SetFields("nobody", {"at": 4}),
                Delete("e"),
                Delete("f", 1),
                Delete("g", 2),
                Delete("absent"),
                Replace(thing("h", name="a"), 1),
            ],
        )

        assert answers == [
            True,
            False,
            False,
            True,
            False,
            False,
            True,
            False,
            True,
            True,
            False,
            False,
            False,
        ]
        assert await contents(store) == {
            "a": {**thing("a"), "rev": 1},
            "b": {**thing("b", at=2), "rev": 2},
            "c": {**thing("c"), "rev": 1},
            "d": {**thing("d", at=4), "rev": 2},
            "g": {**thing("g"), "rev": 1},
            "h": {**thing("h"), "rev": 1},
            "new": {**thing("new"), "rev": 1},
        }

    async def test_an_empty_bulk_does_nothing(self, store: Store) -> None:
        assert await store.bulk(THINGS, []) == []

    async def test_a_bulk_of_a_thousand(self, store: Store) -> None:
        names = [f"{number:04}" for number in range(1000)]
        await store.bulk(THINGS, [Insert(thing(name)) for name in names[:500]])

        answers = await store.bulk(THINGS, [Insert(thing(name, at=1)) for name in names])

        assert answers == [False] * 500 + [True] * 500
        found = await store.page(THINGS, EVERYTHING, limit=1000)
        assert [(each["id"], each["at"]) for each in found] == [
            (name, int(number >= 500)) for number, name in enumerate(names)
        ]

    async def test_of_bulks_at_once_each_document_is_won_once(self, store: Store) -> None:
        names = [f"{number:02}" for number in range(40)]
        await store.bulk(THINGS, [Insert(thing(name)) for name in names])

        bulks = await asyncio.gather(
            *(
                store.bulk(THINGS, [Replace(thing(name, at=number), 1) for name in names])
                for number in range(1, 5)
            )
        )

        for position, name in enumerate(names):
            winners = [number for number, won in enumerate(bulks, start=1) if won[position]]
            assert len(winners) == 1
            assert (await contents(store))[name] == {**thing(name, at=winners[0]), "rev": 2}

    async def test_documents_written_in_bulk_hold_nothing_else(self, store: Store) -> None:
        await store.insert(THINGS, thing("a"))
        await store.bulk(THINGS, [SetFields("a", {"at": 1})])

        assert await store.get(THINGS, "a") == {**thing("a", at=1), "rev": 2}
        assert await store.claim(THINGS, EVERYTHING, {"lane": "b"}) == {
            **thing("a", at=1, lane="b"),
            "rev": 3,
        }

    # ---- any sequence

    @pytest.mark.parametrize("seed", range(4))
    @pytest.mark.parametrize("in_bulk", [False, True])
    async def test_any_sequence_ends_as_the_model_does(
        self, store: Store, seed: int, *, in_bulk: bool
    ) -> None:
        chance = random.Random(seed)
        model = ModelStore(THINGS)
        for _ in range(60):
            operations = {f"{chance.randrange(12)}": None for _ in range(chance.randrange(1, 6))}
            batch = [_operation(chance, id_, collide=not in_bulk) for id_ in operations]
            assert await self._carry_out(store, batch, in_bulk=in_bulk) == [
                model.apply(operation) for operation in batch
            ]
            range_ = _range(chance)
            limit = chance.randrange(1, 8)
            assert await store.page(THINGS, range_, limit=limit) == model.page(range_, limit)
            if chance.random() < 0.2:
                changes: Document = {"lane": "taken", "at": 99}
                assert await store.claim(THINGS, range_, changes) == model.claim(range_, changes)

        assert await contents(store) == model.documents

    @staticmethod
    async def _carry_out(store: Store, batch: Sequence[Operation], *, in_bulk: bool) -> list[bool]:
        if in_bulk:
            return await store.bulk(THINGS, batch)
        answers = []
        for operation in batch:
            match operation:
                case Insert(document):
                    answers.append(await store.insert(THINGS, document))
                case Replace(document, rev):
                    answers.append(await store.replace(THINGS, document, rev=rev))
                case SetFields(id_, fields):
                    answers.append(await store.set_fields(THINGS, id_, fields))
                case Delete(id_, wanted):
                    answers.append(await store.delete(THINGS, id_, rev=wanted))
        return answers

    # ---- misuse

    @pytest.mark.parametrize(
        "document",
        [
            thing("a", lane=None),
            {name: value for name, value in thing("a").items() if name != "at"},
            {name: value for name, value in thing("a").items() if name != "id"},
            thing(""),
            thing("a", text="\udc80"),
            thing("\udc80"),
            thing("a", name="x" * 5000),
            thing("a", lane=b"bytes"),
            thing("a", weight=float("nan")),
            thing("a", weight=float("inf")),
            thing("a", number=2**63),
            thing("a", body=b"x" * (16 * 1024 * 1024)),
            thing("a", **{"a.b": 1}),
            thing("a", **{"$set": 1}),
            thing("a", _w="x"),
        ],
    )
    async def test_a_document_that_not_every_store_takes_is_refused(
        self, store: Store, document: Document
    ) -> None:
        with pytest.raises(StoreMisuse):
            await store.insert(THINGS, document)
        with pytest.raises(StoreMisuse):
            await store.replace(THINGS, document, rev=1)
        with pytest.raises(StoreMisuse):
            await store.bulk(THINGS, [Insert(thing("b")), Insert(document)])

        assert await contents(store) == {}

    @pytest.mark.parametrize("value", [["list"], {"a": 1}, ("t",), object(), {1}])
    async def test_what_is_no_scalar_is_refused(self, store: Store, value: Any) -> None:
        with pytest.raises(StoreMisuse):
            await store.insert(THINGS, thing("a", extra=value))

    @pytest.mark.parametrize(
        "fields", [{}, {"id": "b"}, {"rev": 3}, {"lane": None}, {"at": b"1"}, {"x": "\ud800"}]
    )
    async def test_fields_that_can_t_be_set_are_refused(
        self, store: Store, fields: Document
    ) -> None:
        await store.insert(THINGS, thing("a"))

        with pytest.raises(StoreMisuse):
            await store.set_fields(THINGS, "a", fields)
        with pytest.raises(StoreMisuse):
            await store.claim(THINGS, EVERYTHING, fields)
        with pytest.raises(StoreMisuse):
            await store.bulk(THINGS, [SetFields("a", fields)])

        assert await contents(store) == {"a": {**thing("a"), "rev": 1}}

    @pytest.mark.parametrize(
        "range_",
        [
            Range(index="nothing"),
            Range(index="lane", prefix=("a", 1, "x")),
            Range(index="lane", prefix=(None,)),
            Range(index="lane", prefix=("a",), after=(1,)),
            Range(index="lane", prefix=("a",), after=(None, "x")),
            Range(index="lane", prefix=(b"a",)),
            Range(index="lane", start=float("nan")),
        ],
    )
    async def test_a_range_that_is_none_is_refused(self, store: Store, range_: Range) -> None:
        with pytest.raises(StoreMisuse):
            await store.page(THINGS, range_, limit=1)
        with pytest.raises(StoreMisuse):
            await store.claim(THINGS, range_, {"lane": "b"})

    async def test_too_much_at_once_is_refused(self, store: Store) -> None:
        names = [str(number) for number in range(1001)]
        with pytest.raises(StoreMisuse):
            await store.page(THINGS, EVERYTHING, limit=1001)
        with pytest.raises(StoreMisuse):
            await store.page(THINGS, EVERYTHING, limit=0)
        with pytest.raises(StoreMisuse):
            await store.get_many(THINGS, names)
        with pytest.raises(StoreMisuse):
            await store.bulk(THINGS, [Insert(thing(name)) for name in names])
        with pytest.raises(StoreMisuse):
            await store.bulk(THINGS, [Insert(thing("a")), Delete("a")])

        assert await contents(store) == {}

    async def test_a_collection_must_be_ensured(self, store: Store) -> None:
        with pytest.raises(StoreMisuse):
            await store.get(Collection("unheard", "sync"), "a")

    @pytest.mark.parametrize(
        "collection",
        [
            Collection("Upper", "sync"),
            Collection("a b", "sync"),
            Collection('a"b', "sync"),
            Collection("", "sync"),
            Collection("a", "sync", (Index("i", ("x y",)),)),
            Collection("a", "sync", (Index("i", ()),)),
            Collection("a", "sync", (Index("i", ("x", "x")),)),
            Collection("a", "sync", (Index("i", ("rev",)),)),
            Collection("a", "sync", (Index("i", ("x",)), Index("i", ("y",)))),
        ],
    )
    async def test_a_collection_with_unusable_names_is_refused(
        self, store: Store, collection: Collection
    ) -> None:
        with pytest.raises(StoreMisuse):
            await store.ensure([collection])


def _operation(chance: random.Random, id_: str, *, collide: bool) -> Operation:
    """Return any operation; the order within a bulk is open, so there no names collide."""
    document = thing(
        id_,
        lane=chance.choice(["a", "b"]),
        at=chance.randrange(4),
        flag=chance.random() < 0.5,
        weight=chance.choice([0, 0.5, 2]),
        name=f"n{chance.randrange(10) if collide else id_}",
        body=chance.randbytes(5),
    )
    match chance.randrange(5):
        case 0 | 1:
            return Insert(document)
        case 2:
            return Replace(document, chance.randrange(1, 4))
        case 3:
            names = chance.sample(["lane", "at", "flag", "weight", "name", "body"], k=2)
            return SetFields(id_, {name: document[name] for name in names})
        case _:
            return Delete(id_, chance.choice([None, 1, 2]))


def _range(chance: random.Random) -> Range:
    descending = chance.random() < 0.5
    match chance.randrange(5):
        case 0:
            return Range(index="by_id", start="1", end="5", descending=descending)
        case 1:
            after = (chance.randrange(4), str(chance.randrange(12)))
            return Range(index="lane", prefix=("a",), after=after, descending=descending)
        case 2:
            return Range(index="lane", prefix=("b",), start=1, end=3, descending=descending)
        case 3:
            return Range(index="weight", after=(0.5, "5"), descending=descending)
        case _:
            return Range(index="name", prefix=("p",), descending=descending)
