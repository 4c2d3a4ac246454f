"""The loops of a service: they run together, and end together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from typing import TYPE_CHECKING, Any, Final

from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Iterator

logger = logging.getLogger(__name__)

GRACE: Final = 10.0
"""Seconds that loops have to stop."""

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class StopTimedOut(ScantlingError):
    """A loop did not stop in time."""

    code = "stop_timed_out"


async def run_all(
    *loops: Coroutine[Any, Any, None], grace: float = GRACE, signals: bool = True
) -> None:
    """Run loops until all have ended, one fails, or the process is asked to stop.

    A failing loop stops the others, and its error is raised; of several the first. SIGTERM and
    SIGINT stop all loops by cancellation; a second signal does what it does by default. Raises
    :class:`StopTimedOut` where a loop is still running ``grace`` seconds after it was stopped.
    """
    tasks = [
        asyncio.create_task(loop, name=getattr(loop, "__qualname__", "loop")) for loop in loops
    ]
    stopping = asyncio.Event()
    stop = asyncio.create_task(stopping.wait(), name="stop signal")
    with _handled(stopping) if signals else contextlib.nullcontext():
        try:
            await _until_one_fails(tasks, stop)
        finally:
            stop.cancel()
            await _stop(tasks, grace)
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


async def _until_one_fails(tasks: list[asyncio.Task[None]], stop: asyncio.Task[Any]) -> None:
    running = set(tasks)
    while running:
        done, _ = await asyncio.wait({*running, stop}, return_when=asyncio.FIRST_COMPLETED)
        if stop in done or any(task.cancelled() or task.exception() for task in done - {stop}):
            return
        running -= done


async def _stop(tasks: Iterable[asyncio.Task[None]], grace: float) -> None:
    running = [task for task in tasks if not task.done()]
    for task in running:
        task.cancel()
    if not running:
        return
    _, late = await asyncio.wait(running, timeout=grace)
    if late:
        names = ", ".join(sorted(task.get_name() for task in late))
        message = f"still running after {grace} s: {names}"
        raise StopTimedOut(message)


@contextlib.contextmanager
def _handled(stopping: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def stop(received: signal.Signals) -> None:
        logger.info("stopping", extra={"signal": received.name})
        stopping.set()
        for each in _SIGNALS:
            loop.remove_signal_handler(each)

    before = {each: signal.getsignal(each) for each in _SIGNALS}
    for each in _SIGNALS:
        loop.add_signal_handler(each, stop, each)
    try:
        yield
    finally:
        for each, handler in before.items():
            loop.remove_signal_handler(each)
            signal.signal(each, handler)
