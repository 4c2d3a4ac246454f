"""Text that the user names by a file, or gives on standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from scantling.cli.errors import UsageError

MAX_FILE: Final = 64 * 1024
"""The most bytes of a certificate, a key or a password."""


def read_text(name: str, most: int = MAX_FILE) -> str:
    """Return what a file holds, at most ``most`` bytes; ``-`` is standard input.

    Raises :class:`UsageError`.
    """
    try:
        if name == "-":
            data = sys.stdin.buffer.read(most + 1)
        else:
            with Path(name).expanduser().open("rb") as file:
                data = file.read(most + 1)
        text = data.decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text in UTF-8"
        raise UsageError(f"{name}: {reason}") from error
    if len(data) > most:
        raise UsageError(f"{name} has more than {most:,} bytes")
    return text
