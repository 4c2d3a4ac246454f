"""Reading small files that the user names."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from scantling.cli.errors import UsageError


def content_of(file: Path, most: int, unusable: type[UsageError]) -> bytes:
    """Return a file's content; of one over ``most`` bytes one byte more, which tells.

    Raises ``unusable`` for what is no file and for what can't be read.
    """
    try:
        # A pipe must not be opened: that waits for its writer.
        if not stat.S_ISREG(file.stat().st_mode):
            raise unusable(f"{file} is not a file")
        with file.open("rb") as opened:
            return opened.read(most + 1)
    except OSError as error:
        raise unusable(f"{file} can't be read: {error.strerror or error}") from error
