"""What was fetched, as one source of a build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.advisories.sources.naming import shown
from scantling_analyzers.advisories.sources.paths import PathSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from scantling_analyzers.advisories.fetching.publications import Publication
    from scantling_analyzers.advisories.sources.found import Found, Lost


class Fetched:
    """The files of publications below a directory; those that never came are passed over."""

    def __init__(self, folder: Path, publications: Sequence[Publication]) -> None:
        """Read what is there when it is iterated."""
        self._folder = folder
        self._names = sorted({each.name for each in publications})

    @property
    def name(self) -> str:
        """Return the directory."""
        return shown(str(self._folder))

    def __iter__(self) -> Iterator[Found | Lost]:
        """Give all documents, in the order of the names of publications."""
        for name in self._names:
            folder = self._folder / name
            if folder.is_dir():
                yield from PathSource(folder)
