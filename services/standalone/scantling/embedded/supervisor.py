"""Keeps processes alive, and ends all of them together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING, Final

import msgspec

from scantling.embedded.back_off import BackOff
from scantling.embedded.errors import UpError
from scantling.embedded.orders import Order
from scantling_common.faults import VARIABLE as FAULT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scantling_common.clock import Clock

logger = logging.getLogger(__name__)

GRACE: Final = 15.0
"""Seconds that a process has to stop."""

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Program(msgspec.Struct, frozen=True):
    """A process to keep; where it ``decides``, its end in peace ends everything."""

    order: Order
    decides: bool = False


class ProcessHopeless(UpError):
    """A process died again and again soon after its start."""

    code = "process_hopeless"


class Supervisor:
    """Runs programs. Each is a process group of its own, so that nothing of it stays behind."""

    def __init__(self, programs: Sequence[Program], clock: Clock) -> None:
        """Bind everything; nothing is started."""
        self._programs, self._clock = programs, clock
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()

    async def run(self) -> int:
        """Run until asked to stop, or until a program that decides has ended; return its status.

        SIGINT, SIGTERM and SIGHUP stop everything in ``GRACE`` seconds, a second one at once.
        Raises :class:`ProcessHopeless`.
        """
        with self._signals():
            stopped = asyncio.create_task(self._stop.wait())
            tasks = [asyncio.create_task(self._keep(program)) for program in self._programs]
            try:
                done, _ = await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopped.cancel()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(stopped, *tasks, return_exceptions=True)
        return next((task.result() for task in tasks if task in done), 0)

    async def _keep(self, program: Program) -> int:
        """Start a program again whenever it ends; return the status of one that decides."""
        back_off = BackOff()
        environment = dict(os.environ)
        while True:
            started = self._clock.monotonic()
            status = await self._once(program.order, environment)
            # A crash on order is one crash: what starts again is to recover from it.
            environment.pop(FAULT, None)
            if program.decides and status >= 0:
                return status
            back_off = back_off.after(self._clock.monotonic() - started)
            logger.error(
                "process ended",
                extra={
                    "program": program.order.name,
                    "status": status,
                    "restart_in": back_off.pause,
                },
            )
            if back_off.is_hopeless:
                raise ProcessHopeless(
                    f"the {program.order.name} process ended {back_off.failures} times in a row",
                    hint="its last messages say why",
                )
            await self._clock.sleep(back_off.pause)

    async def _once(self, order: Order, environment: dict[str, str]) -> int:
        """Run a process until it ends, and return its status; negative after a signal."""
        descriptors = (order.lifeline, order.lock, order.socket)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "scantling.embedded",
            order.encode(),
            stdin=asyncio.subprocess.DEVNULL,
            pass_fds=tuple(descriptor for descriptor in descriptors if descriptor >= 0),
            start_new_session=True,
            env=environment,
        )
        logger.info("process started", extra={"program": order.name, "pid": process.pid})
        try:
            return await process.wait()
        finally:
            await self._end(process)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """End a process and what it started."""
        if process.returncode is None:
            process.terminate()
            waiting = [
                asyncio.ensure_future(process.wait()),
                asyncio.ensure_future(self._hurry.wait()),
            ]
            await asyncio.wait(waiting, timeout=GRACE, return_when=asyncio.FIRST_COMPLETED)
            for each in waiting:
                each.cancel()
        # Its workers are of its group, and may have outlived it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for each in _SIGNALS:
            loop.add_signal_handler(each, self._asked)
        try:
            yield
        finally:
            for each in _SIGNALS:
                loop.remove_signal_handler(each)

    def _asked(self) -> None:
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()
