"""A file of an unpacked layer, as readers see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.reading import too_large
from scantling_common.layers.blob import ContentNotKept
from scantling_common.layers.capture import LARGE_BYTES
from scantling_common.layers.errors import LayerTooLarge
from scantling_common.layers.escape import escape

if TYPE_CHECKING:
    from scantling_analyzers.fact_seal import FactSeal
    from scantling_analyzers.limits import Limits
    from scantling_common.layers.blob import KeptFiles


class IndexedFile:
    """One row of a layer's index with the plain archive behind it."""

    def __init__(self, files: KeptFiles, row: int, limits: Limits, seal: FactSeal) -> None:
        """Address a row that has content."""
        self._files, self._row, self.limits, self.seal = files, row, limits, seal
        self.path = files.index.paths[row]
        self.size = files.index.sizes[row]
        self.mode = files.index.modes[row]
        # Not by cached_property, which takes longer than all the rest: there are very many files.
        self._text_path: str | None = None

    @property
    def text_path(self) -> str:
        """The escaped path."""
        text = self._text_path
        if text is None:
            text = self._text_path = escape(self.path)
        return text

    @property
    def data(self) -> memoryview:
        """The content: a view of the archive, put together only where the file is sparse.

        Raises :class:`Unreadable` where a sparse file is too large for that, or any file too large
        to be kept.
        """
        try:
            return self._files.content(self._row)
        except ContentNotKept:
            raise too_large(self.size, LARGE_BYTES) from None
        except LayerTooLarge as error:
            raise Unreadable(error.message, code="too_large") from error

    def sibling(self, name: bytes) -> IndexedFile | None:
        """Return another regular file of the same directory, None where there is none."""
        folder, slash, _ = self.path.rpartition(b"/")
        row = self._files.index.row(folder + slash + name)
        if row is None or not self._files.has(row):
            return None
        return IndexedFile(self._files, row, self.limits, self.seal)
