"""A client of the OCI distribution specification that reads: listings, manifests, blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self, TypeVar

import msgspec
from yarl import URL

from scantling_common.images.digests import (
    Digest,
    digest_of,
    is_digest,
    new_hash,
    parse_digest,
    verify_digest,
)
from scantling_common.images.documents import MAX_DOCUMENT
from scantling_common.images.errors import (
    DigestMismatch,
    ManifestTooLarge,
    ReferenceInvalid,
    RegistryAnswerInvalid,
    RegistryUnreachable,
)
from scantling_common.images.media_types import ACCEPT
from scantling_common.images.reference import is_repository, is_tag
from scantling_common.images.sources.answers import read_bounded
from scantling_common.images.sources.paging import Pages
from scantling_common.layers.escape import escape_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import TracebackType

    from scantling_common.images.sources.transport import Transport

MAX_NAMES: Final = 1_000_000
_PAGE_BYTES: Final = 16 * 1024 * 1024
_PAGE_NAMES: Final = 1000
_PIECE: Final = 1024 * 1024
_CATALOG_SCOPE: Final = "registry:catalog:*"
_DIGEST_HEADER: Final = "Docker-Content-Digest"

T = TypeVar("T")


class Listing(msgspec.Struct, frozen=True):
    """A complete listing. ``refused`` are names that no registry may have, escaped."""

    names: tuple[str, ...]
    refused: tuple[str, ...] = ()


class RemoteManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a HEAD or GET of a manifest says; ``digest`` is None where a HEAD didn't state one."""

    digest: Digest | None
    media_type: str
    size: int


class _Tags(msgspec.Struct):
    tags: list[str] | None = None


class _Catalog(msgspec.Struct):
    repositories: list[str] | None = None


class Registry:
    """One registry. Use it as an asynchronous context manager.

    Everything raises the :class:`RegistryError` tree, :class:`NotFound`, and
    :class:`DigestMismatch` for content that is not what was asked for.
    """

    def __init__(self, transport: Transport) -> None:
        """Use a transport, which is opened and closed with the client."""
        self._transport = transport

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._transport.__aexit__(kind, error, traceback)

    async def ping(self) -> None:
        """Ask whether the registry is there and takes the credentials."""
        async with self._transport.request("GET", URL("/v2/"), scope=""):
            return

    async def catalog(self) -> Listing:
        """Return all repositories, as far as the registry lists them."""
        url = URL("/v2/_catalog").with_query(n=_PAGE_NAMES)
        return await self._list(url, _CATALOG_SCOPE, _Catalog, _repositories, is_repository)

    async def tags(self, repository: str) -> Listing:
        """Return all tags of a repository."""
        url = api(repository, "tags/list").with_query(n=_PAGE_NAMES)
        return await self._list(url, _pull(repository), _Tags, _tags, is_tag)

    async def head(self, repository: str, reference: str) -> RemoteManifest:
        """Return what a tag or digest shows now, without its content."""
        url = manifest_url(repository, reference)
        scope = _pull(repository)
        async with self._transport.request(
            "HEAD", url, scope=scope, headers={"Accept": ACCEPT}
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
        url = manifest_url(repository, reference)
        expected = Digest(reference) if is_digest(reference) else expected
        async with self._transport.request(
            "GET", url, scope=_pull(repository), headers={"Accept": ACCEPT}
        ) as response:
            length = response.content_length
            if length is not None and length > MAX_DOCUMENT:
                raise ManifestTooLarge(f"the manifest has {length:,} bytes, over {MAX_DOCUMENT:,}")
            data = await read_bounded(response, MAX_DOCUMENT)
            stated = response.headers.get(_DIGEST_HEADER)
            for digest in filter(None, (stated, expected)):
                verify_digest(data, parse_digest(digest), "the manifest")
            return data, RemoteManifest(
                digest=expected or (parse_digest(stated) if stated else digest_of(data)),
                media_type=response.headers.get("Content-Type", "").partition(";")[0].strip(),
                size=len(data),
            )

    async def blob(self, repository: str, digest: Digest, size: int) -> AsyncIterator[bytes]:
        """Stream a blob of exactly ``size`` bytes; its digest is verified at the end.

        What was yielded before an error is worth nothing.
        """
        url = api(repository, f"blobs/{parse_digest(digest)}")
        actual, received = new_hash(digest), 0
        async with self._transport.request(
            "GET", url, scope=_pull(repository), seconds=self._transport.endpoint.blob_seconds
        ) as response:
            async for piece in response.content.iter_chunked(_PIECE):
                received += len(piece)
                if received > size:
                    raise RegistryAnswerInvalid(f"the blob {digest} has more than {size:,} bytes")
                actual.update(piece)
                yield piece
        if received < size:
            raise RegistryUnreachable(
                f"the blob {digest} ended after {received:,} of {size:,} bytes"
            )
        if f"{actual.name}:{actual.hexdigest()}" != digest:
            raise DigestMismatch(f"the registry has another content for the blob {digest}")

    async def small_blob(self, repository: str, digest: Digest, size: int) -> bytes:
        """Return a config: a verified blob of at most 4 MiB."""
        if size > MAX_DOCUMENT:
            raise ManifestTooLarge(f"the config has {size:,} bytes, over {MAX_DOCUMENT:,}")
        return b"".join([piece async for piece in self.blob(repository, digest, size)])

    async def _list(
        self,
        url: URL,
        scope: str,
        kind: type[T],
        names_of: Callable[[T], list[str]],
        is_name: Callable[[str], bool],
    ) -> Listing:
        """Read all pages of a listing."""
        pages = Pages()
        names: dict[str, None] = {}
        refused: list[str] = []
        following: URL | None = self._transport.origin.join(url)
        while following is not None:
            async with self._transport.request("GET", following, scope=scope) as response:
                body = await read_bounded(response, _PAGE_BYTES)
                link = ", ".join(response.headers.getall("Link", []))
            for name in names_of(_decode(body, kind)):
                if is_name(name):
                    names[name] = None
                else:
                    refused.append(escape_text(name[:300]))
            if len(names) + len(refused) > MAX_NAMES:
                raise RegistryAnswerInvalid(f"the registry lists more than {MAX_NAMES:,} names")
            following = pages.following(following, link)
        return Listing(tuple(names), tuple(refused))


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


def _pull(repository: str) -> str:
    return f"repository:{repository}:pull"


def _repositories(page: _Catalog) -> list[str]:
    return page.repositories or []


def _tags(page: _Tags) -> list[str]:
    return page.tags or []


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RegistryAnswerInvalid(f"the registry's listing is not valid: {error}") from error
