"""A registry that misbehaves on demand: what no real one can be made to do in a test."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.builders.image import OCI_INDEX, sha256

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders.image import BuiltArtifact, BuiltImage


class ScriptedRegistry:
    """Speaks as much of the distribution API as sync asks.

    ``overrides`` are asked first, newest first; :meth:`hold` stops requests until they are let
    go. ``asked`` holds method and path of every request, ``authorizations`` the header of each.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.tags: dict[str, dict[str, str]] = {}
        self.manifests: dict[tuple[str, str], tuple[bytes, str]] = {}
        self.blobs: dict[tuple[str, str], bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.authorizations: list[str] = []
        self.overrides: list[Callable[[web.Request], web.StreamResponse | None]] = []
        self._holds: list[tuple[str, str, asyncio.Event, asyncio.Event]] = []
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self._answer)
        self._server = TestServer(app)

    async def __aenter__(self) -> Self:
        """Listen."""
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        for hold in self._holds:
            hold[3].set()
        await self._server.close()

    @property
    def host(self) -> str:
        """Return ``127.0.0.1:PORT``."""
        return f"127.0.0.1:{self._server.port}"

    def put(self, repository: str, tag: str, built: BuiltImage | BuiltArtifact) -> str:
        """Hold an image or artifact, under a tag unless that is empty; return its digest."""
        self.manifests[repository, built.digest] = (built.manifest, built.media_type)
        for digest, data in built.blobs.items():
            self.blobs[repository, digest] = data
        tags = self.tags.setdefault(repository, {})
        if tag:
            tags[tag] = built.digest
        return built.digest

    def put_index(self, repository: str, tag: str, data: bytes) -> str:
        """Hold an index, and show it under a tag; return its digest."""
        digest = sha256(data)
        self.manifests[repository, digest] = (data, OCI_INDEX)
        self.tags.setdefault(repository, {})[tag] = digest
        return digest

    def drop(self, repository: str, tag: str) -> None:
        """Show a tag no more."""
        del self.tags[repository][tag]

    def hold(self, method: str, path: str) -> tuple[asyncio.Event, asyncio.Event]:
        """Stop the next such request; return what is set when it came, and what lets it go.

        The answer is made before it is stopped: it tells what was so then.
        """
        came, go = asyncio.Event(), asyncio.Event()
        self._holds.append((method, path, came, go))
        return came, go

    def count(self, method: str, part: str) -> int:
        """Return how many requests there were with a part in their path."""
        return sum(verb == method and part in path for verb, path in self.asked)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.path))
        self.authorizations.append(request.headers.get("Authorization", ""))
        response: web.StreamResponse | None = None
        for override in reversed(self.overrides):
            response = override(request)
            if response is not None:
                break
        if response is None:
            response = self._plain(request)
        for each in list(self._holds):
            method, path, came, go = each
            if (request.method, request.path) == (method, path):
                self._holds.remove(each)
                came.set()
                await go.wait()
        return response

    def _plain(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/v2/")
        if not path:
            return web.json_response({})
        if path == "_catalog":
            return web.json_response({"repositories": sorted(self.tags)})
        repository, found, rest = path.rpartition("/manifests/")
        if found:
            return self._manifest(repository, rest)
        repository, found, digest = path.rpartition("/blobs/")
        if found:
            data = self.blobs.get((repository, digest))
            return web.Response(body=data) if data is not None else web.Response(status=404)
        repository = path.removesuffix("/tags/list")
        if repository not in self.tags:
            return web.Response(status=404)
        return web.json_response({"name": repository, "tags": sorted(self.tags[repository])})

    def _manifest(self, repository: str, reference: str) -> web.StreamResponse:
        digest = self.tags.get(repository, {}).get(reference, reference)
        if (repository, digest) not in self.manifests:
            return web.Response(status=404)
        data, media_type = self.manifests[repository, digest]
        headers = {"Content-Type": media_type, "Docker-Content-Digest": digest}
        return web.Response(body=data, headers=headers)
