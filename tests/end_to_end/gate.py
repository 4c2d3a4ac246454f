"""A gate in front of a registry: answers can be held back, replaced, or refused."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Self

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

_PASSED = ("Accept", "Authorization", "Range")
_RETURNED = ("Content-Type", "Docker-Content-Digest", "Link", "WWW-Authenticate", "Location")


class Held:
    """Answers to one kind of request, which wait; what they say was true when they were asked."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self.released = asyncio.Event()


class Gate:
    """A reverse proxy on a free port of 127.0.0.1, for as long as the context lasts."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._held: dict[tuple[str, str], Held] = {}
        self._replaced: dict[str, tuple[bytes, str]] = {}
        self.asked: list[tuple[str, str, Mapping[str, str]]] = []
        self.refuses = False
        self.host = ""

    def hold(self, method: str, path: str) -> Held:
        """Hold the next answer to a request back."""
        held = self._held[method, path] = Held()
        return held

    def replace(self, path: str, body: bytes, media_type: str) -> None:
        """Answer requests for a path with something else."""
        self._replaced[path] = body, media_type

    async def __aenter__(self) -> Self:
        """Open."""
        self._session = aiohttp.ClientSession(auto_decompress=False)
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.host = f"127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        for held in self._held.values():
            held.released.set()
        await self._runner.cleanup()
        await self._session.close()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.path, dict(request.headers)))
        if self.refuses:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=503)
        if request.path in self._replaced:
            return _replacement(*self._replaced[request.path])
        response = await self._asked(request)
        held = self._held.pop((request.method, request.path), None)
        if held is not None:
            held.arrived.set()
            await held.released.wait()
        return response

    async def _asked(self, request: web.Request) -> web.Response:
        url = f"http://{self._upstream}{request.path_qs}"
        passed = {name: request.headers[name] for name in _PASSED if name in request.headers}
        async with self._session.request(
            request.method, url, headers=passed, allow_redirects=False
        ) as answer:
            body = await answer.read()
            returned = {n: answer.headers[n] for n in _RETURNED if n in answer.headers}
            response = web.Response(status=answer.status, body=body, headers=returned)
            if request.method == "HEAD" and "Content-Length" in answer.headers:
                response.headers["Content-Length"] = answer.headers["Content-Length"]
            return response


def _replacement(body: bytes, media_type: str) -> web.Response:
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    headers = {"Content-Type": media_type, "Docker-Content-Digest": digest}
    return web.Response(body=body, headers=headers)
