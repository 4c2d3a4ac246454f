"""The data directory: one product at a time, its keys and its first token."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING, Final

from scantling.embedded.errors import DataInUse, DataUnusable
from scantling_common.errors import ScantlingError
from scantling_common.key_file import make_key_file
from scantling_reporter.tokens import token_of_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK: Final = "lock"
ADMIN_TOKEN: Final = "admin-token"  # noqa: S105  # a file's name
CREDENTIAL_KEY: Final = "keys/credential.key"
FACT_KEY: Final = "keys/fact.key"
STORE: Final = "store.db"


class DataDirectory:
    """A directory that this process has for itself."""

    def __init__(self, path: Path, lock: int) -> None:
        """Hold a locked directory; ``lock`` is the descriptor that locks it."""
        self.path = path
        self.lock = lock

    @property
    def admin_token_file(self) -> Path:
        """Return where the admin token is."""
        return self.path / ADMIN_TOKEN

    @property
    def credential_key_file(self) -> Path:
        """Return where the key is that seals the credentials of registries."""
        return self.path / CREDENTIAL_KEY

    @property
    def fact_key_file(self) -> Path:
        """Return where the key is that seals what is sensitive in facts."""
        return self.path / FACT_KEY

    @property
    def has_lost_key(self) -> bool:
        """Tell whether the key is gone that stored credentials were sealed with."""
        return (self.path / STORE).exists() and not self.credential_key_file.exists()

    def make_secrets(self) -> bool:
        """Make the keys and the admin token, mode 0600; True where the token is new.

        Raises :class:`DataUnusable`.
        """
        is_new = not self.admin_token_file.exists()
        try:
            self.credential_key_file.parent.mkdir(mode=0o700, exist_ok=True)
            make_key_file(self.credential_key_file)
            make_key_file(self.fact_key_file)
            token_of_file(self.admin_token_file)
        except (OSError, ScantlingError) as error:
            raise DataUnusable(f"{self.path}: {error}") from error
        return is_new


@contextlib.contextmanager
def data_directory(path: Path) -> Iterator[DataDirectory]:
    """Make a data directory, mode 0700, and lock it.

    The lock is the kernel's (``flock``): it ends with the last process that was given its
    descriptor, also after kill -9. Raises :class:`DataInUse` and :class:`DataUnusable`.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DataUnusable(
            f"{error.filename or path}: {error.strerror}", hint="give another one with --data DIR"
        ) from error
    try:
        _lock(lock, path)
        yield DataDirectory(path, lock)
    finally:
        os.close(lock)


def _lock(lock: int, path: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = os.pread(lock, 32, 0).decode("ascii", "replace").strip()
        whose = f" (process {owner})" if owner.isdigit() else ""
        raise DataInUse(
            f"another scantling uses {path}{whose}",
            hint="stop that one first, or give another directory with --data DIR",
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
