"""What the sample registry holds, on disk: blobs, who may have them, manifests, tags.

::

    blobs/sha256/<hex>                           contents, manifests included
    repositories/<quoted name>/blobs/<digest>    empty: the repository has that blob
    repositories/<quoted name>/manifests/<digest>    the manifest's media type
    repositories/<quoted name>/tags/<tag>        a digest

A file appears whole or not at all. Digests are of sha256 only, which is what clients send.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final
from urllib.parse import quote, unquote

import msgspec

from scantling_common.images.digests import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

MAX_BYTES: Final = 8 * 1024 * 1024 * 1024
"""The most bytes that the registry holds, uploads included."""

MAX_UPLOADS: Final = 32
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


class ShelfError(Exception):
    """The registry can't keep this; ``code`` is one of the distribution specification's."""

    code: ClassVar[str] = "DENIED"


class ShelfFull(ShelfError):
    """The sample registry is full."""

    code = "TOOMANYREQUESTS"


class DigestWrong(ShelfError):
    """The content does not have the digest that it was sent with."""

    code = "DIGEST_INVALID"


class StoredManifest(msgspec.Struct, frozen=True):
    """A manifest as it was pushed."""

    digest: str
    media_type: str
    data: bytes


class Shelf:
    """Contents below one directory, at most ``max_bytes``."""

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
        """Use a directory, which is made; what an earlier process left unfinished goes."""
        self._blobs = folder / "blobs" / "sha256"
        self._repositories = folder / "repositories"
        self._partial = folder / "partial"
        self._max_bytes = max_bytes
        for each in (self._blobs, self._repositories, self._partial):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in self._partial.iterdir():
            left.unlink()
        self.used = sum(file.stat().st_size for file in self._blobs.iterdir())
        self.uploads = 0

    def begin(self) -> Upload:
        """Begin an upload. Raises :class:`ShelfFull`."""
        if self.uploads >= MAX_UPLOADS:
            raise ShelfFull(f"{MAX_UPLOADS} uploads are open already")
        self.uploads += 1
        return Upload(self, self._partial)

    def reserve(self, size: int) -> None:
        """Take room for so many more bytes. Raises :class:`ShelfFull`."""
        if self.used + size > self._max_bytes:
            raise ShelfFull(f"the sample registry holds {self._max_bytes:,} bytes at most")
        self.used += size

    def keep(self, file: Path, digest: str, size: int) -> None:
        """Put a complete file under its digest."""
        target = self._blobs / digest.removeprefix("sha256:")
        if target.exists():
            self.used -= size
        file.rename(target)

    def blob(self, repository: str, digest: str) -> Path | None:
        """Return the file of a blob that a repository has."""
        if not is_digest(digest) or not (self._repository(repository) / "blobs" / digest).exists():
            return None
        return self._content(digest)

    def link(self, repository: str, digest: str) -> None:
        """Note that a repository has a blob."""
        _write(self._repository(repository) / "blobs" / digest, b"", self._partial)

    def put_manifest(self, repository: str, tag: str, data: bytes, media_type: str) -> str:
        """Keep a manifest, under a tag unless that is empty; return its digest.

        Raises :class:`ShelfFull`.
        """
        digest = digest_of(data)
        content = self._content(digest)
        if not content.exists():
            self.reserve(len(data))
            _write(content, data, self._partial)
        folder = self._repository(repository)
        _write(folder / "manifests" / digest, media_type.encode(), self._partial)
        if tag:
            _write(folder / "tags" / tag, digest.encode(), self._partial)
        return digest

    def manifest(self, repository: str, reference: str) -> StoredManifest | None:
        """Return a manifest by tag or digest."""
        folder = self._repository(repository)
        try:
            digest = reference
            if not is_digest(reference):
                digest = (folder / "tags" / reference).read_text()
            media_type = (folder / "manifests" / digest).read_text()
            return StoredManifest(digest, media_type, self._content(digest).read_bytes())
        except FileNotFoundError:
            return None

    def delete(self, repository: str, reference: str) -> str | None:
        """Delete a tag, or a manifest with its tags; return the digest it had."""
        found = self.manifest(repository, reference)
        if found is None:
            return None
        folder = self._repository(repository)
        if is_digest(reference):
            (folder / "manifests" / reference).unlink()
            for tag in self.tags(repository) or []:
                if (folder / "tags" / tag).read_text() == reference:
                    (folder / "tags" / tag).unlink()
        else:
            (folder / "tags" / reference).unlink()
        return found.digest

    def tags(self, repository: str) -> list[str] | None:
        """Return the tags of a repository in order, None where there is no such repository."""
        folder = self._repository(repository)
        return sorted(_names(folder / "tags")) if (folder / "manifests").is_dir() else None

    def repositories(self) -> list[str]:
        """Return the repositories that have a manifest, in order."""
        return sorted(
            unquote(name)
            for name in _names(self._repositories)
            if any(_names(self._repositories / name / "manifests"))
        )

    def _repository(self, name: str) -> Path:
        # Quoted, so that a name with slashes is one directory, and none leads elsewhere.
        return self._repositories / quote(name, safe="")

    def _content(self, digest: str) -> Path:
        return self._blobs / digest.removeprefix("sha256:")


class Upload:
    """A blob on its way in; :meth:`close` it whatever happens."""

    def __init__(self, shelf: Shelf, folder: Path) -> None:
        """Begin."""
        self._shelf = shelf
        self._hash = hashlib.sha256()
        self._file: IO[bytes] = tempfile.NamedTemporaryFile(  # noqa: SIM115 - closed by close()
            dir=folder, delete=False
        )
        self.size = 0
        self._open = True

    def write(self, data: bytes) -> None:
        """Append. Raises :class:`ShelfFull`."""
        self._shelf.reserve(len(data))
        self.size += len(data)
        self._hash.update(data)
        self._file.write(data)

    def finish(self, repository: str, digest: str) -> None:
        """Keep what was written as a blob of a repository. Raises :class:`DigestWrong`."""
        actual = f"sha256:{self._hash.hexdigest()}"
        if actual != digest:
            raise DigestWrong(f"the content is {actual}, not {digest[:80]}")
        self._file.close()
        self._shelf.keep(Path(self._file.name), digest, self.size)
        self._shelf.link(repository, digest)
        self.size = 0
        self.close()

    def close(self) -> None:
        """Drop what was not finished."""
        if not self._open:
            return
        self._open = False
        self._file.close()
        Path(self._file.name).unlink(missing_ok=True)
        self._shelf.used -= self.size
        self._shelf.uploads -= 1


def is_digest(text: str) -> bool:
    """Tell whether text is a digest that the registry can hold."""
    return _DIGEST.fullmatch(text) is not None


def _write(target: Path, data: bytes, partial: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=partial, delete=False) as file:
        file.write(data)
    Path(file.name).rename(target)


def _names(folder: Path) -> Iterator[str]:
    if folder.is_dir():
        yield from (entry.name for entry in folder.iterdir())
