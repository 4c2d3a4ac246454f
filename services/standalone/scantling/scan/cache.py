"""The cache file of scans without services: it saves work, and is never needed."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scantling.scan.cache_lock import scanning
from scantling_analyzers.extraction.layer import LayerFailed
from scantling_analyzers.fact_seal import FactSeal
from scantling_common.bodies import BodyUnreadable
from scantling_common.key_file import make_key_file
from scantling_common.layers.errors import IndexInvalid
from scantling_common.records.extractor import BINDINGS, Binding
from scantling_common.records.record import DocumentVersionUnknown
from scantling_common.store.port import StoreMisuse, StoreUnavailable
from scantling_common.store.records import DocumentUnreadable
from scantling_common.store.repository import Repository
from scantling_common.store.sqlite import SqliteStore
from scantling_common.store.sqlite_connection import MEMORY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from scantling_common.errors import ScantlingError
    from scantling_common.records.sync import Image
    from scantling_common.store.port import Store

FILE: Final = "scan.db"
KEY: Final = "fact.key"
DAY_MS: Final = 24 * 3_600_000
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


def cache_seal(folder: Path | None) -> FactSeal:
    """Return what facts of a cache directory are sealed with, by a key file that is made in it.

    Without a directory it is new: nothing outlives the scan. Raises
    :class:`~scantling_common.key_file.KeyFileUnusable`.
    """
    if folder is None:
        return FactSeal.random()
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_key_file(folder / KEY)
    return FactSeal.from_file(folder / KEY)


@contextlib.asynccontextmanager
async def used_cache(folder: Path | None) -> AsyncIterator[SqliteStore]:
    """Give the store of a cache directory while no sweep works on it; see :func:`open_cache`."""
    store = open_cache(folder)
    with contextlib.nullcontext() if folder is None else scanning(folder):
        try:
            yield store
        finally:
            await store.close()


async def mark_used(store: Store, project: str, image: Image, *, now_ms: int) -> None:
    """Note, once a day, that the layers of an image are of use; those never read are not there."""
    bindings = Repository(store, BINDINGS, Binding)
    ids = [f"{project}/{layer.digest}" for layer in image.body.layers]
    old = [
        bindings.setting(each.id, {"used_at": now_ms})
        for each in await bindings.get_many(list(dict.fromkeys(ids)))
        if now_ms - each.used_at >= DAY_MS
    ]
    await bindings.bulk(old)


def is_cache_failure(error: ScantlingError) -> bool:
    """Say whether an error may be the cache's: full, locked, damaged, or of another program."""
    if isinstance(error, LayerFailed):
        return error.reason in _IN_A_WORKER
    return isinstance(error, _OF_THE_STORE)
