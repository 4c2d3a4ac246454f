"""A pipe whose end tells a process that its supervisor has gone, also after kill -9."""

from __future__ import annotations

import asyncio
import os
import signal


def stop_with(lifeline: int) -> None:
    """Ask this process to stop when the other end of the pipe is closed."""
    loop = asyncio.get_running_loop()

    def gone() -> None:
        loop.remove_reader(lifeline)
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(lifeline, gone)
