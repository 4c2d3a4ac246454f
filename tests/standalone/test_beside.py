"""Work beside a block: it goes as far as it gets, and whatever fails first ends both."""

from __future__ import annotations

import asyncio

import pytest

from scantling.scan.beside import beside


class Work:
    """Work that says how it ended."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun, self.ended, self._error = asyncio.Event(), "", error

    async def run(self) -> None:
        self.begun.set()
        if self._error is not None:
            raise self._error
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = "given up"


async def test_work_is_given_up_at_the_end_of_the_block() -> None:
    work = Work()
    async with beside(work.run()):
        await work.begun.wait()
    assert work.ended == "given up"


async def test_work_that_never_began_is_given_up_too() -> None:
    work = Work()
    async with beside(work.run()):
        pass
    assert not work.ended


async def test_what_the_block_raises_ends_the_work_and_is_raised_as_it_is() -> None:
    work, error = Work(), KeyError("of the block")

    async def both() -> None:
        async with beside(work.run()):
            await work.begun.wait()
            raise error

    with pytest.raises(KeyError) as raised:
        await both()
    assert raised.value is error
    assert work.ended == "given up"


async def test_what_the_work_raises_ends_the_block() -> None:
    error = OSError("of the work")
    with pytest.raises(OSError, match="of the work") as raised:
        async with beside(Work(error).run()):
            await asyncio.Event().wait()
    assert raised.value is error


async def test_who_is_cancelled_is_and_so_is_the_work() -> None:
    work = Work()

    async def both() -> None:
        async with beside(work.run()):
            await asyncio.Event().wait()

    task = asyncio.create_task(both())
    await work.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert work.ended == "given up"
