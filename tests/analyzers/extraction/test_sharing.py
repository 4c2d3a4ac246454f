"""Work that several callers want."""

from __future__ import annotations

import asyncio

import pytest

from scantling_analyzers.extraction.sharing import Sharing


class Deeds:
    """Work that waits to be let go, and tells how it ended."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.ended: list[str] = []
        self.go = asyncio.Event()
        self.started = asyncio.Event()

    async def work(self, name: str) -> str:
        self.began.append(name)
        self.started.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.ended.append(f"{name} cancelled")
            raise
        self.ended.append(name)
        return name


def start(sharing: Sharing, deeds: Deeds, name: str) -> asyncio.Task[str]:
    return asyncio.create_task(sharing.run("thing", lambda: deeds.work(name)))


async def leave(task: asyncio.Task[str]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_one_after_the_other() -> None:
    sharing, deeds = Sharing(), Deeds()
    tasks = [start(sharing, deeds, name) for name in "abc"]
    await deeds.started.wait()
    assert deeds.began == ["a"]
    deeds.go.set()
    assert [await task for task in tasks] == ["a", "b", "c"]


async def test_work_that_another_one_waits_for_is_not_ended() -> None:
    sharing, deeds = Sharing(), Deeds()
    first, second = start(sharing, deeds, "a"), start(sharing, deeds, "b")
    await deeds.started.wait()
    await leave(first)
    deeds.go.set()
    assert await second == "b"
    assert deeds.ended == ["a", "b"]


async def test_work_that_nobody_waits_for_is_ended() -> None:
    sharing, deeds = Sharing(), Deeds()
    first, second = start(sharing, deeds, "a"), start(sharing, deeds, "b")
    await deeds.started.wait()
    await leave(first)
    assert deeds.ended == []
    await leave(second)
    assert deeds.ended == ["a cancelled"]
    assert deeds.began == ["a"]


async def test_who_only_queues_leaves_nothing_behind() -> None:
    sharing, deeds = Sharing(), Deeds()
    first, second = start(sharing, deeds, "a"), start(sharing, deeds, "b")
    await deeds.started.wait()
    await leave(second)
    deeds.go.set()
    assert await first == "a"
    assert deeds.began == ["a"]


async def test_an_error_is_its_callers_own() -> None:
    sharing, deeds = Sharing(), Deeds()

    async def fail() -> str:
        raise ValueError("mine")

    failing = asyncio.create_task(sharing.run("thing", fail))
    other = start(sharing, deeds, "b")
    deeds.go.set()
    with pytest.raises(ValueError, match="mine"):
        await failing
    assert await other == "b"
