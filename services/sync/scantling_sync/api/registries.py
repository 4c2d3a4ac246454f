"""``/api/v1/registries``."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec
from aiohttp import web

from scantling_common.http.auth import EVERY_PROJECT, identity_of, require
from scantling_common.http.endpoints import endpoint
from scantling_common.http.messages import read_body, read_query, respond
from scantling_common.http.paging import next_token
from scantling_common.http.problems import BadRequest, Conflict, NotFound
from scantling_common.images.errors import RateLimited
from scantling_common.records.sync import PROJECTS, REGISTRIES, Project, Registry
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_sync.api.bodies import (
    RegistryChange,
    RegistryList,
    RegistryNew,
    RegistryQuery,
    RegistryView,
    moment,
    time_of,
)
from scantling_sync.api.registry_fields import changed_registry, new_registry
from scantling_sync.schedule import NEVER
from scantling_sync.webhooks.configuration import webhook_view

if TYPE_CHECKING:
    from collections.abc import Callable

    from scantling_common.clock import Clock, Randomness
    from scantling_common.crypto import Sealer
    from scantling_common.store.port import Store
    from scantling_sync.authorisation import Authorisations
    from scantling_sync.sync_requests import SyncRequests

_RACES: Final = 5
_CONNECTION: Final = frozenset(
    {"url", "credential", "client_certificate", "plain_http", "allow_private", "ca", "mirrors"}
)


class RegistriesApi:
    """Registries: what is secret goes in and never comes out, the webhook's secret but once."""

    def __init__(
        self,
        store: Store,
        sealer: Sealer,
        authorisations: Authorisations,
        requests: SyncRequests,
        *,
        clock: Clock,
        randomness: Randomness,
        public_url: Callable[[], str],
    ) -> None:
        """Serve from a store."""
        self._projects = Repository(store, PROJECTS, Project)
        self._registries = Repository(store, REGISTRIES, Registry)
        self._sealer = sealer
        self._authorisations = authorisations
        self._requests = requests
        self._clock = clock
        self._randomness = randomness
        self._public_url = public_url

    @endpoint(
        "GET",
        "/api/v1/registries",
        summary="List registries",
        role="viewer",
        query=RegistryQuery,
        response=RegistryList,
    )
    async def listing(self, request: web.Request) -> web.StreamResponse:
        """List the registries of a project, or all that the token sees."""
        query = read_query(request, RegistryQuery)
        project = query.project or identity_of(request).project
        require(request, "viewer", project)
        everywhere = project == EVERY_PROJECT
        range_ = Range(index="created") if everywhere else Range(index="project", prefix=(project,))
        page = await self._registries.page(
            msgspec.structs.replace(range_, after=query.key(REGISTRIES, range_)),
            limit=query.page_size,
        )
        return respond(
            RegistryList(
                items=[self._view(each) for each in page.records if not each.deleting],
                next_page_token=next_token(REGISTRIES, range_, page.next),
            )
        )

    @endpoint(
        "POST",
        "/api/v1/registries",
        summary="Make a registry, and sync it",
        role="admin",
        request=RegistryNew,
        response=RegistryView,
        status=201,
    )
    async def make(self, request: web.Request) -> web.StreamResponse:
        """Make a registry; its answer is the only one with a webhook secret that was drawn."""
        body = await read_body(request, RegistryNew)
        identity = require(request, "admin", body.project)
        if await self._projects.get(body.project) is None:
            raise BadRequest(f"there is no project {body.project}", hint="make it first")
        registry, secret = new_registry(
            body,
            self._sealer,
            id_=self._randomness.token(),
            secret=self._drawn_secret(),
            now=self._clock.now_ms(),
        )
        registry = await self._asked(registry)
        if not await self._registries.insert(registry):
            raise Conflict(f"project {body.project} has a registry named {body.name}")
        await self._requests.request(registry, reason="manual", created_by=identity.name)
        return respond(self._view(await self._existing(registry.id), secret), status=201)

    @endpoint(
        "GET",
        "/api/v1/registries/{registry}",
        summary="Read a registry",
        role="viewer",
        response=RegistryView,
    )
    async def read(self, request: web.Request) -> web.StreamResponse:
        """Read a registry."""
        identity = require(request, "viewer")
        registry = await self._seen(request, identity.project)
        return respond(self._view(registry))

    @endpoint(
        "PATCH",
        "/api/v1/registries/{registry}",
        summary="Change a registry",
        role="admin",
        request=RegistryChange,
        response=RegistryView,
    )
    async def change(self, request: web.Request) -> web.StreamResponse:
        """Change a registry; a new webhook secret is shown in this answer only."""
        body = await read_body(request, RegistryChange)
        identity = require(request, "admin")
        for _ in range(_RACES):
            registry = await self._seen(request, identity.project)
            changed = changed_registry(registry, body, self._sealer, now=self._clock.now_ms())
            if _CONNECTION & body.model_fields_set:
                changed = await self._asked(changed)
            if await self._registries.replace(changed):
                secret = body.webhook_secret.get_secret_value() if body.webhook_secret else None
                return respond(self._view(await self._existing(registry.id), secret))
            await self._refuse_taken_name(registry, changed)
        raise Conflict("the registry is being changed by others", hint="try again")

    @endpoint(
        "POST",
        "/api/v1/registries/{registry}/webhook-secret",
        summary="Draw a new webhook secret",
        role="admin",
        response=RegistryView,
    )
    async def rotate(self, request: web.Request) -> web.StreamResponse:
        """Draw a new webhook secret; the old one is no good from now on."""
        identity = require(request, "admin")
        registry = await self._seen(request, identity.project)
        secret = self._drawn_secret()
        body = RegistryChange.model_validate({"webhook_secret": secret})
        changed = changed_registry(registry, body, self._sealer, now=self._clock.now_ms())
        await self._registries.set_fields(registry.id, {"webhook_secret": changed.webhook_secret})
        return respond(self._view(changed, secret))

    @endpoint(
        "POST",
        "/api/v1/registries/{registry}/check",
        summary="Ask the registry whether it lets us in",
        role="operator",
        response=RegistryView,
    )
    async def check(self, request: web.Request) -> web.StreamResponse:
        """Ask the registry now."""
        identity = require(request, "operator")
        registry = await self._seen(request, identity.project)
        with suppress(RateLimited):  # it answers, and says nothing about us: the state stays
            await self._authorisations.check(registry)
        return respond(self._view(await self._existing(registry.id)))

    @endpoint(
        "DELETE",
        "/api/v1/registries/{registry}",
        summary="Delete a registry and all that was known of it",
        role="admin",
        status=202,
    )
    async def delete(self, request: web.Request) -> web.StreamResponse:
        """Delete a registry: from now on it is not there; its placements go in the background."""
        identity = require(request, "admin")
        registry = await self._seen(request, identity.project)
        # Another name, so that the project can use this one again at once.
        fields = {
            "deleting": True,
            "name": f"deleted {registry.id}",
            "credential": None,
            "client_certificate": "",
            "client_key": None,
            "webhook_secret": None,
        }
        await self._registries.set_fields(registry.id, fields)
        await self._requests.request(registry, reason="delete", created_by=identity.name)
        return web.Response(status=202)

    async def _seen(self, request: web.Request, project: str) -> Registry:
        registry = await self._existing(request.match_info["registry"])
        if project not in {EVERY_PROJECT, registry.project}:
            # Whoever may not see it does not learn that it is there.
            raise _unknown(registry.id)
        return registry

    async def _existing(self, id_: str) -> Registry:
        registry = await self._registries.get(id_)
        if registry is None or registry.deleting:
            raise _unknown(id_)
        return registry

    async def _refuse_taken_name(self, registry: Registry, changed: Registry) -> None:
        if changed.name == registry.name:
            return
        range_ = Range(index="project", prefix=(registry.project, changed.name))
        if (await self._registries.page(range_, limit=1)).records:
            raise Conflict(f"project {registry.project} has a registry named {changed.name}")

    async def _asked(self, registry: Registry) -> Registry:
        """Return a registry with its authorisation; an address that is not allowed is refused."""
        try:
            return await self._authorisations.asked(registry)
        except RateLimited:
            return registry

    def _drawn_secret(self) -> str:
        return self._randomness.token() + self._randomness.token()

    def _view(self, registry: Registry, secret: str | None = None) -> RegistryView:
        fields = msgspec.structs.asdict(registry)
        shown = {name: fields[name] for name in RegistryView.model_fields if name in fields}
        return RegistryView.model_validate(
            {
                **shown,
                "has_credential": registry.credential is not None,
                "mirrors": registry.mirrors.split(),
                "has_client_certificate": registry.client_key is not None,
                "credential_expires_at": moment(registry.credential_expires_at),
                "authorisation": registry.state,
                "authorisation_reason": registry.state_reason,
                "checked_at": moment(registry.checked_at),
                "created_at": time_of(registry.created_at),
                "first_sync_at": moment(registry.first_sync_at),
                "next_sync_at": moment(registry.next_sync_at % NEVER),
                "webhook": webhook_view(registry, self._public_url(), secret),
            }
        )


def _unknown(id_: str) -> NotFound:
    return NotFound(f"there is no registry {id_[:100]!r}")
