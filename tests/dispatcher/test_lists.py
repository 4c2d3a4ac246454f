"""A project's lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_common.store.port import Range
from scantling_dispatcher.lists import (
    MAX_ENTRIES,
    ListInvalid,
    Lists,
    ListUnknown,
    checked,
    version_of,
)
from scantling_dispatcher.rule_book import SECONDS, RuleBook
from tests.dispatcher.samples import NOW, PROJECT
from tests.dispatcher.world import lead, push, settle

if TYPE_CHECKING:
    from tests.dispatcher.world import World


@pytest.fixture
def lists(world: World) -> Lists:
    return Lists(world.repositories, world.clock)


async def test_a_list_that_was_never_set_is_told_from_an_empty_one(lists: Lists) -> None:
    assert await lists.get(PROJECT, "approved-bases") == (None, "")

    record, version = await lists.put(PROJECT, "approved-bases", [], "me")

    assert (await lists.get(PROJECT, "approved-bases")) == (record, version)
    assert record.body.entries == ()
    assert version


async def test_a_change_is_a_new_document_and_a_new_version(world: World, lists: Lists) -> None:
    first, old = await lists.put(PROJECT, "approved-bases", ["a"], "me")
    second, new = await lists.put(PROJECT, "approved-bases", ["a", "b"], "me")
    await lists.put(PROJECT, "disallowed-software", ["nmap"], "me")

    assert old != new
    assert await world.repositories.lists.get(first.id) == first
    stored = await world.repositories.settings.get(f"{PROJECT}/{new}")
    assert stored is not None
    assert stored.body.lists == {"approved-bases": second.hash}
    current = await lists.get(PROJECT, "approved-bases")
    assert current[0] == second
    assert current[1] not in {old, new}


async def test_an_earlier_content_is_the_earlier_version(world: World, lists: Lists) -> None:
    _, old = await lists.put(PROJECT, "approved-bases", ["a"], "me")
    await lists.put(PROJECT, "approved-bases", ["b"], "me")

    _, again = await lists.put(PROJECT, "approved-bases", [" a ", "", "a"], "me")

    assert again == old
    assert (await lists.get(PROJECT, "approved-bases"))[1] == old
    rows = [r async for r in world.repositories.lists.each(Range(index="project"))]
    assert len(rows) == 2


async def test_a_removed_list_is_not_set_any_more(lists: Lists) -> None:
    assert await lists.remove(PROJECT, "approved-bases", "me") == ""
    _, without = await lists.put(PROJECT, "disallowed-software", ["nmap"], "me")
    await lists.put(PROJECT, "approved-bases", [], "me")

    assert await lists.remove(PROJECT, "approved-bases", "me") == without

    assert await lists.get(PROJECT, "approved-bases") == (None, without)
    assert await lists.remove(PROJECT, "approved-bases", "me") == without
    with pytest.raises(ListUnknown):
        await lists.remove(PROJECT, "nothing", "me")


async def test_projects_have_their_own(lists: Lists) -> None:
    await lists.put(PROJECT, "approved-bases", ["a"], "me")

    assert await lists.get("other", "approved-bases") == (None, "")


@pytest.mark.parametrize(
    ("name", "entries"),
    [
        ("unchecked-paths", ["usr/"]),
        ("unchecked-paths", [f"/{n}" for n in range(21)]),
        ("approved-bases", [str(n) for n in range(MAX_ENTRIES + 1)]),
        ("approved-bases", ["a" * 1025]),
        ("approved-bases", ["a\x1b[31m"]),
        ("approved-bases", ["\ud800"]),
        ("weak-passwords", ["a" * 129]),
        ("weak-passwords", ["a\tb"]),
        ("weak-passwords", [str(n) for n in range(MAX_ENTRIES + 1)]),
        ("disallowed-software", ["nmap\ud800"]),
        ("disallowed-software", ["a b"]),
        ("disallowed-software", [""] * (MAX_ENTRIES + 1)),
    ],
)
def test_what_is_no_entry_is_refused(name: str, entries: list[str]) -> None:
    with pytest.raises(ListInvalid):
        checked(name, entries)


def test_a_path_is_refused_with_its_number_and_what_to_write() -> None:
    with pytest.raises(ListInvalid) as raised:
        checked("unchecked-paths", ["# ours", "/srv/app/", "srv"])

    assert raised.value.message == "unchecked-paths: entry 3: srv is no absolute path"
    assert raised.value.hint == "begin it with /"


def test_twenty_paths_are_kept_and_no_comment() -> None:
    paths = [f"/{n}" for n in range(20)]
    assert checked("unchecked-paths", ["# ours", *paths, " /0 "]) == tuple(paths)


def test_a_password_is_refused_with_its_number_and_not_shown() -> None:
    with pytest.raises(ListInvalid) as raised:
        checked("weak-passwords", ["# ours", "fine", "canary" * 30])

    assert raised.value.message == (
        "weak-passwords: entry 3: the password has 180 characters, 128 at most"
    )
    assert raised.value.hint


def test_passwords_keep_their_order_and_no_comment() -> None:
    entries = ["# ours", "b", " a ", "b", "\\#a"]

    assert checked("weak-passwords", entries) == ("b", "a", "\\#a")


def test_an_entry_of_software_is_refused_with_its_number_and_what_to_write() -> None:
    entries = ["# a comment", "nmap", "nmap", "", "nmap type=dep", "x y"]

    with pytest.raises(ListInvalid) as raised:
        checked("disallowed-software", entries)

    assert raised.value.message == (
        "disallowed-software: entry 5, column 11: 'dep' is no type; 1 more are wrong"
    )
    assert "the types are system, alpm" in raised.value.hint


def test_entries_of_software_keep_their_order_and_no_comment() -> None:
    entries = ["# a comment", " allow nmap ", "nmap", "include default", "nmap"]
    kept = ("allow nmap", "nmap", "include default")
    assert checked("disallowed-software", entries) == kept


def test_there_is_no_other_list() -> None:
    with pytest.raises(ListUnknown):
        checked("favourites", [])


def test_the_version_does_not_depend_on_the_order() -> None:
    assert version_of({"a": "1", "b": "2"}) == version_of({"b": "2", "a": "1"})
    assert version_of({"a": "1"}) != version_of({"a": "2"})


async def test_a_scan_carries_the_version_that_applies(world: World, lists: Lists) -> None:
    active = await lead(world.dispatcher())
    _, version = await lists.put(PROJECT, "approved-bases", ["a"], "me")
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)

    assert (await world.scan(placement.image)).settings_version == version


async def test_a_task_goes_by_the_list_that_was_set_before_it_was_made(
    world: World, lists: Lists
) -> None:
    book = RuleBook(world.repositories.settings, world.clock)
    _, old = await lists.put(PROJECT, "weak-passwords", ["a"], "me")
    assert await book.version(PROJECT, NOW) == old

    _, new = await lists.put(PROJECT, "weak-passwords", ["b"], "me")

    # What is asked for a task again and again is remembered, but for no later task.
    assert await book.version(PROJECT, NOW) == old
    assert await book.version(PROJECT, NOW + 1) == new
    assert await book.version(PROJECT, NOW) == new
    _, last = await lists.put(PROJECT, "weak-passwords", ["c"], "me")
    assert await book.version(PROJECT, NOW + 1) == new
    world.clock.turn(SECONDS)
    assert await book.version(PROJECT, NOW) == last
