"""The product as its users meet it: over HTTP, with a token."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Self

import aiohttp

from tests.end_to_end.sizes import ANSWER_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOOK_AGAIN: Final = 0.05
SERVICES: Final = {
    "webhooks": "sync",
    "projects": "sync",
    "registries": "sync",
    "syncs": "sync",
    "tasks": "dispatcher",
    "scans": "dispatcher",
    "lists": "dispatcher",
    "images": "reporter",
    "search": "reporter",
    "vulnerabilities": "reporter",
    "counters": "reporter",
    "tokens": "reporter",
    "metrics": "reporter",
}
"""Which service has which part of the API: what an ingress knows."""


class Refused(AssertionError):
    """The API answered with an error."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status}: {body[:2000]}")
        self.status = status
        self.body = body


class Api:
    """A client; ``base`` returns where a service listens now, as ``http://HOST:PORT``."""

    def __init__(self, base: Callable[[str], str], token: str) -> None:
        self._base = base
        self.headers = {"Authorization": f"Bearer {token}"}
        self.session = aiohttp.ClientSession()

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.session.close()

    def url(self, path: str) -> str:
        """Return the URL of a path, at the service that it belongs to."""
        parts = path.removeprefix("/api/v1").strip("/").split("/")
        return self._base(SERVICES[parts[0].partition("?")[0]]) + path

    async def get(self, path: str, **query: str) -> Any:
        """Return an answer's JSON; raises :class:`Refused`."""
        return await self._ask("GET", f"/api/v1/{path}", params=query)

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Post JSON; return the answer's."""
        return await self._ask("POST", f"/api/v1/{path}", json=body)

    async def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Put JSON; return the answer's."""
        return await self._ask("PUT", f"/api/v1/{path}", json=body)

    async def delete(self, path: str) -> None:
        """Delete."""
        await self._ask("DELETE", f"/api/v1/{path}")

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        url = self.url(path)
        async with self.session.request(method, url, headers=self.headers, **more) as answer:
            if answer.status >= 400:
                raise Refused(answer.status, await answer.text())
            return await answer.json(content_type=None) if answer.status != 204 else None

    async def add_registry(self, host: str, secret: str, **settings: Any) -> str:
        """Make a registry, of the project ``default`` if none is named; return its id."""
        fields = {"plain_http": True, "allow_private": True, "sync_hours": 0, **settings}
        name = f"registry {host.rpartition(':')[2]}"
        project = settings.get("project", "default")
        new = {"name": name, "url": f"http://{host}", "webhook_secret": secret, **fields}

        async def made() -> str:
            for known in (await self.get("registries", project=project))["items"]:
                if known["name"] == name:
                    return str(known["id"])
            return str((await self.post("registries", new))["id"])

        return str(await until(made, "a registry"))

    async def rows(self, **query: str) -> list[dict[str, Any]]:
        """Return the whole image list."""
        rows: list[dict[str, Any]] = []
        token = ""
        while True:
            page = {"page_token": token} if token else {}
            answer = await self.get("images", page_size="500", **page, **query)
            rows += answer["items"]
            token = answer["next_page_token"]
            if not token:
                return rows

    async def report(self, digest: str, **query: str) -> Any:
        """Return an image's report."""
        return await self.get(f"images/{digest}/report", **query)

    async def reported(self, digest: str, *, status: str = "", **query: str) -> Any:
        """Wait for an image's report and return it; with a status for one that says so."""

        async def look() -> Any:
            rows = [row for row in await self.rows() if row["digest"] == digest]
            if not rows or rows[0]["status"] == "unscanned":
                return None
            found = await self.report(digest, placement=rows[0]["placement"], **query)
            return found if not status or found["status"] == status else None

        return await until(look, f"the report of {digest}")


async def until(
    look: Callable[[], Any],
    what: str,
    *,
    seconds: float = ANSWER_SECONDS,
    every: float = LOOK_AGAIN,
) -> Any:
    """Return what ``look`` returns as soon as it is neither None nor False.

    What is not there yet, or does not answer yet, is looked at again.
    """
    last: Exception | None = None
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    found = await look()
                except (aiohttp.ClientError, Refused) as error:
                    last, found = error, None
                if found is not None and found is not False:
                    return found
                await asyncio.sleep(every)
    except TimeoutError:
        raise AssertionError(f"{what}: not in {seconds:g} s (last error: {last!r})") from last
