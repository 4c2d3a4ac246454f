"""HTTP to one registry: credentials stay with it, addresses are checked, errors are typed."""

from __future__ import annotations

import socket
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
from scantling_common.images.sources.failures import refusal, unreachable
from scantling_common.images.sources.rate_limit import wait_seconds
from scantling_common.images.sources.tls import others_context, own_context
from scantling_common.images.sources.tokens import Tokens
from scantling_common.telemetry.metrics import NO_METRICS, Metrics

if TYPE_CHECKING:
    import ssl
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
_READING: Final = frozenset({"GET", "HEAD"})
_HOSTS_AT_ONCE: Final = 4
_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 16.0


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
        self.clock = clock or SystemClock()
        self._closed_until = 0.0
        self._own_tls: ssl.SSLContext | bool = True
        self._tokens = Tokens(endpoint, self._fetch_token, self.clock.monotonic)
        self._session: aiohttp.ClientSession | None = None

    def mirrors(self) -> tuple[Transport, ...]:
        """Return transports to the mirrors of its endpoint, made like this one."""
        return tuple(
            Transport(
                each,
                resolver=self._resolver,
                clock=self.clock,
                metrics=self._metrics,
                name=self._name,
            )
            for each in self.endpoint.mirrors
        )

    async def __aenter__(self) -> Self:
        endpoint = self.endpoint
        self._own_tls = own_context(endpoint)
        connector = aiohttp.TCPConnector(
            limit=endpoint.connections * _HOSTS_AT_ONCE,
            limit_per_host=endpoint.connections,
            resolver=GuardedResolver(self._policy, self._resolver or aiohttp.ThreadedResolver()),
            ssl=others_context(endpoint),
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
        is asked for. Raises the :class:`RegistryError` or :class:`NotFound` of a bad answer;
        one that may be another soon is waited for as long as the endpoint's patience lasts.
        """
        url = self.origin.join(url)
        if url.origin() != self.origin:
            raise AddressRefused(f"{url.host} is not the registry {self.origin.host}")
        patience = self.endpoint.patience if method in _READING and body is None else 0.0
        response = await self._answered(method, url, scope, headers or {}, body, seconds, patience)
        try:
            yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise unreachable(url, error) from error
        finally:
            response.release()

    async def _answered(
        self,
        method: str,
        url: URL,
        scope: str,
        headers: Mapping[str, str],
        body: Body,
        seconds: float | None,
        patience: float,
    ) -> aiohttp.ClientResponse:
        """Return a good answer; ``patience`` is how many seconds may be spent on waiting."""
        pause = _FIRST_WAIT
        while True:
            # What one request was told holds for all: the others need not ask to hear it, too.
            wait = self._closed_until - self.clock.monotonic()
            if not 0 < wait <= patience:
                wait = 0.0
                try:
                    return await self._asked(method, url, scope, headers, body, seconds)
                except RateLimited as error:
                    wait = error.not_before_seconds
                    if wait > patience:
                        raise
                    self._closed_until = self.clock.monotonic() + wait
                except RegistryUnreachable as error:
                    wait, pause = pause, min(pause * 2, _LONGEST_WAIT)
                    if wait > patience or not _may_pass(error):
                        raise
            patience -= wait
            await self.clock.sleep(wait)

    async def _asked(
        self,
        method: str,
        url: URL,
        scope: str,
        headers: Mapping[str, str],
        body: Body,
        seconds: float | None,
    ) -> aiohttp.ClientResponse:
        """Send once, authorised and redirected; return a good answer, or raise what it says."""
        response: aiohttp.ClientResponse | None = None
        try:
            response = await self._authorized(method, url, scope, headers, body, seconds)
            response = await self._redirected(method, response, headers, seconds)
            await self._check(response)
        except BaseException as error:
            if response is not None:
                response.release()
            if isinstance(error, aiohttp.ClientError | TimeoutError | OSError):
                raise unreachable(url, error) from error
            raise
        return response

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
        while response.status in _REDIRECTS and method in _READING:
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
                ssl=self._own_tls if url.origin() == self.origin else True,
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
                not_before_seconds=wait_seconds(response.headers, self.clock.now_ms() / 1000),
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

    async def _fetch_token(self, url: URL, headers: Mapping[str, str], form: bytes | None) -> bytes:
        """Ask a token server, which is never followed elsewhere."""
        method = "GET" if form is None else "POST"
        try:
            response = await self._send(method, url, headers, form, None)
            async with response:
                if response.status in {401, 403}:
                    raise RegistryUnauthorized(
                        f"the token server {url.host} refuses access ({response.status})",
                        hint="check the registry's user name and password",
                    )
                if response.status in _REDIRECTS:
                    raise RegistryAnswerInvalid(f"the token server {url.host} redirects")
                try:
                    await self._check(response)
                except NotFound as error:
                    # Whoever asked for an image must not hear that the image isn't there.
                    message = f"the token server {url.host} is not where the registry says"
                    raise RegistryAnswerInvalid(message) from error
                return await read_bounded(response, _ERROR_BYTES * 4)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise unreachable(url, error) from error


def _target(response: aiohttp.ClientResponse) -> URL:
    try:
        target = response.url.join(URL(response.headers.get("Location", "")))
        host = target.host
    except ValueError as error:
        raise RegistryAnswerInvalid("the registry redirects to no address") from error
    if not host:
        raise RegistryAnswerInvalid("the registry redirects to no address")
    return target.with_user(None)


def _may_pass(error: RegistryUnreachable) -> bool:
    """Say whether to ask again soon is of use: not where there is no server, or no trust."""
    cause = error.__cause__
    return cause is None or (
        isinstance(cause, aiohttp.ClientError)
        and not isinstance(cause, aiohttp.ClientConnectorError)
        and refusal(cause) is None
    )
