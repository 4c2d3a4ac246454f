"""The file of an SQLite database, made so that only its owner can read it."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_MAKING: Final = threading.Lock()


def make_file(path: Path) -> None:
    """Make the file and its folder where they are missing; one that is there is never opened.

    To close *any* descriptor of a file drops every lock that the process holds on it (POSIX,
    fcntl(2)), also those of connections that are open. A process that then closed its own
    connection would take itself for the last one, and delete the write-ahead log under the others.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Whoever finds the file there must not connect before its maker has closed it.
    with _MAKING, contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
