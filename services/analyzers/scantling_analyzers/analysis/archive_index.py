"""An index of published Java archives by their SHA-1: it names what only guesses have named.

The index is an optional file of the operator, in the schema of trivy-java-db: SQLite with
``artifacts(id, group_id, artifact_id)`` and ``indices(artifact_id, version, sha1, archive_type)``,
``sha1`` as 20 bytes. Facts never depend on it: they keep the SHA-1, and are named when they are
loaded for analysis, so that another index needs no new reading of any layer.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.contract import FactError
from scantling_analyzers.facts.models import LocatedError, Package
from scantling_analyzers.facts.packages.java.evidence import GUESSES, SHA1
from scantling_common.errors import ScantlingError
from scantling_common.layers.escape import escape_text

if TYPE_CHECKING:
    from pathlib import Path

    from scantling_analyzers.contract import ImageContent, LocatedFact

READER: Final = "java"
_BY_SHA1: Final = (
    "SELECT a.group_id, a.artifact_id, i.version FROM indices AS i "
    "JOIN artifacts AS a ON a.id = i.artifact_id WHERE i.sha1 = ? LIMIT 1"
)
_SAMPLES: Final = 256
_SAMPLE_BYTES: Final = 4096
_HINT: Final = "it must be an SQLite file in the schema of trivy-java-db"


class JavaIndexUnusable(ScantlingError):
    """The index of Java archives can't be used."""

    code = "java_index_unusable"


class ArchiveIndex:
    """An index that is open; several threads may ask it."""

    def __init__(self, path: Path) -> None:
        """Open the file, which nobody may change while it is open (a new one is renamed to it).

        Raises :class:`JavaIndexUnusable`.
        """
        self._path, self._lock = path, threading.Lock()
        if not path.is_file():
            raise JavaIndexUnusable(f"{path} is not a file", hint=_HINT)
        address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        try:
            with ExitStack() as undone:
                self._connection = sqlite3.connect(address, uri=True, check_same_thread=False)
                undone.callback(self._connection.close)
                self._find("")
                self._mark = _mark_of(path)
                undone.pop_all()
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from error

    @property
    def mark(self) -> str:
        """Return a short text that is another one for another index.

        An index has gigabytes: it is made of the size and of samples. Nothing is proved by it.
        """
        return f"java-index:{self._mark}"

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def name(self, content: ImageContent) -> ImageContent:
        """Return the content with each archive that the index knows named as published.

        What Maven's own record named keeps its name. Where the index can't be read (any more)
        that is an error of the content, and the guesses remain.
        """
        try:
            facts = tuple([self._named(located) for located in content.facts])
        except sqlite3.Error as error:
            unusable = self._unusable(error)
            left_out = LocatedError(path="", code=unusable.code, message=unusable.message)
            error_of_index = FactError(error=left_out, reader=READER, layer=0)
            return replace(content, errors=(*content.errors, error_of_index))
        return replace(content, facts=facts)

    def _named(self, located: LocatedFact) -> LocatedFact:
        fact = located.fact
        if not isinstance(fact, Package) or not fact.sha1 or fact.found_by not in GUESSES:
            return located
        known = self._find(fact.sha1)
        if known is None:
            return located
        group, artifact, version = known
        name = f"{escape_text(group)}:{escape_text(artifact)}"
        published = escape_text(version)
        named = replace(fact, name=name, version=published, type="maven", found_by=SHA1)
        return replace(located, fact=named)

    def _find(self, sha1: str) -> tuple[str, str, str] | None:
        with self._lock, closing(self._connection.execute(_BY_SHA1, [bytes.fromhex(sha1)])) as rows:
            row = rows.fetchone()
        if row is None or not all(isinstance(text, str) and text for text in row):
            return None
        group, artifact, version = row
        return group, artifact, version

    def _unusable(self, error: Exception) -> JavaIndexUnusable:
        return JavaIndexUnusable(f"the index {self._path} can't be read: {error}", hint=_HINT)


def _mark_of(path: Path) -> str:
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for sample in range(_SAMPLES):
            file.seek(size * sample // _SAMPLES)
            digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()[:16]
