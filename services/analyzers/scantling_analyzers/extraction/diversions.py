"""Files that stand under another name than their package's database says (dpkg-divert(1))."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.facts.models import Diversions
from scantling_common.layers.escape import unescape

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from scantling_analyzers.facts.models import FactSet
    from scantling_common.layers.visibility import Located


class Moves:
    """The diversions of an image; of two of one name the later layer's counts."""

    def __init__(self, sets: Sequence[Sequence[FactSet]], hidden: Collection[Located] = ()) -> None:
        """Take those of every layer that is visible."""
        self._moved = {
            name: (other, owner)
            for layer, of_layer in enumerate(sets)
            for facts in of_layer
            for file in facts.files
            for fact in file.facts
            if isinstance(fact, Diversions) and (layer, unescape(file.path)) not in hidden
            for name, other, owner in fact.moved
        }

    @property
    def names(self) -> Collection[bytes]:
        """Return the keys of the names that are diverted."""
        return self._moved.keys()

    def key(self, key: bytes, owner: str) -> bytes:
        """Return the key of the name under which a file of that package stands."""
        other, diverting = self._moved.get(key, (key, owner))
        return key if diverting == owner else other
