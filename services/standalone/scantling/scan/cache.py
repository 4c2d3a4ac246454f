"""The cache file of scans without services: it saves work, and is never needed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scantling_analyzers.extraction.layer import LayerFailed
from scantling_common.bodies import BodyUnreadable
from scantling_common.layers.errors import IndexInvalid
from scantling_common.records.record import DocumentVersionUnknown
from scantling_common.store.port import StoreMisuse, StoreUnavailable
from scantling_common.store.records import DocumentUnreadable
from scantling_common.store.sqlite import SqliteStore
from scantling_common.store.sqlite_connection import MEMORY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_common.errors import ScantlingError

FILE: Final = "scan.db"
_OF_THE_STORE: Final = (
    StoreUnavailable,
    StoreMisuse,
    DocumentUnreadable,
    DocumentVersionUnknown,
    BodyUnreadable,
)
_IN_A_WORKER: Final = frozenset({BodyUnreadable.code, IndexInvalid.code})


def cache_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where facts are kept between scans unless told otherwise."""
    base = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "scantling"


def open_cache(folder: Path | None) -> SqliteStore:
    """Return the store of a cache directory, which is made; None keeps everything in memory.

    Raises :class:`StoreUnavailable` where there can't be such a directory.
    """
    if folder is None:
        return SqliteStore(MEMORY)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(str(error.strerror or error)) from error
    return SqliteStore(folder / FILE, synchronous="normal")


def is_cache_failure(error: ScantlingError) -> bool:
    """Say whether an error may be the cache's: full, locked, damaged, or of another program."""
    if isinstance(error, LayerFailed):
        return error.reason in _IN_A_WORKER
    return isinstance(error, _OF_THE_STORE)
