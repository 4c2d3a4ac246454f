"""One file over HTTP: asked for only if it changed, taken up where it broke off, bounded.

Conditional requests: RFC 9110, section 13; ranges: section 14; redirects: at most five, never from
https to http. What has come of a file stays beside it (``….part``) until it is whole.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from contextlib import asynccontextmanager
from typing import IO, TYPE_CHECKING, Final, Protocol

import aiohttp
import msgspec
from yarl import URL

from scantling_analyzers.advisories.fetching.hosts import CONNECTS
from scantling_analyzers.advisories.fetching.ledger import Entry
from scantling_common.errors import ScantlingError
from scantling_common.images.errors import AddressRefused
from scantling_common.images.sources.addresses import AddressPolicy
from scantling_common.images.sources.rate_limit import wait_seconds
from scantling_common.images.sources.transport import GuardedResolver

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from scantling_common.clock import Clock

ATTEMPTS: Final = 5
"""How often a file is asked for that breaks off, or whose server is busy."""
PATIENCE: Final = 120.0
"""How many seconds a busy server may ask to wait; with a longer wait the file has failed."""
UNREACHABLE: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""What is raised where no connection can be made."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 5
_PIECE: Final = 256 * 1024
_BUSY: Final = frozenset({429, 502, 503, 504})
_RANGE: Final = re.compile(r"bytes ([0-9]{1,15})-[0-9]{1,15}/(?:[0-9]{1,15}|\*)")
_CONNECT: Final = 10.0
_SILENCE: Final = 60.0
_OK, _PARTIAL, _UNCHANGED, _NO_RANGE = 200, 206, 304, 416


class FetchFailed(ScantlingError):
    """A publication could not be fetched; what was fetched of it before stays."""

    code = "fetch_failed"


class HostUnreachable(FetchFailed):
    """Its host can't be reached.

    Behind a name that can't be resolved, a refused connection and a certificate of somebody else
    is mostly the same: no network, or a proxy that is not named. The message does not name the
    host, so that it is the same for all.
    """

    def __init__(self, host: str, why: str) -> None:
        """Say which host, and why."""
        super().__init__(
            f"can't be reached: {why}",
            hint="is there a network? A proxy is named by HTTPS_PROXY",
        )
        self.host = host


class _BrokeOff(Exception):
    """The answer ended too early, or the server asks to come again after ``seconds``."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(what)
        self.seconds = seconds


class Heard(Protocol):
    """Is told how much of a file has come."""

    def __call__(self, received: int, total: int | None) -> None:
        """Take bytes so far, and all, where that is known."""


@asynccontextmanager
async def session_for(url: str, *, allow_private: bool) -> AsyncIterator[aiohttp.ClientSession]:
    """Give a session that reaches nothing which the publication's host may not lead to."""
    host = _parsed(url).host or ""
    policy = AddressPolicy(host, allow_private)
    connector = aiohttp.TCPConnector(
        resolver=GuardedResolver(policy, aiohttp.ThreadedResolver()), limit_per_host=2
    )
    timeout = aiohttp.ClientTimeout(total=None, connect=_CONNECT, sock_read=_SILENCE)
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        auto_decompress=False,
        trust_env=True,
        trace_configs=[_checked(policy)],
        headers={"User-Agent": "scantling", "Accept-Encoding": "identity"},
    ) as session:
        try:
            policy.check_literal(host)
        except AddressRefused as error:
            raise FetchFailed(
                f"{host} is at an address that is not to be contacted",
                hint="if this is intended: allow_private = true in the list of feeds",
            ) from error
        yield session


def _checked(policy: AddressPolicy) -> aiohttp.TraceConfig:
    """Return what checks hosts that are addresses themselves: no resolver hears of them."""

    async def begin(_: object, __: object, asked: aiohttp.TraceRequestStartParams) -> None:
        policy.check_literal(asked.url.host or "")

    config = aiohttp.TraceConfig()
    config.on_request_start.append(begin)
    return config


