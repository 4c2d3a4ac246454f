"""The tour of the samples ends when it is asked to, whoever answers or does not."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from scantling.client.api import Api
from scantling.client.errors import ServerUnreachable
from scantling.sample.notifications import Notifications
from scantling.sample.tour import Tour
from scantling_common.clock import SystemClock, SystemRandomness

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_ONCE = 5.0
"""Seconds in which a wait must have ended that nothing would end otherwise."""


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Listen, and answer nothing: as the supervisor's socket does when its process is gone."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def api_at(listening: socket.socket) -> Api:
    return Api(f"http://127.0.0.1:{listening.getsockname()[1]}", "token", seconds=60.0)


def test_what_another_thread_asks_can_be_abandoned(silent: socket.socket) -> None:
    api = api_at(silent)
    errors: list[Exception] = []

    def ask() -> None:
        try:
            api.get("/projects")
        except ServerUnreachable as error:
            errors.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asked, _ = silent.accept()
    with asked:
        assert asked.recv(3) == b"GET"
        api.abandon()
        asking.join(AT_ONCE)

    assert not asking.is_alive()
    assert len(errors) == 1


def test_there_may_be_nothing_to_abandon(silent: socket.socket) -> None:
    api_at(silent).abandon()


async def test_a_tour_that_is_stopped_waits_for_no_answer(silent: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    silent.setblocking(False)
    clock, randomness = SystemClock(), SystemRandomness()
    tour = Tour(
        api_at(silent),
        registry="127.0.0.1:1",
        secret="secret",
        notifications=Notifications(clock, randomness),
        clock=clock,
    )
    running = asyncio.create_task(tour.run())
    asked, _ = await loop.sock_accept(silent)
    with asked:
        assert await loop.sock_recv(asked, 4) == b"POST"
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        # What asyncio.run does at the end: it waits for the threads.
        async with asyncio.timeout(AT_ONCE):
            await loop.shutdown_default_executor()
