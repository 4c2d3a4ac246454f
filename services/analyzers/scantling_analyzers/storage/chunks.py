"""Values larger than a document: chunks of at most 4 MiB, the root written last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from scantling_common.records.extractor import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from scantling_common.store.repository import Repository

CHUNK_BYTES: Final = 4 * 1024 * 1024
MAX_CHUNKS: Final = 512

C = TypeVar("C", bound=Chunk)


def cut(data: bytes) -> list[bytes]:
    """Return the pieces of a packed value, at least one."""
    return [data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES)] or [b""]


async def write_all(repository: Repository[C], records: Sequence[C]) -> None:
    """Write the roots of values of one chunk each; one that is there and differs is replaced."""
    written = await repository.bulk([repository.inserting(record) for record in records])
    there = [record for record, new in zip(records, written, strict=True) if not new]
    await repository.bulk([repository.setting(record.id, _fields(record)) for record in there])


async def write_chunks(
    repository: Repository[C], key: str, data: bytes, make: Callable[[str, int, bytes], C]
) -> None:
    """Write a value under ``{key}/{n}``; until its root (0) is there, the value is not.

    ``make`` returns the record for an id, the number of chunks and the piece. Writing the same
    value again does nothing; a root that differs is replaced.
    """
    pieces = cut(data)
    for number in reversed(range(len(pieces))):
        record = make(f"{key}/{number}", len(pieces), pieces[number])
        if not await repository.insert(record):
            await _replace(repository, record)


async def read_chunks(repository: Repository[C], key: str) -> tuple[C, bytes] | None:
    """Return the root and the whole value, or None where it is not (completely) there."""
    root = await repository.get(f"{key}/0")
    if root is None or not 1 <= root.chunks <= MAX_CHUNKS:
        return None
    if root.chunks == 1:
        return root, root.data
    ids = [f"{key}/{number}" for number in range(1, root.chunks)]
    rest = await repository.get_many(ids)
    return (root, _join((root, *rest))) if len(rest) == len(ids) else None


async def _replace(repository: Repository[C], record: C) -> None:
    await repository.set_fields(record.id, _fields(record))


def _fields(record: Chunk) -> dict[str, object]:
    names = (name for name in record.__struct_fields__ if name not in {"id", "rev"})
    return {name: getattr(record, name) for name in names}


def _join(chunks: Iterable[C]) -> bytes:
    return b"".join(chunk.data for chunk in chunks)
