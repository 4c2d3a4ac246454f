"""HTTP to one registry: credentials stay with it, addresses are checked, errors are typed."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from scantling_common.clock import SystemClock
from scantling_common.images.errors import (
    AddressRefused,
    NotFound,
    RateLimited,
    RegistryAnswerInvalid,
    RegistryError,
    RegistryUnauthorized,
    RegistryUnreachable,
)
from scantling_common.images.sources.addresses import AddressPolicy
from scantling_common.images.sources.answers import read_bounded, stated_reason
from scantling_common.images.sources.challenge import parse_challenges
from scantling_common.images.sources.rate_limit import wait_seconds
from scantling_common.images.sources.tokens import Tokens
from scantling_common.telemetry.metrics import NO_METRICS, Metrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from types import TracebackType

    from aiohttp.abc import ResolveResult

    from scantling_common.clock import Clock
    from scantling_common.images.sources.endpoint import Endpoint

    Body = bytes | Callable[[], AsyncIterator[bytes]] | None

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 5
_MOST_CHALLENGES: Final = 2
_ERROR_BYTES: Final = 64 * 1024


class GuardedResolver(AbstractResolver):
    """Resolves names, and refuses addresses that the policy doesn't allow."""

    def __init__(self, policy: AddressPolicy, inner: AbstractResolver) -> None:
        self._policy = policy
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a name; one bad one among them refuses all."""
        found = await self._inner.resolve(host, port, family)
        for result in found:
            self._policy.check(host, result["host"])
        return found

    async def close(self) -> None:
        """Close the inner resolver."""
        await self._inner.close()


class Transport:
    """A session with one registry. Use it as an asynchronous context manager."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        resolver: AbstractResolver | None = None,
        clock: Clock | None = None,
        metrics: Metrics = NO_METRICS,
        name: str = "",
    ) -> None:
        """Prepare; ``resolver`` replaces the system's, but is guarded all the same.

        Requests are counted under ``name``: that of a configured registry.
        """
        self.endpoint = endpoint
        self._metrics, self._name = metrics, name
        self.origin = URL(endpoint.origin)
        self._policy = AddressPolicy(self.origin.host or "", endpoint.allow_private)
        self._resolver = resolver
        self._clock = clock or SystemClock()
        self._tokens = Tokens(endpoint, self._fetch_token, self._clock.monotonic)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        endpoint = self.endpoint
        connector = aiohttp.TCPConnector(
            limit=endpoint.connections,
            resolver=GuardedResolver(self._policy, self._resolver or aiohttp.ThreadedResolver()),
            ssl=_context(endpoint),
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "scantling", "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(
                total=endpoint.seconds,
                sock_connect=endpoint.connect_seconds,
                sock_read=endpoint.read_seconds,
            ),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def request(
        self,
        method: str,
        url: URL,
        *,
        scope: str,
        headers: Mapping[str, str] | None = None,
        body: Body = None,
        seconds: float | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request to the registry and give its good answer (status below 300).

        Redirects of GET and HEAD are followed without credentials. ``scope`` is what a token
        is asked for. Raises the :class:`RegistryError` or :class:`NotFound` of a bad answer.
        """
        url = self.origin.join(url)
        if url.origin() != self.origin:
            raise AddressRefused(f"{url.host} is not the registry {self.origin.host}")
        response: aiohttp.ClientResponse | None = None
        try:
            response = await self._authorized(method, url, scope, headers or {}, body, seconds)
            response = await self._redirected(method, response, headers or {}, seconds)
            await self._check(response)
            yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unreachable(url, error) from error
        finally:
            if response is not None:
                response.release()

    async def _authorized(
        self,
        method: str,
        url: URL,
        scope: str,
        headers: Mapping[str, str],
        body: Body,
        seconds: float | None,
    ) -> aiohttp.ClientResponse:
        """Send, and answer up to two challenges: no token or an old one, then too narrow a one."""
        for _ in range(_MOST_CHALLENGES):
            own = self._tokens.header(scope)
            response = await self._send(method, url, {**headers, **own}, body, seconds)
            if response.status != 401:  # noqa: PLR2004
                return response
            challenges = parse_challenges(response.headers.getall("WWW-Authenticate", []))
            response.release()
            if not await self._tokens.answer(challenges, scope, rejected=own):
                break
        own = self._tokens.header(scope)
        return await self._send(method, url, {**headers, **own}, body, seconds)

    async def _redirected(
        self,
        method: str,
        response: aiohttp.ClientResponse,
        headers: Mapping[str, str],
        seconds: float | None,
    ) -> aiohttp.ClientResponse:
        followed = 0
        while response.status in _REDIRECTS and method in {"GET", "HEAD"}:
            target = _target(response)
            response.release()
            followed += 1
            if followed > _MOST_REDIRECTS:
                raise RegistryAnswerInvalid(f"{self.origin.host} redirects without end")
            if target.scheme != "https" and not (
                target.scheme == "http" and self.endpoint.plain_http
            ):
                raise AddressRefused(f"{self.origin.host} redirects to a {target.scheme} address")
            response = await self._send(method, target, headers, None, seconds)
        return response

    async def _send(
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str],
        body: Body,
        seconds: float | None,
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("the transport is used outside its context")
        self._policy.check_literal(url.host or "")
        timeout = aiohttp.ClientTimeout(
            total=seconds or self.endpoint.seconds,
            sock_connect=self.endpoint.connect_seconds,
            sock_read=self.endpoint.read_seconds,
        )
        status = "error"
        try:
            response = await self._session.request(
                method,
                url,
                headers=headers,
                data=body() if callable(body) else body,
                allow_redirects=False,
                timeout=timeout,
            )
            status = str(response.status)
        finally:
            self._metrics.count("registry_requests_total", registry=self._name, status=status)
        return response

    async def _check(self, response: aiohttp.ClientResponse) -> None:
        """Raise the error of an answer that is not a good one."""
        status = response.status
        if status < 300:  # noqa: PLR2004
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise RegistryAnswerInvalid("the registry compressed its answer unasked")
            return
        host = self.origin.host
        if status == 429 or (status == 503 and "Retry-After" in response.headers):  # noqa: PLR2004
            raise RateLimited(
                f"{host} asks to wait",
                not_before_seconds=wait_seconds(response.headers, self._clock.now_ms() / 1000),
            )
        reason = stated_reason(await read_bounded(response, _ERROR_BYTES, truncate=True))
        if status in {401, 403}:
            raise RegistryUnauthorized(
                f"{host} refuses access ({status}{reason})",
                hint="check the registry's user name and password, and what they may read",
            )
        if status == 404:  # noqa: PLR2004
            raise NotFound(f"{host} has nothing at {response.url.raw_path[:300]}{reason}")
        if status >= 500:  # noqa: PLR2004
            raise RegistryUnreachable(f"{host} answers {status}{reason}")
        raise RegistryError(f"{host} answers {status}{reason}")

    async def _fetch_token(self, url: URL, headers: Mapping[str, str]) -> bytes:
        """Ask a token server, which is never followed elsewhere."""
        try:
            response = await self._send("GET", url, headers, None, None)
            async with response:
                if response.status in {401, 403}:
                    raise RegistryUnauthorized(
                        f"the token server {url.host} refuses access ({response.status})",
                        hint="check the registry's user name and password",
                    )
                if response.status in _REDIRECTS:
                    raise RegistryAnswerInvalid(f"the token server {url.host} redirects")
                await self._check(response)
                return await read_bounded(response, _ERROR_BYTES * 4)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unreachable(url, error) from error


def _target(response: aiohttp.ClientResponse) -> URL:
    try:
        target = response.url.join(URL(response.headers.get("Location", "")))
        host = target.host
    except ValueError as error:
        raise RegistryAnswerInvalid("the registry redirects to no address") from error
    if not host:
        raise RegistryAnswerInvalid("the registry redirects to no address")
    return target.with_user(None)


def _context(endpoint: Endpoint) -> ssl.SSLContext | bool:
    if endpoint.plain_http:
        return True
    if endpoint.ca_file is None and not endpoint.ca:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=endpoint.ca_file, cadata=endpoint.ca or None)
    except (OSError, ssl.SSLError, ValueError) as error:
        raise RegistryError(
            f"the CA file {endpoint.ca_file or ''} can't be used: {error}",
            hint="it must hold certificates in PEM form",
        ) from error


def _unreachable(url: URL, error: Exception) -> RegistryUnreachable:
    hint = "check the host name, and that the registry is up"
    if isinstance(error, aiohttp.ClientSSLError):
        hint = "check the registry's certificate, or give its CA with --ca"
    if isinstance(error, asyncio.TimeoutError):
        return RegistryUnreachable(f"{url.host} didn't answer in time", hint=hint)
    return RegistryUnreachable(f"{url.host} can't be reached: {error}", hint=hint)
