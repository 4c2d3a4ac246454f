"""Ending a scan early: by a signal, or because its time is over; nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
from typing import TYPE_CHECKING, Final

from scantling.scan.host import overdue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block as Ctrl-C does: by ``KeyboardInterrupt``.

    Inside ``asyncio.run`` the main task is cancelled instead. A signal that the caller ignores
    (``nohup``, a shell's background job) stays ignored.
    """
    owner = os.getpid()

    def interrupt(number: int, frame: FrameType | None) -> None:
        if os.getpid() != owner:
            os._exit(128 + number)  # a worker: its supervisor sees it die
        as_ctrl_c = signal.getsignal(signal.SIGINT)
        if callable(as_ctrl_c):
            as_ctrl_c(signal.SIGINT, frame)
        else:
            raise KeyboardInterrupt

    taken = [each for each in _ENDING if signal.getsignal(each) is signal.SIG_DFL]
    for each in taken:
        signal.signal(each, interrupt)
    try:
        with _as_ctrl_c_would():
            _find_temporary_directory()
            yield
    finally:
        for each in taken:
            signal.signal(each, signal.SIG_DFL)


@contextlib.contextmanager
def _as_ctrl_c_would() -> Iterator[None]:
    """Give asyncio a SIGINT to take over where the caller ignores it, and let none come.

    Without, it would cancel nothing: ``KeyboardInterrupt`` came wherever its loop just was.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        # What came meanwhile is forgotten with that.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _find_temporary_directory() -> None:
    """Let Python try where temporary files can be: it leaves its trial behind when interrupted."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, *_ENDING})
    try:
        with contextlib.suppress(OSError):  # said by whoever needs the directory
            tempfile.gettempdir()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Raise :class:`ScanOverdue` in a block that runs longer; it must not wait for an event loop.

    None is no limit.
    """
    if seconds is None:
        yield
        return

    def expire(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise overdue(seconds)

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
