"""Which readers a scan needs, with their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import kind_of
from scantling_analyzers.risks.catalogue import analyzer_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_analyzers.contract import Reader
    from scantling_common.risks import Risk

INDEX_READER: Final = {"files": 3}
"""What the layer's index itself says counts as a reader that always runs."""


def readers_for(risks: Iterable[Risk], catalogue: Sequence[Reader]) -> dict[str, int]:
    """Return the readers that the analyzers of these risk types read, by name with version."""
    analyzers = [analyzer for risk in risks if (analyzer := analyzer_of(risk)) is not None]
    names = {name for analyzer in analyzers for name in analyzer.readers}
    versions = {
        reader.name: reader.version for reader in catalogue if kind_of(reader.name) in names
    }
    return INDEX_READER | versions
