"""Directories for what a scan holds for a while, and the end of those whose scan was killed.

Each is locked by the scan that works in it. A lock of the operating system goes with its process,
however that dies, so what can be locked is nobody's any more. Where the file system has no locks
nothing is swept, and scans go on.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX: Final = "scantling-scan-"
MOST_SWEPT: Final = 100
"""How many directories one sweep looks at."""
_ATTEMPTS: Final = 10
_OPENING: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def scratch_directory() -> Iterator[Path]:
    """Give an empty directory of this process's own, which goes with its content at the end."""
    folder, lock = _made()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def sweep_scratch() -> int:
    """Remove the directories of this user whose processes are gone; return how many.

    What can't be removed stays, and is in nobody's way.
    """
    swept = 0
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in islice((e for e in entries if e.name.startswith(PREFIX)), MOST_SWEPT):
            with contextlib.suppress(OSError):
                swept += _swept(Path(entry.path))
    return swept


def _made() -> tuple[Path, int]:
    """Return a directory and its lock; a sweep may come between making and locking it."""
    for attempt in range(_ATTEMPTS):
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        try:
            lock = os.open(folder, _OPENING)
        except FileNotFoundError:
            if attempt + 1 == _ATTEMPTS:
                raise
            continue
        with contextlib.suppress(OSError):
            # A sweep that holds it is waited for: then the directory is gone.
            fcntl.flock(lock, fcntl.LOCK_SH)
        if folder.exists():
            return folder, lock
        os.close(lock)
    raise FileNotFoundError(0, "it is swept away each time", tempfile.gettempdir())


def _swept(folder: Path) -> bool:
    """Remove a directory if nobody works in it; others may have put what they like under its name.

    Its content is removed by handles, never by way of a link (``rmtree`` of this system).
    """
    lock = os.open(folder, _OPENING)
    try:
        if os.fstat(lock).st_uid != os.geteuid():
            return False
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(lock)
    return True
