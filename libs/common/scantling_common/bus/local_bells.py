"""Doorbells between the processes of the local bus, which also tell who is alive.

Each process owns a FIFO whose reading end it holds open. A byte in it says: look again. That
nobody holds it open for reading says that its process is dead, at once, also after kill -9.
A FIFO has no length limit on its path, unlike a socket, and no state that could be stale.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import weakref
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

logger = logging.getLogger(__name__)

_SUFFIX: Final = ".bell"
_TO_READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_TO_WRITE: Final = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC
_GONE: Final = (errno.ENXIO, errno.ENOENT, errno.EPIPE)


class Bells:
    """The bell of this process, and the way to those of the others in the same folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._folder = folder
        self._reading = -1
        self._writing = -1
        self._others: dict[str, int] = {}

    def open(self, on_ring: Callable[[], None]) -> None:
        """Hang up the bell; ``on_ring`` is called in the running event loop.

        It gets its name only when its reading end is open, or it would look dead meanwhile.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(self.name)
        making = path.with_suffix(".making")
        os.mkfifo(making, 0o600)
        self._reading = os.open(making, _TO_READ)
        self._writing = os.open(making, _TO_WRITE)
        making.rename(path)
        release = weakref.WeakMethod(self._release)
        os.register_at_fork(after_in_child=lambda: (method := release()) and method())
        asyncio.get_running_loop().add_reader(self._reading, self._heard, on_ring)

    def close(self) -> None:
        """Take the bell down."""
        if self._reading >= 0:
            asyncio.get_running_loop().remove_reader(self._reading)
            self._path(self.name).unlink(missing_ok=True)
        self._release()
        while self._others:
            os.close(self._others.popitem()[1])

    def ring_others(self) -> None:
        """Ring every other bell; call it in one thread only.

        A bell that can't be rung is only worth a warning: its owner looks every second anyway.
        """
        try:
            with os.scandir(self._folder) as entries:
                names = [entry.name for entry in entries if entry.name.endswith(_SUFFIX)]
            for name in names:
                if name != f"{self.name}{_SUFFIX}":
                    self._ring(name.removesuffix(_SUFFIX))
        except OSError as error:
            logger.warning("bells can't be rung", extra={"error": str(error)})

    def alive(self, name: str) -> bool:
        """Tell whether the process of a bell lives."""
        if name == self.name:
            return True
        try:
            os.close(os.open(self._path(name), _TO_WRITE))
        except OSError as error:
            if error.errno not in _GONE:
                raise
            return False
        return True

    def _ring(self, name: str) -> None:
        try:
            fd = self._others.get(name)
            if fd is None:
                fd = self._others[name] = os.open(self._path(name), _TO_WRITE)
            os.write(fd, b"\0")
        except BlockingIOError:
            return  # it has rung often enough to be full
        except OSError as error:
            if error.errno not in _GONE:
                raise
            if name in self._others:
                os.close(self._others.pop(name))
            self._path(name).unlink(missing_ok=True)

    def _heard(self, on_ring: Callable[[], None]) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._reading, 65536)
        on_ring()

    def _release(self) -> None:
        """Close the bell's ends; a forked child must not make a dead parent look alive."""
        for fd in (self._reading, self._writing):
            if fd >= 0:
                os.close(fd)
        self._reading = self._writing = -1

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"
