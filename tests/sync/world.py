"""Sync with a real store, a real bus and its HTTP part, in this process."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp.test_utils import TestClient, TestServer

from scantling_common.bus.local import LocalBus
from scantling_common.bus.port import Delivery, Done, Subscription
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.crypto import Sealer
from scantling_common.events.models import ImageEvent
from scantling_common.events.topics import IMAGE_EVENTS
from scantling_common.faults import FaultPlan, FaultyBus, FaultyStore
from scantling_common.http.app import build_app
from scantling_common.http.auth import Authenticator, Role, new_token, token_record
from scantling_common.records.reporter import TOKENS, Token
from scantling_common.records.sync import (
    DELIVERIES,
    IMAGES,
    PLACEMENTS,
    REGISTRIES,
    REPOSITORIES,
    SYNC_TASKS,
    Image,
    Placement,
    Registry,
    Repository,
    SyncTask,
    WebhookDelivery,
)
from scantling_common.store import repository as store_repository
from scantling_common.store.port import Range
from scantling_common.store.sqlite import SqliteStore
from scantling_common.telemetry.prometheus import PrometheusMetrics
from scantling_sync.service import STATUSES, Sync, build_sync
from scantling_sync.settings import SyncSettings
from tests.end_to_end.notices import EVENTS, notification
from tests.sync.clocks import StandingClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiohttp import ClientResponse

    from scantling_common.store.port import Store

SEALER = Sealer([b"k" * 32])
ANSWER_SECONDS = 20.0


class World:
    """Everything that a test of sync touches."""

    def __init__(self, store: Store, bus: LocalBus, clock: StandingClock) -> None:
        """Take what sync is built on; :func:`open_world` does the rest."""
        self.store = store
        self.bus = bus
        self.clock = clock
        self.metrics = PrometheusMetrics()
        self.sync: Sync
        self.client: Any
        self.tokens: dict[str, str] = {}
        self.secrets: dict[str, str] = {}
        self.placement_records = store_repository.Repository(store, PLACEMENTS, Placement)
        self.image_records = store_repository.Repository(store, IMAGES, Image)
        self.registry_records = store_repository.Repository(store, REGISTRIES, Registry)
        self.repository_records = store_repository.Repository(store, REPOSITORIES, Repository)
        self.task_records = store_repository.Repository(store, SYNC_TASKS, SyncTask)
        self.delivery_records = store_repository.Repository(store, DELIVERIES, WebhookDelivery)

    async def token(self, role: Role = "admin", project: str = "*") -> str:
        """Return a token with a role in a project."""
        name = f"{role} of {project}"
        if name not in self.tokens:
            token = new_token()
            await store_repository.Repository(self.store, TOKENS, Token).insert(
                token_record(token, name=name, role=role, project=project, now=1)
            )
            self.tokens[name] = token
        return self.tokens[name]

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        status: int = 200,
        role: Role = "admin",
        project: str = "*",
    ) -> Any:
        """Ask the API; the answer must have a status. Return its JSON."""
        headers = {"Authorization": f"Bearer {await self.token(role, project)}"}
        async with self.client.request(
            method, f"/api/v1/{path}", json=body, headers=headers
        ) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json(content_type=None) if answer.content_length else None

    async def add_registry(self, host: str, *, synced: bool = True, **fields: Any) -> str:
        """Make a registry, sync it unless told otherwise, and return its id."""
        view = await self.ask(
            "POST",
            "registries",
            {
                "name": f"registry {len(self.secrets)}",
                "url": f"http://{host}",
                "plain_http": True,
                "allow_private": True,
                **fields,
            },
            status=201,
        )
        self.secrets[view["id"]] = view["webhook"]["secret"]
        if synced:
            await self.sync.drain()
        return str(view["id"])

    async def notify(
        self,
        registry: str,
        *events: dict[str, Any],
        status: int = 202,
        content_type: str = EVENTS,
    ) -> ClientResponse:
        """Send a notification as the registry would; return the answer."""
        sent = {"Authorization": f"Bearer {self.secrets[registry]}", "Content-Type": content_type}
        answer: ClientResponse = await self.client.post(
            f"/webhooks/{registry}", data=notification(*events), headers=sent
        )
        assert answer.status == status, await answer.text()
        return answer

    async def resync(self, registry: str, **fields: Any) -> SyncTask:
        """Sync a registry now; return the task as it ended."""
        started = await self.ask("POST", "syncs", {"registry": registry, **fields}, status=202)
        await self.sync.drain()
        task = await self.task_records.get(started["items"][0]["id"])
        assert task is not None
        return task

    async def events(self) -> list[tuple[str, str, str]]:
        """Return action, tag and image of all events that were published, oldest first."""
        return [(each.action, each.tag or "", each.image) for each in await self.image_events()]

    async def image_events(self) -> list[ImageEvent]:
        """Return all events that were published, oldest first."""
        return [event for event, _ in await self._published()]

    async def event_ids(self) -> list[str]:
        """Return the ids of all events that were published."""
        return [id_ for _, id_ in await self._published()]

    async def _published(self) -> list[tuple[ImageEvent, str]]:
        found: list[tuple[ImageEvent, str]] = []
        caught_up = asyncio.Event()

        async def collect(delivery: Delivery) -> Done:
            assert isinstance(delivery.event, ImageEvent)
            found.append((delivery.event, delivery.envelope.id))
            return Done()

        async def done() -> None:
            caught_up.set()

        subscription = Subscription(
            topics=(IMAGE_EVENTS,), handler=collect, group=None, on_caught_up=done
        )
        reading = asyncio.create_task(self.bus.consume(subscription))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await caught_up.wait()
        finally:
            reading.cancel()
            await asyncio.wait({reading})
        # Only those of one repository are ordered by the bus.
        return sorted(found, key=lambda each: each[0].observed_at)

    async def placed(self, *, gone: bool = False) -> dict[tuple[str, str, str], str]:
        """Return the image of each placement by repository, tag and platform."""
        return {
            (each.repository, each.tag, each.platform): each.image
            for each in await self.placements()
            if each.gone == gone
        }

    async def placements(self) -> list[Placement]:
        """Return all placements."""
        return [
            placement
            for gone in (False, True)
            async for placement in self.placement_records.each(Range(index="gone", prefix=(gone,)))
        ]

    async def deliveries(self) -> list[WebhookDelivery]:
        """Return all deliveries, oldest first."""
        return [each async for each in self.delivery_records.each(Range(index="received"))]

    async def tasks(self) -> list[SyncTask]:
        """Return all sync tasks, oldest first."""
        return [each async for each in self.task_records.each(Range(index="created"))]

    async def registry(self, id_: str) -> Registry:
        """Return a registry's record."""
        found = await self.registry_records.get(id_)
        assert found is not None
        return found


