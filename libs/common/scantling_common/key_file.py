"""Files of keys: one key a line, 32 bytes in base64, readable by their owner only.

The first key seals, all of them open, so that a key is changed by putting a new line on top.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from typing import TYPE_CHECKING, Final

from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from pathlib import Path

KEY_BYTES: Final = 32
_LARGEST_FILE: Final = 4096


class KeyFileUnusable(ScantlingError):
    """The key file can't be used."""

    code = "key_file_unusable"


def read_key_file(path: Path) -> list[bytes]:
    """Return the keys of a file. Raises :class:`KeyFileUnusable`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise KeyFileUnusable(message, hint="give the path of a key file") from error
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode) or mode & 0o077:
            message = f"{path} is not a file that only its owner can read"
            raise KeyFileUnusable(message, hint=f"chmod 600 {path}")
        text = os.read(descriptor, _LARGEST_FILE + 1)
    finally:
        os.close(descriptor)
    try:
        keys = [base64.b64decode(line, validate=True) for line in text.split()]
    except binascii.Error as error:
        message = f"{path} is not base64"
        raise KeyFileUnusable(message) from error
    if len(text) > _LARGEST_FILE or not keys or any(len(key) != KEY_BYTES for key in keys):
        message = f"{path} does not hold keys of {KEY_BYTES} bytes in base64, one a line"
        raise KeyFileUnusable(message)
    return keys


def make_key_file(path: Path) -> bool:
    """Make a key file with a new key, mode 0600; False, and nothing done, where there is one.

    The file appears whole or not at all. Raises :class:`KeyFileUnusable`.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)
        finally:
            draft.unlink()
    except FileExistsError:
        return False
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise KeyFileUnusable(message) from error
    return True
