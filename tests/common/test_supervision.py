"""Loops that run and end together."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from scantling_common.supervision import StopTimedOut, run_all


class Loop:
    """A loop that runs for ever, and tells how it ended."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.ended = ""

    async def run(self) -> None:
        self.started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise


async def fail_after(loop: Loop, error: Exception) -> None:
    await loop.started.wait()
    raise error


async def nothing() -> None:
    return


async def test_loops_that_end_end_the_run() -> None:
    await run_all(nothing(), nothing(), signals=False)


async def test_one_that_ends_leaves_the_others_running() -> None:
    loop = Loop()

    with pytest.raises(KeyError):
        await run_all(nothing(), loop.run(), fail_after(loop, KeyError()), signals=False)


async def test_one_that_fails_ends_the_others_with_its_error() -> None:
    loop = Loop()

    with pytest.raises(KeyError, match="broken"):
        await run_all(loop.run(), fail_after(loop, KeyError("broken")), signals=False)

    assert loop.ended == "cancelled"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_all_loops_without_an_error(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    loop = Loop()

    async def kill() -> None:
        await loop.started.wait()
        os.kill(os.getpid(), number)

    await run_all(loop.run(), kill())

    assert loop.ended == "cancelled"
    assert signal.getsignal(number) == before


async def test_a_loop_that_does_not_stop_is_named() -> None:
    released = asyncio.Event()
    loop = Loop()

    async def stubborn() -> None:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    with pytest.raises(StopTimedOut, match="stubborn"):
        await run_all(
            loop.run(), stubborn(), fail_after(loop, KeyError()), grace=0.01, signals=False
        )

    released.set()


async def test_an_error_while_stopping_is_raised() -> None:
    loop = Loop()

    async def careless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("lost")

    async def kill() -> None:
        await loop.started.wait()
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(ValueError, match="lost"):
        await run_all(careless(), loop.run(), kill())


async def test_being_cancelled_cancels_the_loops() -> None:
    loop = Loop()
    running = asyncio.ensure_future(run_all(loop.run(), signals=False))
    await loop.started.wait()

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert loop.ended == "cancelled"