async def fetch(
    session: aiohttp.ClientSession,
    url: str,
    target: Path,
    known: Entry | None,
    *,
    clock: Clock,
    most: int,
    heard: Heard | None = None,
    connects: int = CONNECTS,
) -> Entry:
    """Fetch a file unless it is as ``known``; then its entry is returned, and no file made.

    ``most`` is in bytes, ``connects`` how often a host is tried that can't be reached. Raises
    :class:`FetchFailed`; ``target`` is whole or untouched.
    """
    if known is not None and known.url != url:
        known = None
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await _attempt(session, url, target, known, clock, most, heard)
        except _BrokeOff as broken:
            if attempt == ATTEMPTS or broken.seconds > PATIENCE:
                raise FetchFailed(f"{_shown(url)}: {broken}") from broken
            await clock.sleep(broken.seconds or float(2**attempt))
        except AddressRefused as error:
            raise FetchFailed(f"{_shown(url)}: {error.message}", hint=error.hint) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            tries = min(connects, ATTEMPTS) if isinstance(error, UNREACHABLE) else ATTEMPTS
            if attempt >= tries or isinstance(error, aiohttp.InvalidURL):
                raise _failed(error, url) from error
            await clock.sleep(float(2**attempt))
        except OSError as error:
            raise FetchFailed(f"{target}: {error.strerror or error}") from error
    raise FetchFailed(f"{_shown(url)} was not fetched")


async def read_small(session: aiohttp.ClientSession, url: str, *, most: int) -> bytes:
    """Return a small document. Raises :class:`FetchFailed`."""
    try:
        async with await _asked(session, url, {}) as answer:
            if answer.status != _OK:
                raise FetchFailed(f"{_shown(url)}: the server answers {answer.status}")
            pieces = bytearray()
            async for piece in answer.content.iter_chunked(_PIECE):
                pieces += piece
                if len(pieces) > most:
                    raise FetchFailed(f"{_shown(url)}: more than {most:,} bytes")
            return bytes(pieces)
    except AddressRefused as error:
        raise FetchFailed(f"{_shown(url)}: {error.message}", hint=error.hint) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise _failed(error, url) from error


async def _attempt(
    session: aiohttp.ClientSession,
    url: str,
    target: Path,
    known: Entry | None,
    clock: Clock,
    most: int,
    heard: Heard | None,
) -> Entry:
    part = target.with_name(f"{target.name}.part")
    tag = target.with_name(f"{target.name}.part.etag")
    begun = _begun(part, tag, url)
    headers = _conditions(known) if begun is None else {}
    if begun is not None:
        headers = {"Range": f"bytes={part.stat().st_size}-", "If-Range": begun}
    now = clock.now_ms()
    async with await _asked(session, url, headers) as answer:
        if answer.status == _UNCHANGED and known is not None:
            return msgspec.structs.replace(known, checked_at=now)
        if answer.status == _NO_RANGE:
            _forget(part, tag)
            raise _BrokeOff("the file is another one now", 1.0)
        _accept(answer, url, now)
        resumed = answer.status == _PARTIAL
        if resumed and not _continues(answer, part):
            _forget(part, tag)
            raise _BrokeOff("the server continues elsewhere", 1.0)
        etag = answer.headers.get("ETag", "")
        if not resumed:
            _forget(part, tag)
            if etag.startswith('"'):  # a weak one says nothing of single bytes
                tag.write_text(f"{url}\n{etag}", encoding="utf-8")
        size, digest = await _write(answer, part, most, heard, resumed=resumed)
    os.replace(part, target)  # noqa: PTH105 - one step, whatever was there
    tag.unlink(missing_ok=True)
    return Entry(
        url=url,
        size=size,
        sha256=digest,
        etag=etag,
        modified=answer.headers.get("Last-Modified", ""),
        fetched_at=now,
        checked_at=now,
    )


