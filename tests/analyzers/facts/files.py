"""Files of a layer that stands in memory, and what readers say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.fact_seal import FactSeal
from scantling_analyzers.facts.models import (
    Distribution,
    LocatedError,
    OwnedFiles,
    Package,
    owned_key,
)
from scantling_analyzers.limits import DEFAULT_LIMITS, ArchiveLimits, Limits
from scantling_common.layers.escape import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_analyzers.contract import LayerFile, Reader
    from scantling_analyzers.facts.models import AnyFact


SEAL = FactSeal((b"a key of 32 bytes for all tests.",))
"""What readers seal with in tests, so that they can open it."""


class MemoryFile:
    """One file of a layer given as a mapping of paths to contents; those in ``bin`` can be run."""

    def __init__(
        self, layer: Mapping[str, bytes], path: str, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        """Address one file; paths are text with surrogate escapes."""
        self._layer, self._path, self.limits, self.seal = layer, path, limits, SEAL
        self.path = path.encode("utf-8", "surrogateescape")
        self.text_path = escape(self.path)
        self.size = len(layer[path])
        self.mode = 0o755 if "bin" in path.split("/") else 0o644

    @property
    def data(self) -> memoryview:
        """Return the content."""
        return memoryview(self._layer[self._path])

    def sibling(self, name: bytes) -> LayerFile | None:
        """Return another file of the same folder."""
        path = self._path.rpartition("/")[0] + "/" + name.decode("utf-8", "surrogateescape")
        return MemoryFile(self._layer, path, self.limits) if path in self._layer else None


class Found:
    """What a reader yielded for one file; ``Unreadable`` is listed among the errors."""

    def __init__(
        self,
        reader: Reader,
        layer: Mapping[str, bytes],
        path: str,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        """Run the reader."""
        self.facts: list[AnyFact] = []
        self.errors: list[LocatedError] = []
        file = MemoryFile(layer, path, limits)
        try:
            for item in reader.read(file):
                if isinstance(item, LocatedError):
                    self.errors.append(item)
                else:
                    self.facts.append(item)
        except Unreadable as error:
            where = error.where or file.text_path
            self.errors.append(LocatedError(path=where, code=error.reason, message=error.message))

    @property
    def packages(self) -> list[Package]:
        """Return the packages among the facts."""
        return [fact for fact in self.facts if isinstance(fact, Package)]

    @property
    def distribution(self) -> Distribution:
        """Return the only fact, which is a distribution."""
        (fact,) = self.facts
        assert isinstance(fact, Distribution)
        return fact

    @property
    def owned(self) -> dict[str, bytes]:
        """Return the keys of the files that each package owns."""
        return {fact.owner: fact.keys for fact in self.facts if isinstance(fact, OwnedFiles)}

    @property
    def versions(self) -> list[tuple[str, str]]:
        """Return name and version of each package."""
        return [(package.name, package.version) for package in self.packages]

    @property
    def codes(self) -> list[str]:
        """Return the codes of the errors."""
        return [error.code for error in self.errors]


def keys(*paths: bytes) -> bytes:
    """Return what ``OwnedFiles`` holds for these paths."""
    return b"".join(owned_key(path) for path in paths)


def read(reader: Reader, content: bytes, path: str, **archive: float) -> Found:
    """Run a reader on a layer that holds a single file; limits on archives may be given."""
    given = ArchiveLimits(**archive)  # type: ignore[arg-type]  # each has its own type of number
    return Found(reader, {path: content}, path, Limits(archive=given))
