"""Who works on a cache directory: any number of scans, or one sweep, never both.

A lock of the operating system, so that a process that dies holds none. Where the file system has
no locks nothing is swept, and scans go on.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE: Final = "scan.lock"


@contextlib.contextmanager
def scanning(folder: Path) -> Iterator[None]:
    """Keep sweeps from a cache; one that goes on is waited for, it takes seconds at most."""
    with _locked(folder, fcntl.LOCK_SH):
        yield


@contextlib.contextmanager
def sweeping(folder: Path) -> Iterator[bool]:
    """Have a cache alone; False where a scan works on it, or that can't be known."""
    with _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB) as held:
        yield held


@contextlib.contextmanager
def _locked(folder: Path, operation: int) -> Iterator[bool]:
    try:
        file = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(file, operation)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(file)
