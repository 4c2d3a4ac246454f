"""Package databases that stand where readers look only by way of a link.

Readers are given the files of one layer by the paths that the layer writes. A link at the place of
a database, or of a folder above it, may lead to one elsewhere, in another layer even. It is not
followed, and must not be taken for nothing: it is told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.extraction.matcher import Matcher
from scantling_analyzers.facts.models import LocatedError
from scantling_analyzers.storage.view import LinkedDatabase
from scantling_common.layers.escape import escape
from scantling_common.layers.paths import ancestors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scantling_analyzers.contract import Reader
    from scantling_analyzers.extraction.link_targets import LinkTargets
    from scantling_common.layers.index import LayerIndex

RELEASES: Final = (b"etc/os-release", b"usr/lib/os-release")
"""The only release files that count here: the others are links to each other in most systems."""
_WILD: Final = re.compile(r"[^/]*[*?]")


class _Place(NamedTuple):
    """A file, or the folder of files, that a reader looks for at a fixed path."""

    reader: Reader
    path: bytes
    whole: bool


def linked_databases(targets: LinkTargets, readers: Sequence[Reader]) -> tuple[LinkedDatabase, ...]:
    """Return what stands behind a link that can be seen."""
    places = [place for reader in readers for place in _places(reader)]
    wanted = {path for place in places for path in (place.path, *ancestors(place.path))}
    if not targets.visible(lambda path, _target: path in wanted):
        return ()
    indexes = targets.indexes
    matcher = Matcher(readers)
    found: dict[tuple[str, bytes], LinkedDatabase] = {}
    for place in places:
        layer, target = targets.followed(place.path)
        if layer is None or target is None or not _exists(indexes, target, whole=place.whole):
            continue
        example = target if place.whole else target + b"/x"
        if place.whole and place.reader in [readers[n] for n in matcher.readers_of(example)]:
            continue
        if any(other.path == target for other in places):
            continue
        error = LocatedError(
            path=escape(place.path),
            code="behind_link",
            message=f"it is reached by a link to {escape(target)}, which is not read",
        )
        found[place.reader.name, target] = LinkedDatabase(place.reader.name, layer, error)
    return tuple(found[key] for key in sorted(found))


def _places(reader: Reader) -> Iterator[_Place]:
    for pattern in reader.patterns:
        if pattern.startswith("**"):
            continue
        wild = _WILD.search(pattern)
        path = (pattern[: wild.start()].rstrip("/") if wild else pattern).encode()
        if path and (reader.name != "os-release" or path in RELEASES):
            yield _Place(reader, path, not wild)


def _exists(indexes: Sequence[LayerIndex], path: bytes, *, whole: bool) -> bool:
    if whole:
        return any(path in index.rows for index in indexes)
    inside = path + b"/"
    return any(each.startswith(inside) for index in indexes for each in index.paths)
