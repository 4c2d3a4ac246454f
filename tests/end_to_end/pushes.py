"""Pushes into a registry that notifies nobody, and the notification by hand."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import io
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from scantling_common.http.auth import new_token
from tests.builders.image import push
from tests.end_to_end.api import Refused, until
from tests.end_to_end.end_state import Subject
from tests.end_to_end.notices import EVENTS, notice, notification

if TYPE_CHECKING:
    from tests.builders.image import BuiltImage
    from tests.end_to_end.api import Api
    from tests.services.registry import DistributionRegistry


class Source:
    """A registry that is known to the product, and the way to push into it."""

    def __init__(self, api: Api, registry: DistributionRegistry, id_: str, secret: str) -> None:
        self._api = api
        self.registry, self.id, self.secret = registry, id_, secret

    @classmethod
    async def added(
        cls, api: Api, registry: DistributionRegistry, *, host: str = "", **settings: Any
    ) -> Source:
        """Make the registry known, as ``host``; wait until its first sync is over."""
        secret = new_token()
        id_ = await api.add_registry(host or registry.host, secret, **settings)

        async def synced() -> bool:
            view = await api.get(f"registries/{id_}")
            return view["first_sync_at"] is not None

        await until(synced, "the first sync")
        return cls(api, registry, id_, secret)

    async def push(self, image: BuiltImage, repository: str, tag: str = "v1") -> None:
        """Push an image; nobody is told."""
        await asyncio.to_thread(push, self.registry.host, repository, tag, image)

    async def told(self, *events: dict[str, Any]) -> int:
        """Send a notification; return the status, 0 where the connection broke."""
        return await self.deliver(notification(*events), self.secret)

    async def deliver(
        self, body: bytes, secret: str, content_type: str = EVENTS, *, registry: str = ""
    ) -> int:
        """Send a body with a secret, as this registry or as another one; return the status."""
        path = f"/webhooks/{quote(registry or self.id, safe='')}"
        headers = {"Content-Type": content_type}
        if secret:
            headers["Authorization"] = f"Bearer {secret}"
        url = URL(self._api.url(path), encoded=True)
        async with self._api.session.post(url, data=io.BytesIO(body), headers=headers) as answer:
            await answer.read()
            return answer.status

    async def rescanned(self, subject: Subject) -> str:
        """Start a manual scan of an image; return the task's id. Asks once, however it ends."""
        body = {"project": subject.project, "images": [subject.image.digest]}

        async def started() -> str:
            with contextlib.suppress(aiohttp.ClientError, Refused):
                return str((await self._api.post("tasks", body))["id"])
            # The answer was lost: the task was made, or it was not.
            for task in (await self._api.get("tasks", project=subject.project))["items"]:
                items = (await self._api.get(f"tasks/{task['id']}/items"))["items"]
                is_ours = subject.image.digest in {item["image"] for item in items}
                if task["kind"] == "manual" and (task["state"] == "planning" or is_ours):
                    return str(task["id"])
            raise Refused(0, "no task was made")

        return str(await until(started, f"a scan of {subject.repository}"))

    async def deleted(self, subject: Subject) -> None:
        """Delete an image from the registry, and tell of it until that is taken."""
        await asyncio.to_thread(self._delete, subject.repository, subject.image.digest)
        event = notice(
            subject.repository,
            digest=subject.image.digest,
            action="delete",
            id_=f"delete-{subject.name}-{subject.tag}",
        )

        async def taken() -> bool:
            return await self.told(event) == 202

        await until(taken, f"the webhook of {subject.repository}")

    def _delete(self, repository: str, digest: str) -> None:
        connection = http.client.HTTPConnection(self.registry.host, timeout=30)
        try:
            connection.request("DELETE", f"/v2/{repository}/manifests/{digest}")
            assert connection.getresponse().status == 202
        finally:
            connection.close()

    async def pushed(
        self, image: BuiltImage, name: str, tag: str = "v1", *, project: str = "default"
    ) -> Subject:
        """Push an image and tell of it, until that is taken; return what it is known by."""
        repository = f"team/{name}"
        await self.push(image, repository, tag)
        event = notice(
            repository, tag=tag, digest=image.digest, id_=f"push-{name}-{tag}-{image.digest}"
        )

        async def taken() -> bool:
            return await self.told(event) == 202

        await until(taken, f"the webhook of {repository}:{tag}")
        return Subject(project, self.id, repository, tag, image, name)
