"""Open connections to registries, kept as long as they are of use."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.crypto import SealBroken
from scantling_common.images.errors import RegistryUnauthorized
from scantling_common.images.sources.endpoint import Endpoint
from scantling_common.records.sync import Registry, opened_credential
from scantling_sync.registries.kinds import KINDS
from scantling_sync.registries.port import RegistryKind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scantling_common.crypto import Sealer

MAX_IDLE: Final = 32
"""How many connections that nobody uses stay open."""

REQUEST_SECONDS: Final = 30.0
"""How long one request for metadata may take."""


class _Connection(msgspec.Struct):
    registry: Registry
    kind: RegistryKind
    users: int = 0


class Connections:
    """Gives connections to registries; one serves all that ask the same registry at once."""

    def __init__(self, sealer: Sealer, *, connections: int = 8) -> None:
        """Open credentials with a sealer; at most ``connections`` sockets a registry."""
        self._sealer = sealer
        self._sockets = connections
        self._lock = asyncio.Lock()
        self._open: OrderedDict[str, _Connection] = OrderedDict()

    @asynccontextmanager
    async def to(self, registry: Registry) -> AsyncIterator[RegistryKind]:
        """Give a connection to a registry, with the settings of this record.

        Raises :class:`RegistryError`; ``RegistryUnauthorized`` where the stored credential
        can't be opened.
        """
        async with self._lock:
            connection = await self._connection(registry)
            connection.users += 1
        try:
            yield connection.kind
        finally:
            connection.users -= 1
            await self._trim(connection)

    async def close(self) -> None:
        """Close all connections."""
        while self._open:
            _, connection = self._open.popitem()
            await connection.kind.close()

    async def _connection(self, registry: Registry) -> _Connection:
        known = self._open.get(registry.id)
        if known is not None and _settings(known.registry) == _settings(registry):
            self._open.move_to_end(registry.id)
            return known
        fresh = _Connection(registry, KINDS[registry.kind](self._endpoint(registry)))
        await fresh.kind.open()
        self._open[registry.id] = fresh
        if known is not None and not known.users:
            await known.kind.close()
        return fresh

    async def _trim(self, used: _Connection) -> None:
        if not used.users and self._open.get(used.registry.id) is not used:
            await used.kind.close()
        idle = [id_ for id_, connection in self._open.items() if not connection.users]
        for id_ in idle[: max(0, len(idle) - MAX_IDLE)]:
            await self._open.pop(id_).kind.close()

    def _endpoint(self, registry: Registry) -> Endpoint:
        try:
            credential = opened_credential(registry, self._sealer)
        except SealBroken as error:
            raise RegistryUnauthorized(
                "the stored credential can't be opened", hint="give the credential again"
            ) from error
        return Endpoint(
            host=registry.url.partition("://")[2],
            username=credential.username if credential else "",
            password=credential.password if credential else "",
            plain_http=registry.plain_http and registry.url.startswith("http://"),
            ca=registry.ca,
            allow_private=registry.allow_private,
            connections=self._sockets,
            seconds=REQUEST_SECONDS,
        )


def _settings(registry: Registry) -> tuple[object, ...]:
    return (
        registry.kind,
        registry.url,
        registry.credential,
        registry.plain_http,
        registry.allow_private,
        registry.ca,
    )
