"""Pushing images (distribution-spec, pushing): for the sample registry, and for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from yarl import URL

from scantling_common.images.digests import Digest, digest_of, parse_digest
from scantling_common.images.errors import NotFound
from scantling_common.images.sources.place import api, manifest_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scantling_common.images.models import LocatedBlob
    from scantling_common.images.sources.source import Source
    from scantling_common.images.sources.transport import Transport

_PIECE: Final = 1024 * 1024


async def push_image(
    transport: Transport, source: Source, digest: Digest, repository: str, reference: str
) -> Digest:
    """Push one image of a local source under a tag or digest; return its digest there."""
    image = source.manifest(digest)
    for part in (image.config_digest, *(layer.digest for layer in image.layers)):
        await put_blob(transport, repository, part, source.blob(part))
    data, media_type = source.document(digest)
    return await put_manifest(transport, repository, reference, data, media_type)


async def put_blob(
    transport: Transport, repository: str, digest: Digest, blob: bytes | LocatedBlob
) -> None:
    """Upload a blob unless the repository has it: a HEAD, a POST, a PUT."""
    if await has_blob(transport, repository, digest):
        return
    scope = _scope(repository)
    async with transport.request("POST", api(repository, "blobs/uploads/"), scope=scope) as answer:
        location = answer.url.join(URL(answer.headers.get("Location", "")))
    size = len(blob) if isinstance(blob, bytes) else blob.size
    async with transport.request(
        "PUT",
        location.update_query(digest=digest),
        scope=scope,
        headers={"Content-Type": "application/octet-stream", "Content-Length": str(size)},
        body=blob if isinstance(blob, bytes) else lambda: _pieces(blob),
        seconds=transport.endpoint.blob_seconds,
    ):
        return


async def has_blob(transport: Transport, repository: str, digest: Digest) -> bool:
    """Say whether a repository has a blob."""
    url = api(repository, f"blobs/{parse_digest(digest)}")
    try:
        async with transport.request("HEAD", url, scope=_scope(repository)):
            return True
    except NotFound:
        return False


async def put_manifest(
    transport: Transport, repository: str, reference: str, data: bytes, media_type: str
) -> Digest:
    """Push a manifest or index whose parts are there; return its digest."""
    async with transport.request(
        "PUT",
        manifest_url(repository, reference),
        scope=_scope(repository),
        headers={"Content-Type": media_type},
        body=data,
    ):
        return digest_of(data)


async def _pieces(blob: LocatedBlob) -> AsyncIterator[bytes]:
    left = blob.size
    with blob.path.open("rb") as file:
        file.seek(blob.offset)
        while left and (piece := file.read(min(_PIECE, left))):
            left -= len(piece)
            yield piece


def _scope(repository: str) -> str:
    return f"repository:{repository}:pull,push"
