"""Readers of which one kills its process: what a defect in a parser of native code does."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Final

from scantling_analyzers.facts.catalogue import READERS as REAL
from scantling_analyzers.facts.packages.node import NodeReader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import LayerFile, Reader
    from scantling_analyzers.facts.models import AnyFact, LocatedError

CATALOGUE: Final = f"{__name__}:READERS"
POISON: Final = b"srv/node_modules/poison/package.json"


class DeadlyNodeReader(NodeReader):
    """Dies of one file."""

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Read a package, or die."""
        if file.path == POISON:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(file)


READERS: Final[tuple[Reader, ...]] = tuple(
    DeadlyNodeReader() if isinstance(reader, NodeReader) else reader for reader in REAL
)