async def _write(
    answer: aiohttp.ClientResponse, part: Path, most: int, heard: Heard | None, *, resumed: bool
) -> tuple[int, str]:
    """Write what comes behind what is there; return size and SHA-256 of all of it."""
    digest = hashlib.sha256()
    received = 0
    with part.open("r+b" if resumed else "wb") as file:
        if resumed:
            received = _hashed(file, digest)
        length = answer.content_length
        total = None if length is None else received + length
        try:
            async for piece in answer.content.iter_chunked(_PIECE):
                received += len(piece)
                if received > most:
                    raise FetchFailed(
                        f"{_shown(str(answer.url))}: more than {most:,} bytes",
                        hint="allow more with most_mib in the list of feeds",
                    )
                digest.update(piece)
                file.write(piece)
                if heard is not None:
                    heard(received, total)
        except (aiohttp.ClientPayloadError, TimeoutError) as error:
            raise _BrokeOff(f"it broke off after {received:,} bytes", 1.0) from error
        if total is not None and received != total:
            raise _BrokeOff(f"it ended after {received:,} of {total:,} bytes", 1.0)
        file.flush()
        await asyncio.to_thread(os.fsync, file.fileno())
    return received, digest.hexdigest()


async def _asked(
    session: aiohttp.ClientSession, url: str, headers: dict[str, str]
) -> aiohttp.ClientResponse:
    """Return the answer behind all redirects."""
    at = URL(url)
    for _ in range(_MOST_REDIRECTS + 1):
        answer = await session.get(at, headers=headers, allow_redirects=False)
        if answer.status not in _REDIRECTS:
            return answer
        answer.release()
        there = at.join(_parsed(answer.headers.get("Location", "")))
        if there.scheme not in {"http", "https"} or (at.scheme == "https" != there.scheme):
            raise FetchFailed(f"{_shown(url)}: a redirect to {_shown(str(there))} is refused")
        at = there
    raise FetchFailed(f"{_shown(url)}: more than {_MOST_REDIRECTS} redirects")


def _parsed(url: str) -> URL:
    try:
        return URL(url)
    except ValueError as error:
        raise FetchFailed(f"{url[:200]!r} is no address of a file") from error


def _accept(answer: aiohttp.ClientResponse, url: str, now: int) -> None:
    if answer.status in _BUSY:
        wait = wait_seconds(answer.headers, now / 1000) if "Retry-After" in answer.headers else 0.0
        raise _BrokeOff(f"the server answers {answer.status}", wait)
    if answer.status not in {_OK, _PARTIAL}:
        raise FetchFailed(f"{_shown(url)}: the server answers {answer.status}")


def _conditions(known: Entry | None) -> dict[str, str]:
    if known is None:
        return {}
    if known.etag:
        return {"If-None-Match": known.etag}
    return {"If-Modified-Since": known.modified} if known.modified else {}


def _begun(part: Path, tag: Path, url: str) -> str | None:
    """Return the tag of a file that has begun to come from this URL, None where none has."""
    try:
        whose, _, etag = tag.read_text(encoding="utf-8").partition("\n")
        return etag if whose == url and etag and part.stat().st_size else None
    except (OSError, UnicodeDecodeError):
        return None


def _continues(answer: aiohttp.ClientResponse, part: Path) -> bool:
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
    return found is not None and int(found[1]) == part.stat().st_size


def _hashed(file: IO[bytes], digest: hashlib._Hash) -> int:
    size = 0
    while piece := file.read(_PIECE):
        digest.update(piece)
        size += len(piece)
    return size


def _forget(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _failed(error: Exception, url: str) -> FetchFailed:
    if not isinstance(error, UNREACHABLE):
        return FetchFailed(f"{_shown(url)}: {_reason(error)}")
    if not isinstance(error, aiohttp.ClientConnectorError):
        return HostUnreachable(URL(url).host or "", "the server does not answer")
    os_error = error.os_error if hasattr(error, "os_error") else None
    why = os_error.strerror if isinstance(os_error, OSError) else None
    return HostUnreachable(error.host, why or _reason(error))


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "the server does not answer"
    return str(error)[:300] or type(error).__name__


def _shown(url: str) -> str:
    """Return a URL as it may be printed: without a query, which may hold a key."""
    return str(URL(url).with_query(None).with_fragment(None))
