"""Layers on disk for the extraction: blobs, their records, and a source that counts."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from scantling_analyzers.extraction.blobs import BlobPlace
from scantling_common.records.shared import Layer
from tests.builders.image import BuiltLayer
from tests.builders.layer import layer as plain_layer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.builders.layer import Content


class BlobFolder:
    """Holds blobs by digest; implements ``BlobSource`` and counts what was asked for.

    While ``hold`` is clear no blob arrives.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.asked: list[str] = []
        self.touched = asyncio.Event()
        self.hold = asyncio.Event()
        self.hold.set()

    def add(self, files: Mapping[str, Content], *, claimed: str | None = None) -> Layer:
        """Write a layer of these files; ``claimed`` is what a lying config says of it."""
        return self.add_plain(plain_layer(files), claimed=claimed)

    def add_plain(
        self, plain: bytes, compression: str = "gzip", *, claimed: str | None = None
    ) -> Layer:
        """Write a layer that is this archive, whatever it holds."""
        built = BuiltLayer(plain=plain, compression=compression)
        self._path(built.digest).write_bytes(built.blob)
        return Layer(
            digest=built.digest,
            size=len(built.blob),
            media_type=f"application/vnd.oci.image.layer.v1.tar+{compression}",
            claimed_diff_id=claimed or built.diff_id,
        )

    def damage(self, layer: Layer, content: bytes = b"") -> None:
        """Replace a blob by other bytes of the same size, zeros unless said otherwise."""
        self._path(layer.digest).write_bytes(content or bytes(layer.size))

    def content(self, layer: Layer) -> bytes:
        """Return a blob."""
        return self._path(layer.digest).read_bytes()

    @asynccontextmanager
    async def blob(self, layer: Layer) -> AsyncIterator[BlobPlace]:
        self.asked.append(layer.digest)
        self.touched.set()
        await self.hold.wait()
        yield BlobPlace(str(self._path(layer.digest)), 0, layer.size)

    def document(self, blob: Layer) -> AbstractAsyncContextManager[BlobPlace]:
        return self.blob(blob)

    def _path(self, digest: str) -> Path:
        return self._folder / digest.replace(":", "-")
