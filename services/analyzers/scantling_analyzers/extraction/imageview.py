"""From the indexes and fact sets of all layers to the visibility of the image."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from scantling_analyzers.extraction.diversions import Moves
from scantling_analyzers.extraction.filereport import file_report
from scantling_analyzers.extraction.link_targets import LinkTargets
from scantling_analyzers.extraction.linked_files import LinkedFiles, told
from scantling_analyzers.extraction.links import linked_databases
from scantling_analyzers.extraction.places import MAX_PLACES, places_of
from scantling_analyzers.facts.models import KEY_BYTES, LocatedError, OwnedFiles, owned_key
from scantling_analyzers.storage.view import HiddenFile, LinkedDatabase, OwnedFile, Visibility
from scantling_common.layers.escape import escape, unescape
from scantling_common.layers.statistics import count_files
from scantling_common.layers.visibility import hidden_by

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from scantling_analyzers.contract import Reader
    from scantling_analyzers.facts.models import FactSet
    from scantling_common.layers.index import LayerIndex
    from scantling_common.layers.visibility import Located


def view(
    indexes: Sequence[LayerIndex],
    sets: Sequence[Sequence[FactSet]],
    diff_ids: Sequence[str],
    readers: Sequence[Reader] = (),
) -> Visibility:
    """Return which files with facts are hidden, and the file information; lowest layer first.

    ``readers`` are those whose facts these are.
    """
    wanted = {
        (layer, unescape(file.path))
        for layer, of_layer in enumerate(sets)
        for facts in of_layer
        for file in facts.files
        if file.path
    }
    hidden = hidden_by(indexes, wanted)
    targets = LinkTargets(indexes)
    files = LinkedFiles(targets, readers).find()
    behind = {file.target for file in files}
    owners = owned_by(sets, wanted | behind, hidden)
    places, lacking = places_of(indexes, readers)
    linked = (
        *linked_databases(targets, readers),
        *told(files, sets, behind.intersection(owners)),
        *_not_followed(targets),
        *_too_many(lacking),
    )
    return Visibility(
        hidden=tuple(
            HiddenFile(escape(path), layer, hider)
            for (layer, path), hider in sorted(hidden.items())
        ),
        files=file_report(count_files(indexes), diff_ids),
        owned=tuple(
            OwnedFile(escape(path), layer, owner)
            for (layer, path), owner in sorted(owners.items())
            if (layer, path) in wanted
        ),
        linked=linked,
        places=places,
    )


def _not_followed(targets: LinkTargets) -> Iterator[LinkedDatabase]:
    if targets.exhausted:
        message = "the image's links are too many and too deep to follow them all"
        error = LocatedError(path="", code="too_many", message=message)
        yield LinkedDatabase("files", 0, error)


def _too_many(readers: Sequence[str]) -> Iterator[LinkedDatabase]:
    for reader in readers:
        message = f"more than {MAX_PLACES} entries whose owner and mode matter; the others are not"
        error = LocatedError(path="", code="too_many", message=f"{message} looked at")
        yield LinkedDatabase(reader, 0, error)


def owned_by(
    sets: Sequence[Sequence[FactSet]], wanted: Collection[Located], hidden: Collection[Located]
) -> dict[Located, str]:
    """Return, for each wanted file that a package of the operating system brought, that package.

    What a database says counts for files of its own layer and of lower ones: a file in a higher
    layer was put in place of the package's.
    """
    paths: dict[bytes, list[Located]] = {}
    for located in wanted:
        paths.setdefault(owned_key(located[1]), []).append(located)
    owners: dict[Located, str] = {}
    moves = Moves(sets, hidden)
    # All keys of a system are looked at, and few of them matter: as numbers that goes fastest.
    keys = {_numbers(key)[0]: key for key in (*paths, *moves.names)}
    wanted_keys = frozenset(keys)
    for layer, path, fact in _owned_files(sets):
        if (layer, path) in hidden:
            continue
        for number in wanted_keys.intersection(_numbers(fact.keys)):
            for located in paths.get(moves.key(keys[number], fact.owner), ()):
                if located[0] <= layer:
                    owners[located] = fact.owner
    return owners


def _numbers(keys: bytes) -> array[int]:
    """Return keys that stand one after the other, each as a number."""
    return array("Q", keys[: len(keys) // KEY_BYTES * KEY_BYTES])


def _owned_files(sets: Sequence[Sequence[FactSet]]) -> Iterator[tuple[int, bytes, OwnedFiles]]:
    for layer, of_layer in enumerate(sets):
        for facts in of_layer:
            for file in facts.files:
                for fact in file.facts:
                    if isinstance(fact, OwnedFiles):
                        yield layer, unescape(file.path), fact
