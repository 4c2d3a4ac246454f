"""A host that publishes feeds, on this machine, and can be told to misbehave."""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class FeedHost:
    """Files by path, with strong tags and ranges; ``broken`` answers end after so many bytes."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.broken: list[int] = []
        self.busy: list[str] = []
        self.moved: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.tags = True
        self.origin = ""

    def requests(self, path: str) -> list[dict[str, str]]:
        """Return the headers of the requests for a path."""
        return [headers for asked, headers in self.asked if asked == path]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, dict(request.headers)))
        if self.busy:
            return web.Response(status=503, headers={"Retry-After": self.busy.pop(0)})
        if request.path in self.moved:
            return web.Response(status=302, headers={"Location": self.moved[request.path]})
        content = self.files.get(request.path)
        if content is None:
            return web.Response(status=404)
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers = {"ETag": tag} if self.tags else {}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        status, begin = 200, 0
        asked = request.headers.get("Range")
        if asked and request.headers.get("If-Range") == tag:
            begin = int(asked.removeprefix("bytes=").rstrip("-"))
            status = 206
            headers["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        return await self._sent(request, status, headers, content[begin:])

    async def _sent(
        self, request: web.Request, status: int, headers: dict[str, str], content: bytes
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = len(content)
        await response.prepare(request)
        if self.broken:
            await response.write(content[: self.broken.pop(0)])
            assert request.transport is not None
            request.transport.close()
            return response
        await response.write(content)
        return response


@asynccontextmanager
async def feed_host() -> AsyncIterator[FeedHost]:
    """Run a host on a free port of this machine."""
    host = FeedHost()
    app = web.Application()
    app.router.add_get("/{path:.*}", host.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server = site._server
    assert server is not None
    host.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]  # of a server of sockets
    try:
        yield host
    finally:
        await runner.cleanup()
