"""A collection is written by its owner only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.house.ownership import collections_named_twice, foreign_writes, owners

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.house.sources import Module

RECORDS = 'IMAGES: Final = Collection("images", "sync", (Index("a", ("a",)),))'

IN_A_CLASS = """
class A:
    def __init__(self, store):
        self._images = Repository(store, IMAGES, Image)
    def f(self):
        return self._images.delete("x")
"""


def test_collections_have_owners(modules: list[Module]) -> None:
    found = owners(modules)

    assert found["PLACEMENTS"] == "sync"
    assert set(found.values()) == {"sync", "dispatcher", "extractor", "reporter"}
    assert list(collections_named_twice(modules)) == []


def test_services_write_their_own(modules: list[Module]) -> None:
    assert list(foreign_writes(modules)) == []


@pytest.mark.parametrize(
    "text",
    [
        "async def f(store): await store.insert(IMAGES, {})",
        "async def f(store): await store.bulk(sync.IMAGES, [])",
        "images = Repository(store, IMAGES, Image)\nimages.replace(image)",
        IN_A_CLASS,
    ],
)
def test_a_foreign_write_is_seen(
    text: str, made: Callable[[Mapping[str, str]], list[Module]]
) -> None:
    modules = made(
        {
            "scantling_common.records.sync": RECORDS,
            "scantling_reporter.a": text,
            "scantling_sync.a": text,
        }
    )

    found = list(foreign_writes(modules))

    assert len(found) == 1
    assert found[0].endswith("reporter writes IMAGES of sync")


def test_a_foreign_read_is_allowed(made: Callable[[Mapping[str, str]], list[Module]]) -> None:
    text = "images = Repository(store, IMAGES, Image)\nimages.get('x')\nstore.page(IMAGES, r)"
    modules = made({"scantling_common.records.sync": RECORDS, "scantling_reporter.a": text})

    assert list(foreign_writes(modules)) == []


def test_a_collection_declared_twice_is_seen(
    made: Callable[[Mapping[str, str]], list[Module]],
) -> None:
    modules = made(
        {"scantling_common.records.sync": RECORDS, "scantling_common.records.reporter": RECORDS}
    )

    assert len(list(collections_named_twice(modules))) == 1
