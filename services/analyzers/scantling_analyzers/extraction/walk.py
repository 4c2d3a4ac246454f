"""The one walk of a layer: every wanted file is looked at once, by all readers that want it."""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.extraction.alarm import Alarm, TimeUp
from scantling_analyzers.extraction.files import IndexedFile
from scantling_analyzers.extraction.tallies import Tallies, add_up
from scantling_analyzers.facts.models import FactSet, FileFacts, LocatedError, Tally
from scantling_common.layers.capture import EXECUTABLE, HASHED_BYTES, LARGE_BYTES, START_BYTES
from scantling_common.layers.errors import LayerTooLarge
from scantling_common.layers.escape import escape
from scantling_common.layers.limits import MIB

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence

    from scantling_analyzers.contract import Reader
    from scantling_analyzers.extraction.matcher import Matcher
    from scantling_analyzers.fact_seal import FactSeal
    from scantling_analyzers.facts.models import AnyFact
    from scantling_analyzers.limits import Limits
    from scantling_common.layers.blob import KeptFiles, VerifiedLayer
    from scantling_common.layers.errors import LayerError
    from scantling_common.layers.index import LayerIndex

MAX_FACTS: Final = 500_000
"""How many facts one reader may find in one layer."""

OVER_A_LIMIT: Final = frozenset(
    {"too_large", "too_many", "nested_too_deep", "deadline", "entry_not_addressable"}
)
"""Codes of what a limit leaves out, or may do: a path can be too long to address anything."""

FOR_NOW: Final = frozenset({"engine_unavailable", "engine_missing", "rules_unusable"})
"""Codes of what this machine leaves out today, and another try may not."""

AT_ONCE: Final = 32 * MIB
"""How much content is looked at before its memory is given back."""


def _never() -> bool:
    return False


def walk(
    layer: VerifiedLayer,
    readers: Sequence[Reader],
    matcher: Matcher,
    limits: Limits,
    *,
    seal: FactSeal,
    entering: Callable[[int], None],
    is_overdue: Callable[[], bool] = _never,
    alarm: Alarm | None = None,
) -> list[FactSet]:
    """Return what the readers found, one fact set for each reader, in their order.

    ``matcher`` is that of the readers, by which the content of the layer was kept. With ``seal``
    readers seal what is sensitive. A reader that fails on a file leaves a located error there and
    goes on. ``entering`` is told the position of a reader before it runs, so that a crash can be
    laid at the right door. Readers of every file look last at the entries that no container shows.
    Once the walk ``is_overdue`` it ends, and each reader's facts say so;
    ``alarm`` ends a reader that is at a file then.
    """
    index = layer.index
    found: list[list[FileFacts]] = [[] for _ in readers]
    tallies = Tallies(readers)
    looked_at = 0
    look = _Look(readers, found, tallies, entering, alarm or Alarm(0))
    for row in index.dangling():
        # How an executable one begins stands in another layer.
        inside = matcher.looking_inside if index.modes[row] & EXECUTABLE else ()
        wished = sorted({*matcher.readers_of(index.paths[row]), *inside})
        _dangling(index.paths[row], wished, found)
    unseen = layer.unseen
    for files, row in chain(zip(repeat(layer), layer.rows()), zip(repeat(unseen), unseen.rows())):
        if is_overdue():
            _end_early(files.index.paths[row], found)
            break
        file = IndexedFile(files, row, limits, seal)
        if files is unseen:
            look.at(file, matcher.readers_of_every(file.path), unseen=True)
        else:
            look.at(file, _wanting(layer, row, matcher))
        looked_at += file.size
        if looked_at > AT_ONCE:
            layer.forget()
            looked_at = 0
    for files in (layer, unseen):
        for row in _too_large(files):
            file = IndexedFile(files, row, limits, seal)
            look.at(file, matcher.readers_of_every(file.path), unseen=files is unseen)
        tallies.passed_over(readers, files.index)
    entering(-1)
    return [
        FactSet(
            reader=reader.name,
            version=reader.version,
            files=(*found[position], *tallies.of(position)),
        )
        for position, reader in enumerate(readers)
    ]


class _Look:
    """Lets readers look at files, each as long as there is room for what it finds.

    Most of some hundred thousand looks find nothing, and leave nothing behind.
    """

    def __init__(
        self,
        readers: Sequence[Reader],
        found: list[list[FileFacts]],
        tallies: Tallies,
        entering: Callable[[int], None],
        alarm: Alarm,
    ) -> None:
        self._readers, self._found = readers, found
        self._tallies, self._entering, self._alarm = tallies, entering, alarm
        self._room = [min(MAX_FACTS, each.most_facts or MAX_FACTS) for each in readers]

    def at(self, file: IndexedFile, wanting: Sequence[int], *, unseen: bool = False) -> None:
        for position in wanting:
            self._entering(position)
            room = self._room[position]
            if room > 0:
                read = self._read(position, file, room)
                if read is not None:
                    self._room[position] = room - len(read.facts)
                    self._found[position].append(replace(read, unseen=True) if unseen else read)

    def _read(self, position: int, file: IndexedFile, room: int) -> FileFacts | None:
        reader = self._readers[position]
        try:
            self._alarm.is_looking = True
            read = read_file(reader, file, room, self._tallies.of_reader(position))
            self._alarm.is_looking = False
        except TimeUp:  # when the reader had ended already, in the few steps up to here
            return FileFacts(path=file.text_path, errors=(_interrupted(reader, file),))
        else:
            return read


