"""A loop that outlives an unavailable store or bus."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from scantling_common.clock import Clock

logger = logging.getLogger(__name__)

PAUSE: Final = 1.0
"""Seconds before another try where something is unavailable."""

Step = Callable[[], Awaitable[object]]
Wait = Callable[[], Awaitable[None]]


async def repeat(name: str, step: Step, wait: Wait, clock: Clock) -> None:
    """Carry out a step for ever: again at once where it returns something true, else after a wait.

    What is unavailable is waited for; every other error ends the loop.
    """
    while True:
        try:
            again = await step()
        except ScantlingError as error:
            if not error.code.endswith("_unavailable"):
                raise
            logger.warning("loop waits", extra={"loop": name, "error": error.code})
            await clock.sleep(PAUSE)
            continue
        if not again:
            await wait()
