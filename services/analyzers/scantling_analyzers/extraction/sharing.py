"""Work that several callers want: one at a time for each thing, and none that nobody wants."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


class Sharing:
    """Runs work by the name of the thing that it is on.

    A caller that is cancelled leaves work under way alone as long as another caller wants the
    same thing: the other one finds it done. The last one to leave ends it.
    """

    def __init__(self) -> None:
        """Start with nothing wanted."""
        self._things: dict[str, _Thing] = {}

    async def run(self, name: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do the work when no other is under way on the thing; raise what it raises."""
        thing = self._things.setdefault(name, _Thing())
        thing.wanted += 1
        task = asyncio.create_task(thing.alone(work))
        try:
            return await asyncio.shield(task)
        finally:
            thing.wanted -= 1
            if not thing.wanted and self._things.get(name) is thing:
                del self._things[name]
            if not task.done():
                await thing.leave(task)
            if not thing.wanted and thing.left is not None:
                await _end(thing.left)


class _Thing:
    def __init__(self) -> None:
        self.wanted = 0
        self.left: asyncio.Task[Any] | None = None
        self._lock = asyncio.Lock()
        self._at_work: asyncio.Task[Any] | None = None

    async def alone(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        async with self._lock:
            self._at_work = asyncio.current_task()
            try:
                return await work()
            finally:
                self._at_work = None

    async def leave(self, task: asyncio.Task[Any]) -> None:
        if task is self._at_work and self.wanted:
            self.left = task
            task.add_done_callback(_forget)
        else:
            await _end(task)


async def _end(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait until it has cleaned up."""
    task.cancel()
    await asyncio.wait({task})
    _forget(task)


def _forget(task: asyncio.Task[Any]) -> None:
    """Take note of an error that nobody waits for."""
    if not task.cancelled():
        task.exception()