def _wanting(layer: VerifiedLayer, row: int, matcher: Matcher) -> Sequence[int]:
    """Return the readers that want a file for its path, or for how it begins."""
    index = layer.index
    wanting = matcher.readers_of(index.paths[row], is_empty=not index.sizes[row])
    if matcher.looks_inside and (by_start := _by_start(layer, row, matcher)):
        return sorted({*wanting, *by_start})
    return wanting


def _too_large(files: KeptFiles) -> list[int]:
    """Return the rows of files that are too large to be kept for those who want every file."""
    index = files.index
    if max(index.sizes, default=0) <= LARGE_BYTES:
        return []
    return [
        row
        for row, size in enumerate(index.sizes)
        if size > LARGE_BYTES and index.is_file(row) and not files.has(row)
    ]


def _end_early(path: bytes, found: list[list[FileFacts]]) -> None:
    message = f"time is up: {escape(path)}, and what comes after it in the layer, was not looked at"
    for of_reader in found:
        of_reader.append(of_the_layer("deadline", message))


def of_the_layer(code: str, message: str) -> FileFacts:
    """Return what says that some of a layer is not looked at, and not which files."""
    return FileFacts(path="", errors=(LocatedError(path="", code=code, message=message),))


def cut_short(facts: FactSet, layer: VerifiedLayer, cut: LayerError) -> FactSet:
    """Return facts of a layer that was read as far as a limit let it, with that limit."""
    paths = layer.index.paths
    where = f"what comes after {escape(paths[-1])}" if paths else "its content"
    message = f"layer {layer.digest}: {cut.message}; {where} was not read"
    return replace(facts, files=(*facts.files, of_the_layer(cut.code, message)))


def _by_start(layer: VerifiedLayer, row: int, matcher: Matcher) -> Sequence[int]:
    """Return the readers that want a file for how it begins."""
    index = layer.index
    executable = index.modes[row] & EXECUTABLE
    if not executable and (index.sizes[row] < HASHED_BYTES or row in index.sparse):
        return ()
    try:
        start = bytes(layer.content(row)[:START_BYTES])
        return matcher.readers_of_start(start) if executable else matcher.readers_of_data(start)
    except LayerTooLarge:
        # A sparse file that is not put together: each of them tells.
        return matcher.looking_inside


def read_file(
    reader: Reader, file: IndexedFile, room: int, counts: Counter[str]
) -> FileFacts | None:
    """Run one reader on one file; nothing that the file holds escapes as an exception.

    None where it found nothing. Tallies are added up in ``counts``.
    """
    facts: list[AnyFact] = []
    errors: list[LocatedError] = []
    try:
        for item in reader.read(file):
            if isinstance(item, Tally):
                add_up(item, counts)
            elif isinstance(item, LocatedError):
                errors.append(item)
            else:
                facts.append(item)
            if len(facts) >= room or len(errors) >= MAX_FACTS:
                most = min(MAX_FACTS, reader.most_facts or MAX_FACTS)
                message = f"more than {most} facts in the layer, the further ones were not read"
                errors.append(_located(file, "too_many", message))
                break
    except TimeUp:
        errors.append(_interrupted(reader, file))
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
    if not facts and not errors:
        return None
    return FileFacts(path=file.text_path, facts=tuple(facts), errors=tuple(errors))


def _interrupted(reader: Reader, file: IndexedFile) -> LocatedError:
    return _located(file, "deadline", f"time is up while the reader '{reader.name}' is at the file")


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
    if index.hostile_count > len(index.hostile):
        further = index.hostile_count - len(index.hostile)
        message = f"{further} more archive entries are not part of the image"
        errors = (LocatedError(path="", code="too_many", message=message),)
        files.append(FileFacts(path="", errors=errors))
    return FactSet(reader="files", version=3, files=tuple(files))


def is_cut(facts: FactSet) -> bool:
    """Say whether other limits, or another try, might have let a reader find more."""
    codes = _codes(facts)
    return not codes.isdisjoint(OVER_A_LIMIT | FOR_NOW)


def is_for_now(facts: FactSet) -> bool:
    """Say whether another try might let a reader find more under the same limits."""
    return not _codes(facts).isdisjoint(FOR_NOW)


def _codes(facts: FactSet) -> set[str]:
    return {error.code for file in facts.files for error in file.errors}


def _dangling(path: bytes, positions: list[int], found: list[list[FileFacts]]) -> None:
    text = escape(path)
    error = LocatedError(
        path=text, code="dangling_link", message="a hard link to a file that the layer lacks"
    )
    for position in positions:
        found[position].append(FileFacts(path=text, errors=(error,)))


def _located(file: IndexedFile, code: str, message: str) -> LocatedError:
    return LocatedError(path=file.text_path, code=code, message=message)
