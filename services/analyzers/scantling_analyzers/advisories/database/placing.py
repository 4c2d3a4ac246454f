"""Where a build is written: beside its target, in a directory that goes with it, however it ends.

The directory is locked by its process. A lock of the operating system goes with the process, also
after kill -9: the next build of the same target removes what is locked by nobody.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Draft(NamedTuple):
    """Files of a build that is under way."""

    stage: Path
    file: Path


@contextlib.contextmanager
def placed(target: Path) -> Iterator[Draft]:
    """Give two files that are not there yet; ``file`` becomes ``target`` where the block ends well.

    It is synced before it replaces what was there, and is readable by all, as the feeds are.
    Raises :class:`OSError`.
    """
    target = target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{target.name}-"
    _sweep(target.parent, prefix)
    # Named before it is made, so that whoever is interrupted between the two removes it as well.
    folder = target.parent / f"{prefix}{secrets.token_hex(8)}"
    with contextlib.ExitStack() as leaving:
        leaving.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.mkdir(0o700)
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        leaving.callback(os.close, lock)
        with contextlib.suppress(OSError):
            # Where the file system has no locks nothing is swept either.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        draft = Draft(folder / "stage", folder / "advisories.db")
        yield draft
        _sync(draft.file)
        draft.file.chmod(0o644)
        draft.file.replace(target)
        _sync(target.parent)


def _sweep(folder: Path, prefix: str) -> None:
    """Remove what killed builds of the same target left."""
    for left in sorted(folder.glob(f"{_literal(prefix)}*")):
        with contextlib.suppress(OSError):
            lock = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left)
            finally:
                os.close(lock)


def _literal(name: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
