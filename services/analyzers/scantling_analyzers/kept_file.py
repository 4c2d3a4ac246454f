"""Files that are kept because they are dear to make: SHA-256 of all that follows, then that.

What is damaged counts as not there; a file appears whole or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_HASH_BYTES: Final = 32


def keep(path: Path, pieces: Iterable[bytes | memoryview]) -> None:
    """Keep what the pieces are together; a disk that is full is no error."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
        try:
            with os.fdopen(handle, "wb") as file:
                digest = hashlib.sha256()
                file.write(digest.digest())
                for piece in pieces:
                    digest.update(piece)
                    file.write(piece)
                file.seek(0)
                file.write(digest.digest())
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise


def kept(path: Path) -> memoryview | None:
    """Map what was kept in a file; None where it is not there, or not what was written."""
    try:
        with path.open("rb") as file:
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError):
        return None
    content = mapped[_HASH_BYTES:]
    return content if hashlib.sha256(content).digest() == mapped[:_HASH_BYTES] else None
