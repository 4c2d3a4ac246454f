"""One host that content can be read from: a registry, or a mirror of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from yarl import URL

from scantling_common.images.digests import (
    Digest,
    digest_of,
    is_digest,
    parse_digest,
    verify_digest,
)
from scantling_common.images.documents import check_size
from scantling_common.images.errors import (
    DigestMismatch,
    ReferenceInvalid,
    RegistryUnreachable,
)
from scantling_common.images.media_types import ACCEPT
from scantling_common.images.reference import is_repository, is_tag
from scantling_common.images.sources.answers import read_bounded
from scantling_common.images.sources.download import PARTIAL, Download

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scantling_common.images.sources.transport import Transport

MOST_ANSWERS: Final = 8
"""In how many answers a blob may come."""

_PIECE: Final = 1024 * 1024
_FIRST_WAIT: Final = 0.5
_DIGEST_HEADER: Final = "Docker-Content-Digest"


class RemoteManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a HEAD or GET of a manifest says; ``digest`` is None where a HEAD didn't state one."""

    digest: Digest | None
    media_type: str
    size: int


class Place:
    """Manifests and blobs of one host, over a transport that is open.

    Everything raises the :class:`RegistryError` tree, :class:`NotFound`, and
    :class:`DigestMismatch` for content that is not what was asked for.
    """

    def __init__(self, transport: Transport) -> None:
        """Use a transport."""
        self.transport = transport

    @property
    def host(self) -> str:
        """Return its host, for people."""
        return self.transport.endpoint.host

    async def head(self, repository: str, reference: str) -> RemoteManifest:
        """Return what a tag or digest shows now, without its content."""
        name = self._name(repository)
        async with self.transport.request(
            "HEAD", manifest_url(name, reference), scope=pull(name), headers={"Accept": ACCEPT}
        ) as response:
            stated = response.headers.get(_DIGEST_HEADER)
            digest = parse_digest(stated) if stated else None
            if is_digest(reference) and digest is not None and digest != reference:
                raise DigestMismatch(f"the registry answers {digest} when asked for {reference}")
            length = response.headers.get("Content-Length", "0")
            return RemoteManifest(
                digest=digest,
                media_type=response.headers.get("Content-Type", "").partition(";")[0].strip(),
                size=int(length) if length.isdigit() else 0,
            )

    async def manifest(
        self, repository: str, reference: str, expected: Digest | None = None
    ) -> tuple[bytes, RemoteManifest]:
        """Return a manifest or index, verified.

        ``expected`` is what a HEAD of the tag answered: another content now, or one that is not
        what the answer's header states, is a :class:`DigestMismatch`.
        """
        name = self._name(repository)
        limits = self.transport.endpoint.limits
        expected = Digest(reference) if is_digest(reference) else expected
        async with self.transport.request(
            "GET", manifest_url(name, reference), scope=pull(name), headers={"Accept": ACCEPT}
        ) as response:
            check_size(response.content_length or 0, "manifest", limits)
            data = await read_bounded(response, limits.document_bytes)
            stated = response.headers.get(_DIGEST_HEADER)
            for digest in filter(None, (stated, expected)):
                verify_digest(data, parse_digest(digest), "the manifest")
            return data, RemoteManifest(
                digest=expected or (parse_digest(stated) if stated else digest_of(data)),
                media_type=response.headers.get("Content-Type", "").partition(";")[0].strip(),
                size=len(data),
            )

    async def part(self, repository: str, digest: Digest, first: int, length: int) -> bytes:
        """Return ``length`` bytes of a blob from ``first`` on, fewer where it ends before.

        Nothing is verified: it is for whoever knows what they must be.
        """
        name = self._name(repository)
        asked = {"Range": f"bytes={first}-{first + length - 1}"} if length else {}
        found = bytearray()
        async with self.transport.request(
            "GET",
            api(name, f"blobs/{parse_digest(digest)}"),
            scope=pull(name),
            headers=asked,
            seconds=self.transport.endpoint.blob_seconds,
        ) as response:
            # A server may ignore ranges, and begin at the beginning.
            skipped = 0 if response.status == PARTIAL else first
            while len(found) < length and (piece := await response.content.read(_PIECE)):
                found += piece[skipped:]
                skipped = max(0, skipped - len(piece))
        return bytes(found[:length])

    async def blob(self, repository: str, digest: Digest, size: int) -> AsyncIterator[bytes]:
        """Stream a blob of exactly ``size`` bytes; its digest is verified at the end.

        What breaks off goes on where it was, until two answers running bring nothing new. What
        was yielded before an error is worth nothing.
        """
        download = Download(parse_digest(digest), size)
        wait, fruitless = _FIRST_WAIT, 0
        for left in reversed(range(MOST_ANSWERS)):
            before = download.received
            broken: RegistryUnreachable | None = None
            try:
                async for piece in self._rest(repository, digest, download):
                    yield piece
            except RegistryUnreachable as error:
                broken = error
            fruitless = 0 if download.received > before else fruitless + 1
            ends = not left or fruitless > 1 or not download.answers
            if broken is not None and ends:
                raise broken
            if download.is_whole or ends:
                break
            await self.transport.clock.sleep(wait)
            wait *= 2
        download.finish()

    async def small_blob(self, repository: str, digest: Digest, size: int) -> bytes:
        """Return a config: a verified blob within the limit of documents."""
        check_size(size, "config", self.transport.endpoint.limits)
        return b"".join([piece async for piece in self.blob(repository, digest, size)])

    async def _rest(
        self, repository: str, digest: Digest, download: Download
    ) -> AsyncIterator[bytes]:
        name = self._name(repository)
        async with self.transport.request(
            "GET",
            api(name, f"blobs/{digest}"),
            scope=pull(name),
            headers=download.headers(),
            seconds=self.transport.endpoint.blob_seconds,
        ) as response:
            download.begin(response.status, response.headers)
            async for piece in response.content.iter_chunked(_PIECE):
                if new := download.take(piece):
                    yield new

    def _name(self, repository: str) -> str:
        prefix = self.transport.endpoint.prefix
        return f"{prefix}/{repository}" if prefix else repository


def api(repository: str, what: str) -> URL:
    """Return the address below a repository; raises :class:`ReferenceInvalid` for a bad name."""
    if not is_repository(repository):
        raise ReferenceInvalid(f"{repository[:300]!r} is not a repository's name")
    return URL(f"/v2/{repository}/{what}")


def manifest_url(repository: str, reference: str) -> URL:
    """Return the address of a manifest by tag or digest."""
    if not is_tag(reference) and not is_digest(reference):
        raise ReferenceInvalid(f"{reference[:300]!r} is neither a tag nor a digest")
    return api(repository, f"manifests/{reference}")


def pull(repository: str) -> str:
    """Return the scope of reading a repository."""
    return f"repository:{repository}:pull"
