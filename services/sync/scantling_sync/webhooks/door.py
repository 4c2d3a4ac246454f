"""Where webhooks come in: authenticated, bounded, and stored before they are answered."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from aiohttp import web

from scantling_common.crypto import SealBroken
from scantling_common.http.endpoints import endpoint
from scantling_common.http.messages import respond
from scantling_common.http.problems import BadRequest, HttpError, Unauthorized, Unavailable
from scantling_common.records.sync import (
    DELIVERIES,
    REGISTRIES,
    DeliveryBody,
    Registry,
    WebhookDelivery,
)
from scantling_common.store.port import StoreUnavailable
from scantling_common.store.repository import Repository
from scantling_common.telemetry.tracing import current_traceparent
from scantling_sync.webhooks.authentication import is_secret, presented
from scantling_sync.webhooks.kinds import WEBHOOKS
from scantling_sync.webhooks.notice import NotificationInvalid

if TYPE_CHECKING:
    import asyncio

    from scantling_common.clock import Clock, Randomness
    from scantling_common.crypto import Sealer
    from scantling_common.store.port import Store
    from scantling_common.telemetry.metrics import Metrics
    from scantling_sync.webhooks.notice import Notification

MAX_BODY: Final = 1024 * 1024
"""The largest webhook body in bytes."""

RETRY_SECONDS: Final = 5
_HINT: Final = "send the secret that the registry's settings name"
_NOBODY: Final = "0" * 32


class WebhookDoor:
    """Answers webhook requests.

    202 once the delivery is stored, and for events that don't concern images; 401, 413 and 400
    without side effects; 503 with ``Retry-After`` where it can't be stored. A registry that does
    not exist is answered as one whose secret is wrong, after the same work.
    """

    def __init__(
        self,
        store: Store,
        sealer: Sealer,
        *,
        clock: Clock,
        randomness: Randomness,
        metrics: Metrics,
        doorbell: asyncio.Event,
    ) -> None:
        """Store deliveries and ring the ``doorbell`` for each."""
        self._registries = Repository(store, REGISTRIES, Registry)
        self._deliveries = Repository(store, DELIVERIES, WebhookDelivery)
        self._sealer = sealer
        self._clock = clock
        self._randomness = randomness
        self._metrics = metrics
        self._doorbell = doorbell
        self._nobody = Registry(
            id=_NOBODY,
            project="",
            name="",
            url="",
            created_at=0,
            webhook_secret=sealed_secret(sealer, _NOBODY, randomness.token()),
        )

    @endpoint(
        "POST",
        "/webhooks/{registry}",
        summary="A registry tells what happened to its images",
        status=202,
        max_body=MAX_BODY,
    )
    async def receive(self, request: web.Request) -> web.StreamResponse:
        """Take a webhook whose secret comes in a header."""
        return await self._answer(request, None)

    @endpoint(
        "POST",
        "/webhooks/{registry}/{secret}",
        summary="The same, for registries that can't send a header",
        status=202,
        max_body=MAX_BODY,
    )
    async def receive_by_path(self, request: web.Request) -> web.StreamResponse:
        """Take a webhook whose secret is the last segment of the path."""
        return await self._answer(request, request.match_info["secret"])

    async def _answer(self, request: web.Request, path_secret: str | None) -> web.StreamResponse:
        try:
            status = await self._take(request, path_secret)
        except HttpError as error:
            self._metrics.count("webhooks_received_total", status=error.code)
            raise
        except web.HTTPRequestEntityTooLarge:
            self._metrics.count("webhooks_received_total", status="too_large")
            raise
        except StoreUnavailable as error:
            self._metrics.count("webhooks_received_total", status="unavailable")
            raise Unavailable("the delivery can't be stored", retry_after=RETRY_SECONDS) from error
        self._metrics.count("webhooks_received_total", status=status)
        return respond({"status": status}, status=202)

    async def _take(self, request: web.Request, path_secret: str | None) -> str:
        registry = await self._authenticated(request, path_secret)
        kind = WEBHOOKS[registry.kind]
        if request.content_type not in kind.content_types:
            message = f"a {registry.kind} registry sends {', '.join(sorted(kind.content_types))}"
            raise BadRequest(message)
        data = await request.read()
        try:
            notification = kind.parse(data)
        except NotificationInvalid as error:
            raise BadRequest(error.message) from error
        if not notification.notices:
            return "ignored"
        body = DeliveryBody(content_type=request.content_type, data=data)
        return await self._store(registry, notification, body)

    async def _authenticated(self, request: web.Request, path_secret: str | None) -> Registry:
        found = await self._registries.get(request.match_info["registry"])
        if found is None or found.deleting or found.webhook_secret is None:
            found = self._nobody
        try:
            expected = opened_secret(self._sealer, found)
        except SealBroken as error:
            raise Unavailable("the registry's secret can't be read") from error
        same = is_secret(presented(request.headers, path_secret, found), expected)
        if not same or found is self._nobody:
            raise Unauthorized("no registry, or not its secret", hint=_HINT)
        return found

    async def _store(
        self, registry: Registry, notification: Notification, body: DeliveryBody
    ) -> str:
        now = self._clock.now_ms()
        delivery = WebhookDelivery(
            id=delivery_id(registry.id, notification.ids) or self._random_id(registry.id),
            project=registry.project,
            registry=registry.id,
            received_at=now,
            due_at=now,
            traceparent=current_traceparent(),
            body=body,
        )
        if not await self._deliveries.insert(delivery):
            return "repeated"
        self._doorbell.set()
        return "accepted"

    def _random_id(self, registry: str) -> str:
        return f"{registry}/{self._randomness.token()}"


def delivery_id(registry: str, ids: tuple[str, ...]) -> str:
    """Return the id of a delivery from those of its events; empty where they have none."""
    if not ids:
        return ""
    digest = hashlib.sha256("\x00".join(ids).encode("utf-8", "surrogatepass"))
    return f"{registry}/{digest.hexdigest()[:40]}"


def sealed_secret(sealer: Sealer, registry: str, secret: str) -> bytes:
    """Return a registry's webhook secret as it is stored."""
    return sealer.seal(
        secret.encode(), collection=REGISTRIES.name, id_=registry, field="webhook_secret"
    )


def opened_secret(sealer: Sealer, registry: Registry) -> str:
    """Return a registry's webhook secret. Raises :class:`SealBroken`."""
    sealed = registry.webhook_secret or b""
    return sealer.open(
        sealed, collection=REGISTRIES.name, id_=registry.id, field="webhook_secret"
    ).decode()
