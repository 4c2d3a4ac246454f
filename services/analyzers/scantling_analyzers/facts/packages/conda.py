"""Packages of conda environments, by their records (docs.conda.io, ``conda-meta``).

A record lists the files that it brought, among them the metadata of Python distributions. They
are passed on, so that a distribution which conda installed counts once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import OwnedFiles, Package, owned_key
from scantling_analyzers.facts.packages.json_document import decode, licenses, text
from scantling_analyzers.facts.reading import too_large

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_RECORD_BYTES: Final = 16 * 1024 * 1024
"""Decoded, it takes up to forty times as much memory."""
MAX_FILES: Final = 1_000_000


class _Record(msgspec.Struct, frozen=True):
    name: Any = None
    version: Any = None
    build: Any = None
    subdir: Any = None
    license: Any = None
    files: list[str] = []


_DECODER: Final = msgspec.json.Decoder(_Record)


class CondaReader(Reader):
    """Reads the records of installed packages; what else lies beside them is passed over."""

    name = "conda"
    version = 1
    patterns: tuple[str, ...] = ("**/conda-meta/*.json",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield one package and its files."""
        if file.size > MAX_RECORD_BYTES:
            raise too_large(file.size, MAX_RECORD_BYTES)
        record = decode(_DECODER, file.data)
        if record.name is record.version is record.build is None:
            return  # state of conda or of pixi
        name, version = text(record.name), text(record.version)
        if not name or not version:
            raise Unreadable("the record lacks the name or the version", code="malformed")
        yield Package(
            path=file.text_path,
            name=name,
            version=version,
            type="conda",
            arch=text(record.subdir),
            licenses=licenses(record.license),
            found_by=self.name,
        )
        if len(record.files) > MAX_FILES:
            raise Unreadable(f"the package lists more than {MAX_FILES} files", code="too_many")
        keys = _keys(file.path.rpartition(b"conda-meta/")[0], record.files)
        if keys:
            yield OwnedFiles(path=file.text_path, owner=f"conda:{name}", keys=keys)


def _keys(prefix: bytes, files: Sequence[str]) -> bytes:
    """Return the keys of files that are named relative to the environment's folder."""
    return b"".join(owned_key(prefix + path.encode()) for path in files)
