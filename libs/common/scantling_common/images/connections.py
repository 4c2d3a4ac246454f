"""Open connections to configured registries, kept as long as they are of use."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

import msgspec

from scantling_common.crypto import SealBroken
from scantling_common.images.errors import RegistryUnauthorized
from scantling_common.images.sources.endpoint import TOKEN_USER, Endpoint
from scantling_common.images.sources.mirror import parse_mirror
from scantling_common.records.sync import (
    Credential,
    Registry,
    opened_client_key,
    opened_credential,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from scantling_common.crypto import Sealer

MAX_IDLE: Final = 32
"""How many connections that nobody uses stay open."""


class Connection(Protocol):
    """What can be kept open."""

    async def open(self) -> None:
        """Open it; raises what is wrong with the registry's settings."""

    async def close(self) -> None:
        """Close it."""


C = TypeVar("C", bound=Connection)


class _Kept(msgspec.Struct, Generic[C]):
    registry: Registry
    connection: C
    users: int = 0


class Connections(Generic[C]):
    """Gives connections to registries; one serves all that ask the same registry at once."""

    def __init__(self, sealer: Sealer, make: Callable[[Registry, Endpoint], C]) -> None:
        """Open credentials with a sealer, and make connections that are not open yet."""
        self._sealer, self._make = sealer, make
        self._lock = asyncio.Lock()
        self._kept: OrderedDict[str, _Kept[C]] = OrderedDict()

    @asynccontextmanager
    async def to(self, registry: Registry) -> AsyncIterator[C]:
        """Give a connection to a registry, with the settings of this record.

        Raises :class:`~scantling_common.images.errors.RegistryError`; ``RegistryUnauthorized``
        where the stored credential can't be opened.
        """
        async with self._lock:
            kept = await self._find(registry)
            kept.users += 1
        try:
            yield kept.connection
        finally:
            kept.users -= 1
            await self._trim(kept)

    async def close(self) -> None:
        """Close all connections."""
        while self._kept:
            _, kept = self._kept.popitem()
            await kept.connection.close()

    async def _find(self, registry: Registry) -> _Kept[C]:
        known = self._kept.get(registry.id)
        if known is not None and _settings(known.registry) == _settings(registry):
            self._kept.move_to_end(registry.id)
            return known
        fresh = _Kept(registry, self._make(registry, endpoint_of(registry, self._sealer)))
        await fresh.connection.open()
        self._kept[registry.id] = fresh
        if known is not None and not known.users:
            await known.connection.close()
        return fresh

    async def _trim(self, used: _Kept[C]) -> None:
        if not used.users and self._kept.get(used.registry.id) is not used:
            await used.connection.close()
        idle = [id_ for id_, kept in self._kept.items() if not kept.users]
        for id_ in idle[: max(0, len(idle) - MAX_IDLE)]:
            await self._kept.pop(id_).connection.close()


def endpoint_of(registry: Registry, sealer: Sealer) -> Endpoint:
    """Return how a configured registry is reached.

    Its mirrors are asked anonymously, and are not shown its client certificate. Raises
    :class:`RegistryUnauthorized` where the stored credential or key can't be opened.
    """
    try:
        credential = opened_credential(registry, sealer) or Credential(password="")
        key = opened_client_key(registry, sealer)
    except SealBroken as error:
        raise RegistryUnauthorized(
            f"the stored credential of the registry {registry.name} can't be opened",
            hint="give the credential again",
        ) from error
    is_token = credential.username == TOKEN_USER
    endpoint = Endpoint(
        host=registry.url.partition("://")[2],
        username="" if is_token else credential.username,
        password="" if is_token else credential.password,
        identity_token=credential.password if is_token else "",
        plain_http=registry.plain_http and registry.url.startswith("http://"),
        ca=registry.ca,
        certificate=registry.client_certificate,
        key=key,
        allow_private=registry.allow_private,
    )
    mirrors = (parse_mirror(url).endpoint(endpoint) for url in registry.mirrors.split())
    trusting = (msgspec.structs.replace(mirror, system_ca=True) for mirror in mirrors)
    return msgspec.structs.replace(endpoint, mirrors=tuple(trusting))


def _settings(registry: Registry) -> tuple[object, ...]:
    """Return what a connection depends on."""
    return (
        registry.kind,
        registry.url,
        registry.credential,
        registry.plain_http,
        registry.allow_private,
        registry.ca,
        registry.client_certificate,
        registry.client_key,
        registry.mirrors,
    )
