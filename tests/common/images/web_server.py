"""A registry that answers as a test wants it, over real HTTP on the loopback address."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.abc import AbstractResolver
from aiohttp.test_utils import TestServer

from scantling_common.images.sources.endpoint import Endpoint
from scantling_common.images.sources.registry import Registry
from scantling_common.images.sources.transport import Transport
from tests.builders.image import sha256

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    from aiohttp.abc import ResolveResult

    Answer = web.StreamResponse | Callable[[web.Request], web.StreamResponse]

LOOPBACK = "127.0.0.1"
NOW = 1_700_000_000.0


class Clock:
    """A clock that a test moves, and that never really waits; ``slept`` is what was waited for."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def now_ms(self) -> int:
        return int(NOW * 1000)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.slept.append(seconds)


class Names(AbstractResolver):
    """Resolves names as a test says; each question takes the next of a name's addresses."""

    def __init__(self, **addresses: list[str]) -> None:
        self._addresses = {name.replace("_", "."): found for name, found in addresses.items()}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        known = self._addresses.get(host, [LOOPBACK])
        address = known.pop(0) if len(known) > 1 else known[0]
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": family or socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
        ]

    async def close(self) -> None:
        return


class Web:
    """Routes and the requests that came, in order."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []
        self._routes: dict[str, list[Answer]] = {}
        self.port = 0

    def route(self, path: str, *answers: Answer) -> None:
        """Answer requests for a path (with its query, where it has one) in turn; the last stays."""
        self._routes[path] = list(answers)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.bodies.append(await request.read())
        answers = self._routes.get(request.path_qs) or self._routes.get(request.path)
        if not answers:
            return web.Response(status=404, text='{"errors":[{"code":"UNKNOWN","message":"no"}]}')
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return answer(request) if callable(answer) else answer

    def seen(self) -> list[tuple[str, str]]:
        """Return method and path of each request."""
        return [(request.method, request.path) for request in self.requests]

    def authorizations(self, path: str) -> list[str | None]:
        """Return what each request for a path carried."""
        return [r.headers.get("Authorization") for r in self.requests if r.path == path]


def reply(
    body: bytes | str = b"", status: int = 200, **headers: str
) -> Callable[[Any], web.Response]:
    """Return an answer that can be given many times; ``_`` in header names is ``-``."""
    data = body.encode() if isinstance(body, str) else body
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: web.Response(body=data, status=status, headers=fields)


def manifest_reply(
    data: bytes, media_type: str, digest: str | None = None
) -> Callable[[Any], web.Response]:
    """Return a manifest as a registry answers it, with its digest or another."""
    return reply(data, Content_Type=media_type, Docker_Content_Digest=digest or sha256(data))


@asynccontextmanager
async def serving(web_app: Web, tls: ssl.SSLContext | None = None) -> AsyncIterator[Web]:
    """Serve on a free port of the loopback address."""
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", web_app.handle)
    server = TestServer(app, host=LOOPBACK, scheme="https" if tls else "http")
    await server.start_server(ssl=tls)
    assert server.port is not None
    web_app.port = server.port
    try:
        yield web_app
    finally:
        await server.close()


@asynccontextmanager
async def client(
    web_app: Web, host: str = LOOPBACK, *, names: Names | None = None, **more: Any
) -> AsyncIterator[Registry]:
    """Open a client of the server under a name; private addresses are allowed unless said."""
    more = {"plain_http": True, "allow_private": True, **more}
    own = {name: more.pop(name) for name in ("clock", "metrics", "name") if name in more}
    mirrored_tags = more.pop("mirrored_tags", False)
    endpoint = Endpoint(host=f"{host}:{web_app.port}", **more)
    transport = Transport(endpoint, resolver=names or Names(), **{"clock": Clock(), **own})
    async with Registry(transport, mirrored_tags=mirrored_tags) as registry:
        yield registry


class Cuts:
    """Answers whose connection breaks off, once what was sent of them has arrived.

    What is still on its way when a connection breaks is lost or not, as chance has it.
    """

    def __init__(self) -> None:
        self._arrived = asyncio.Event()

    def after(self, data: bytes, length: int, **headers: str) -> Callable[[Any], _Cut]:
        """Return an answer that breaks off after some of its bytes."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return lambda _: _Cut(data, length, fields, self._arrived)

    async def gathered(self, pieces: AsyncIterator[bytes]) -> bytes:
        """Return a whole stream, piece by piece."""
        whole = bytearray()
        async for piece in pieces:
            whole += piece
            self._arrived.set()
        return bytes(whole)


class _Cut(web.StreamResponse):
    def __init__(
        self, data: bytes, length: int, headers: dict[str, str], arrived: asyncio.Event
    ) -> None:
        super().__init__(headers={"Content-Length": str(len(data)), **headers})
        self._data = data[:length]
        self._arrived = arrived

    async def write_eof(self, data: bytes = b"") -> None:
        await self.write(self._data + data)
        if self._data:
            await self._arrived.wait()
            self._arrived.clear()
        assert self._req is not None
        assert self._req.transport is not None
        self._req.transport.close()


async def gathered(pieces: AsyncIterator[bytes]) -> bytes:
    """Return a whole stream."""
    return b"".join([piece async for piece in pieces])
