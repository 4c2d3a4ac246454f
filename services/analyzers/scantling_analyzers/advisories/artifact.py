"""An advisory database in an OCI registry: an artifact (image-spec 1.1, manifest.md, artifacts).

One layer, the file compressed by Zstandard; the configuration is the empty one. The manifest names
the build. What is fetched is verified against its digests, opened, and only then put in place.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Final

import msgspec
import zstandard

from scantling_analyzers.advisories.database.errors import AdvisoriesError
from scantling_analyzers.advisories.database.reader import AdvisoryDatabase
from scantling_analyzers.advisories.database.sealing import check_seal
from scantling_common.images.digests import Digest, digest_of, is_digest
from scantling_common.images.media_types import OCI_EMPTY, OCI_MANIFEST
from scantling_common.images.models import LocatedBlob
from scantling_common.images.sources.push import put_blob, put_manifest

if TYPE_CHECKING:
    from scantling_common.images.sources.registry import Registry
    from scantling_common.images.sources.transport import Transport

ARTIFACT_TYPE: Final = "application/vnd.scantling.advisories.v1"
LAYER_TYPE: Final = "application/vnd.scantling.advisories.v1.sqlite+zstd"
BUILD: Final = "scantling.advisories.build"
"""The annotation that names the build."""
MOST: Final = 16 * 1024 * 1024 * 1024
"""How many bytes a database may have, unpacked."""
_EMPTY: Final = b"{}"
_PIECE: Final = 1024 * 1024
_BITE: Final = 2 * 1024
"""A zstd block of four bytes expands to 128 KiB: a bite stays within 64 MiB."""
_LEVEL: Final = 9


class ArtifactInvalid(AdvisoriesError):
    """What the registry has under that name is no advisory database, or is damaged."""

    code = "advisories_artifact_invalid"


class _Descriptor(msgspec.Struct, rename="camel"):
    media_type: str
    digest: str
    size: int


class _Manifest(msgspec.Struct, rename="camel"):
    config: _Descriptor
    layers: tuple[_Descriptor, ...]
    schema_version: int = 2
    media_type: str = OCI_MANIFEST
    artifact_type: str = ""
    annotations: dict[str, str] = {}


async def push_database(
    transport: Transport, path: Path, repository: str, tags: tuple[str, ...]
) -> Digest:
    """Push a database under tags; return the manifest's digest.

    The same build gives the same digest. Raises what the database and the registry raise.
    """
    with AdvisoryDatabase(path) as database:
        build = database.build
        # What is damaged here is not handed on.
        await asyncio.to_thread(check_seal, database)
    with TemporaryDirectory(prefix="scantling-push-") as folder:
        packed = Path(folder) / "advisories.zst"
        size, digest = await asyncio.to_thread(_packed, path, packed)
        blob = LocatedBlob(path=packed, offset=0, size=size)
        await put_blob(transport, repository, digest, blob)
        await put_blob(transport, repository, digest_of(_EMPTY), _EMPTY)
    manifest = _Manifest(
        config=_Descriptor(OCI_EMPTY, digest_of(_EMPTY), len(_EMPTY)),
        layers=(_Descriptor(LAYER_TYPE, digest, size),),
        artifact_type=ARTIFACT_TYPE,
        annotations={BUILD: build},
    )
    data = msgspec.json.encode(manifest)
    for tag in tags:
        await put_manifest(transport, repository, tag, data, OCI_MANIFEST)
    return digest_of(data)


async def pull_database(registry: Registry, repository: str, reference: str, target: Path) -> str:
    """Fetch a database and put it at ``target``, as one step; return its build.

    Nothing is fetched where ``target`` is that build already. Raises :class:`ArtifactInvalid` and
    what the database and the registry raise; then ``target`` is untouched.
    """
    data, _ = await registry.manifest(repository, reference)
    layer, build = _layer(data, f"{repository}:{reference}")
    if build and build == await asyncio.to_thread(_build_of, target):
        return build
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".advisories-", dir=target.parent) as folder:
        draft = Path(folder) / "advisories.db"
        failed: Exception | None = None
        for pieces in registry.streams(repository, Digest(layer.digest), layer.size):
            try:
                with draft.open("wb") as file:
                    unpacking = _Unpacking(file)
                    async for piece in pieces:
                        await asyncio.to_thread(unpacking.take, piece)
                    await asyncio.to_thread(unpacking.finish)
                failed = None
                break
            except Exception as error:  # noqa: BLE001 - the next place is asked; the last one raises
                failed = error
        if failed is not None:
            raise failed
        found = await asyncio.to_thread(_opened, draft)
        if build and found != build:
            raise ArtifactInvalid(f"{repository}:{reference} is build {found} and not {build}")
        draft.replace(target)
    return found


class _Unpacking:
    """Unpacks into a file, within a bound."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=128 * _PIECE)
        self._stream = self._decompressor.decompressobj()
        self._size = 0

    def take(self, piece: bytes) -> None:
        for first in range(0, len(piece), _BITE):
            self._bite(piece[first : first + _BITE])

    def _bite(self, bite: bytes) -> None:
        try:
            plain = self._stream.decompress(bite)
        except zstandard.ZstdError as error:
            raise ArtifactInvalid(f"the artifact can't be unpacked: {error}") from error
        self._size += len(plain)
        if self._size > MOST:
            raise ArtifactInvalid(f"the artifact has more than {MOST:,} bytes in it")
        self._file.write(plain)

    def finish(self) -> None:
        if not self._stream.eof:
            raise ArtifactInvalid("the artifact ends too early")
        self._file.flush()
        os.fsync(self._file.fileno())


def _layer(data: bytes, name: str) -> tuple[_Descriptor, str]:
    try:
        manifest = msgspec.json.decode(data, type=_Manifest)
    except msgspec.DecodeError as error:
        raise ArtifactInvalid(f"{name} has no manifest that can be read: {error}") from error
    if manifest.artifact_type != ARTIFACT_TYPE or len(manifest.layers) != 1:
        raise ArtifactInvalid(
            f"{name} is not an advisory database", hint="scantling advisories push makes one"
        )
    layer = manifest.layers[0]
    if layer.media_type != LAYER_TYPE or not is_digest(layer.digest) or layer.size <= 0:
        raise ArtifactInvalid(f"{name} has a layer that is no advisory database")
    return layer, manifest.annotations.get(BUILD, "")


def _packed(path: Path, packed: Path) -> tuple[int, Digest]:
    """Compress a file; one thread and one level, so that the same file gives the same bytes."""
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    with path.open("rb") as source, packed.open("wb") as target:
        compressor.copy_stream(source, target, size=path.stat().st_size)
    with packed.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return packed.stat().st_size, Digest(f"sha256:{digest}")


def _opened(path: Path) -> str:
    with AdvisoryDatabase(path) as database:
        return database.build


def _build_of(path: Path) -> str:
    """Return the build of a file, empty where it is none that can be read."""
    try:
        return _opened(path)
    except AdvisoriesError:
        return ""
