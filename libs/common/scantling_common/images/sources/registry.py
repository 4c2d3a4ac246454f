"""A client of the OCI distribution specification that reads: listings, manifests, blobs."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final, Self, TypeVar

import msgspec
from yarl import URL

from scantling_common.images.digests import is_digest
from scantling_common.images.errors import (
    ImageError,
    NotFound,
    RateLimited,
    RegistryAnswerInvalid,
    RegistryUnreachable,
)
from scantling_common.images.reference import is_repository, is_tag
from scantling_common.images.sources.answers import read_bounded
from scantling_common.images.sources.paging import Pages
from scantling_common.images.sources.place import Place, api, pull
from scantling_common.images.sources.referrers import referrers
from scantling_common.layers.escape import escape_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from types import TracebackType

    from scantling_common.images.digests import Digest
    from scantling_common.images.limits import DocumentLimits
    from scantling_common.images.sources.place import RemoteManifest
    from scantling_common.images.sources.transport import Transport

logger = logging.getLogger(__name__)

MAX_NAMES: Final = 1_000_000
_PAGE_BYTES: Final = 16 * 1024 * 1024
_PAGE_NAMES: Final = 1000
_CATALOG_SCOPE: Final = "registry:catalog:*"
_SILENT: Final = (RegistryUnreachable, RateLimited)
_REST_SECONDS: Final = 60.0
"""For how long a mirror that did not answer is not asked: each try may take its time."""

T = TypeVar("T")


class Listing(msgspec.Struct, frozen=True):
    """A complete listing. ``refused`` are names that no registry may have, escaped."""

    names: tuple[str, ...]
    refused: tuple[str, ...] = ()


class _Tags(msgspec.Struct):
    tags: list[str] | None = None


class _Catalog(msgspec.Struct):
    repositories: list[str] | None = None


class Registry:
    """One registry, and mirrors of it. Use it as an asynchronous context manager.

    What is asked for by digest is asked of the mirrors in their order, then of the registry:
    whoever answers, it is verified. Listings, and what a tag shows, are the registry's alone to
    say; with ``mirrored_tags`` a mirror is asked where the registry does not answer.

    Everything raises the :class:`RegistryError` tree, :class:`NotFound`, and
    :class:`DigestMismatch` for content that is not what was asked for; where all fail it is the
    registry's own error.
    """

    def __init__(self, transport: Transport, *, mirrored_tags: bool = False) -> None:
        """Use a transport, and make those to its mirrors; they are opened and closed with this."""
        self._transport = transport
        self._own = Place(transport)
        self._mirrors = tuple(map(Place, transport.mirrors()))
        self._mirrored_tags = mirrored_tags
        self._resting: dict[Place, float] = {}
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            for place in self._places:
                await self._open.enter_async_context(place.transport)
        except BaseException:
            await self._open.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._open.aclose()

    @property
    def limits(self) -> DocumentLimits:
        """Return how much of its documents is read."""
        return self._transport.endpoint.limits

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
        return await self._list(url, pull(repository), _Tags, _tags, is_tag)

    async def head(self, repository: str, reference: str) -> RemoteManifest:
        """Return what a tag or digest shows now, without its content."""
        return await self._named(lambda place: place.head(repository, reference))

    async def manifest(
        self, repository: str, reference: str, expected: Digest | None = None
    ) -> tuple[bytes, RemoteManifest]:
        """Return a manifest or index, verified: see :meth:`Place.manifest`."""

        def ask(place: Place) -> Awaitable[tuple[bytes, RemoteManifest]]:
            return place.manifest(repository, reference, expected)

        return await (self._first(ask) if is_digest(reference) else self._named(ask))

    async def referrers(self, repository: str, digest: Digest) -> bytes | None:
        """Return the index of what refers to a manifest: see :func:`.referrers.referrers`.

        Mirrors are not asked: what a registry has beside an image is its own to say.
        """
        return await referrers(self._transport, repository, digest)

    async def has_part(self, repository: str, digest: Digest, first: int, part: bytes) -> bool:
        """Say whether one of the places has these bytes at ``first`` of a blob.

        Whoever only says that it has a blob proves nothing by it.
        """

        async def ask(place: Place) -> bool:
            if await place.part(repository, digest, first, len(part)) == part:
                return True
            raise NotFound(f"there is no such blob {digest}")

        try:
            return await self._first(ask)
        except NotFound:
            return False

    def streams(self, repository: str, digest: Digest, size: int) -> Iterator[AsyncIterator[bytes]]:
        """Return a stream of a blob from each place, the next one for where one fails.

        Each is verified at its end: see :meth:`Place.blob`.
        """
        for place in self._awake():
            yield self._noted(place, place.blob(repository, digest, size))
        yield self._own.blob(repository, digest, size)

    def blob(self, repository: str, digest: Digest, size: int) -> AsyncIterator[bytes]:
        """Stream a blob from the registry itself: see :meth:`Place.blob`."""
        return self._own.blob(repository, digest, size)

    async def small_blob(self, repository: str, digest: Digest, size: int) -> bytes:
        """Return a config: a verified blob within the limit of documents."""
        return await self._first(lambda place: place.small_blob(repository, digest, size))

    @property
    def _places(self) -> tuple[Place, ...]:
        return (*self._mirrors, self._own)

    async def _first(self, ask: Callable[[Place], Awaitable[T]]) -> T:
        """Return the first good answer: of a mirror, else that of the registry."""
        for place in self._awake():
            try:
                return await ask(place)
            except ImageError as error:
                self._pass_over(place, error)
        return await ask(self._own)

    async def _named(self, ask: Callable[[Place], Awaitable[T]]) -> T:
        """Return what the registry answers, or a mirror where it does not and that may be."""
        try:
            return await ask(self._own)
        except _SILENT:
            for place in self._mirrors if self._mirrored_tags else ():
                try:
                    answer = await ask(place)
                except ImageError as error:
                    self._pass_over(place, error)
                    continue
                names = {"mirror": place.host, "registry": self._own.host}
                logger.warning("a mirror was asked what the tag shows", extra=names)
                return answer
            raise

    def _awake(self) -> Iterator[Place]:
        now = self._transport.clock.monotonic()
        return (place for place in self._mirrors if self._resting.get(place, 0.0) <= now)

    async def _noted(self, place: Place, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        try:
            async for piece in stream:
                yield piece
        except ImageError as error:
            self._pass_over(place, error)
            raise

    def _pass_over(self, place: Place, error: ImageError) -> None:
        """Go on without a mirror; no error of one is anybody's business but the log's."""
        if isinstance(error, _SILENT):
            rest = max(_REST_SECONDS, getattr(error, "not_before_seconds", 0.0))
            self._resting[place] = self._transport.clock.monotonic() + rest
        fields = {"mirror": place.host, "code": error.code, "reason": error.message}
        logger.info("mirror passed over", extra=fields)

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


def _repositories(page: _Catalog) -> list[str]:
    return page.repositories or []


def _tags(page: _Tags) -> list[str]:
    return page.tags or []


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RegistryAnswerInvalid(f"the registry's listing is not valid: {error}") from error
