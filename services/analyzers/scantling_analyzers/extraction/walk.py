"""The one walk of a layer: every wanted file is looked at once, by all readers that want it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.extraction.files import IndexedFile
from scantling_analyzers.extraction.matcher import Matcher
from scantling_analyzers.facts.models import FactSet, FileFacts, LocatedError
from scantling_common.layers.entries import Kind
from scantling_common.layers.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scantling_analyzers.contract import Reader
    from scantling_analyzers.facts.models import AnyFact
    from scantling_common.layers.blob import VerifiedLayer
    from scantling_common.layers.index import LayerIndex

MAX_FACTS: Final = 500_000
"""How many facts one reader may find in one layer."""

EXECUTABLE: Final = 0o111
MAGIC_BYTES: Final = 8


def walk(
    layer: VerifiedLayer,
    readers: Sequence[Reader],
    *,
    entering: Callable[[int], None],
) -> list[FactSet]:
    """Return what the readers found, one fact set for each reader, in their order.

    A reader that fails on a file leaves a located error there and goes on. ``entering`` is told
    the position of a reader before it runs, so that a crash can be laid at the right door.
    """
    index = layer.index
    matcher = Matcher(readers)
    found: list[list[FileFacts]] = [[] for _ in readers]
    room = [MAX_FACTS] * len(readers)
    rows = set(matcher.candidates(index.paths))
    executables = _executables(layer, matcher) if matcher.looks_inside else {}
    for row in sorted(rows.union(executables)):
        path = index.paths[row]
        if not index.is_file(row):
            if index.kinds[row] == Kind.HARD_LINK:
                _dangling(path, matcher.readers_of(path), found)
            continue
        file: IndexedFile | None = None
        by_path = matcher.readers_of(path) if row in rows else []
        for position in sorted({*by_path, *executables.get(row, ())}):
            file = file or IndexedFile(layer, row)
            entering(position)
            if room[position] > 0:
                read = read_file(readers[position], file, room[position])
                room[position] -= len(read.facts)
                if read.facts or read.errors:
                    found[position].append(read)
    entering(-1)
    return [
        FactSet(reader=reader.name, version=reader.version, files=tuple(files))
        for reader, files in zip(readers, found, strict=True)
    ]


def _executables(layer: VerifiedLayer, matcher: Matcher) -> dict[int, list[int]]:
    """Return the readers of each executable file that is wanted for how it begins."""
    index, found = layer.index, {}
    for row, mode in enumerate(index.modes):
        if mode & EXECUTABLE and index.is_file(row) and index.sizes[row] >= MAGIC_BYTES:
            offset = index.offsets[row]
            readers = matcher.readers_of_content(bytes(layer.plain[offset : offset + MAGIC_BYTES]))
            if readers:
                found[row] = readers
    return found


def read_file(reader: Reader, file: IndexedFile, room: int) -> FileFacts:
    """Run one reader on one file; nothing that the file holds escapes as an exception."""
    facts: list[AnyFact] = []
    errors: list[LocatedError] = []
    try:
        for item in reader.read(file):
            if isinstance(item, LocatedError):
                errors.append(item)
            else:
                facts.append(item)
            if len(facts) >= room or len(errors) >= MAX_FACTS:
                errors.append(_located(file, "too_many", f"more than {MAX_FACTS} facts"))
                break
    except Unreadable as error:
        errors.append(
            LocatedError(
                path=error.where or file.text_path, code=error.reason, message=error.message
            )
        )
    except MemoryError:
        errors.append(_located(file, "out_of_memory", "reading the file takes too much memory"))
    except Exception as error:  # noqa: BLE001  # each reader fails alone, on this file only
        errors.append(_located(file, "reader_failed", f"{reader.name}: {type(error).__name__}"))
    return FileFacts(path=file.text_path, facts=tuple(facts), errors=tuple(errors))


def index_facts(index: LayerIndex) -> FactSet:
    """Return what the index itself says: entries of the archive that address no file."""
    files = [
        FileFacts(
            path="",
            errors=(
                LocatedError(
                    path=escape(entry.name),
                    code="entry_not_addressable",
                    message=f"the archive entry is not part of the image: {entry.problem.value}",
                ),
            ),
        )
        for entry in index.hostile
    ]
    return FactSet(reader="files", version=1, files=tuple(files))


def _dangling(path: bytes, positions: list[int], found: list[list[FileFacts]]) -> None:
    text = escape(path)
    error = LocatedError(
        path=text, code="dangling_link", message="a hard link to a file that the layer lacks"
    )
    for position in positions:
        found[position].append(FileFacts(path=text, errors=(error,)))


def _located(file: IndexedFile, code: str, message: str) -> LocatedError:
    return LocatedError(path=file.text_path, code=code, message=message)
