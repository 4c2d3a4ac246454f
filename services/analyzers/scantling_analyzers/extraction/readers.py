"""Which readers a scan needs, with their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.risks.catalogue import ANALYZERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_analyzers.contract import Reader
    from scantling_common.risks import Risk

INDEX_READER: Final = {"files": 3}
"""What the layer's index itself says counts as a reader that always runs."""


def readers_for(risks: Iterable[Risk], catalogue: Sequence[Reader]) -> dict[str, int]:
    """Return the readers that the analyzers of these risk types read, by name with version."""
    wanted = set(risks)
    names = {name for a in ANALYZERS if a.risk in wanted for name in a.readers}
    versions = {reader.name: reader.version for reader in catalogue if reader.name in names}
    return INDEX_READER | versions