@asynccontextmanager
async def open_world(
    folder: Path,
    *,
    store: Store | None = None,
    clock: StandingClock | None = None,
    plan: FaultPlan | None = None,
) -> AsyncIterator[World]:
    """Give sync and its HTTP part; ``store`` replaces the SQLite one in the folder.

    With a ``plan`` sync's side effects pass its fault points.
    """
    clock = clock or StandingClock()
    own = store or SqliteStore(folder / "store.db", synchronous="normal")
    bus = LocalBus(
        folder / "bus", clock=SystemClock(), randomness=SystemRandomness(), source="/scantling/sync"
    )
    world = World(own, bus, clock)
    await own.ensure([TOKENS])
    world.sync = await build_sync(
        store=own if plan is None else FaultyStore(own, plan),
        bus=bus if plan is None else FaultyBus(bus, plan),
        sealer=SEALER,
        clock=clock,
        randomness=SystemRandomness(),
        settings=SyncSettings(data=folder),
        metrics=world.metrics,
    )
    app = build_app(
        world.sync.routes(),
        authenticator=Authenticator(own, clock),
        exposition=world.metrics.exposition,
        metrics=world.metrics,
        statuses=STATUSES,
    )
    server = TestServer(app)
    # As scantling_common.http.app.serve does: that log would hold the paths of requests.
    await server.start_server(access_log=None)
    async with TestClient(server) as client:
        world.client = client
        try:
            yield world
        finally:
            await world.sync.close()
    await bus.close()
    await own.close()
