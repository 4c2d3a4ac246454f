"""Ends the processes that a thread started, when nobody waits for the thread any more.

A thread can't be ended, and what it waits for may take minutes. Who waits for it marks the thread's
context; what is started in it is known by the mark.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

P = ParamSpec("P")
T = TypeVar("T")


class Stopper:
    """The processes that one piece of work started; it may be stopped from another thread."""

    def __init__(self) -> None:
        """Begin without any."""
        self._guard = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self.is_stopped = False

    def stop(self) -> None:
        """End all processes, and those that are started from now on."""
        with self._guard:
            self.is_stopped = True
            for process in self._running:
                process.kill()

    @contextlib.contextmanager
    def watching(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """Have a process ended with the others; at the end of the block it is, in any case."""
        with self._guard:
            self._running.add(process)
            if self.is_stopped:
                process.kill()
        try:
            yield
        finally:
            process.kill()
            process.wait()
            with self._guard:
                self._running.discard(process)


_CURRENT: Final[ContextVar[Stopper | None]] = ContextVar("scantling_stopper", default=None)


def current_stopper() -> Stopper:
    """Return that of the work which this is a part of, or one that nobody stops."""
    return _CURRENT.get() or Stopper()


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function in a thread; where the wait for it is cancelled, its processes end."""
    stopper = Stopper()
    token = _CURRENT.set(stopper)
    try:
        # The thread has a copy of this context.
        return await asyncio.to_thread(function, *args, **kwargs)
    except asyncio.CancelledError:
        stopper.stop()
        raise
    finally:
        _CURRENT.reset(token)
