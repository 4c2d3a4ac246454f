"""Whether registries let us in: asked before a sync, and every hour, so that it is known early."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import msgspec

from scantling_common.images.errors import AddressRefused, RateLimited, RegistryUnauthorized
from scantling_common.records.sync import REGISTRIES, Registry
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_sync.registries.port import Authorisation

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.images.connections import Connections
    from scantling_common.store.port import Store
    from scantling_sync.registries.port import RegistryKind, State

CHECK_MS: Final = 3_600_000
_LONGEST_REASON: Final = 500


class Authorisations:
    """Asks registries, and keeps what they answered with the registry's record."""

    def __init__(self, store: Store, connections: Connections[RegistryKind], clock: Clock) -> None:
        """Keep answers in a store."""
        self._registries = Repository(store, REGISTRIES, Registry)
        self._connections = connections
        self._clock = clock

    async def check(self, registry: Registry) -> Authorisation:
        """Ask a registry, and keep the answer.

        Raises :class:`RateLimited`: it says nothing about the authorisation.
        """
        try:
            asked = await self.asked(registry)
        except AddressRefused as error:
            asked = msgspec.structs.replace(
                registry, state="unreachable", state_reason=str(error)[:_LONGEST_REASON]
            )
        names = ("state", "state_reason", "checked_at", "next_check_at")
        fields = {name: getattr(asked, name) for name in names}
        await self._registries.set_fields(registry.id, fields)
        return Authorisation(cast("State", asked.state), asked.state_reason)

    async def asked(self, registry: Registry) -> Registry:
        """Return a registry with what it answers; nothing is stored.

        Raises :class:`RateLimited`, and :class:`AddressRefused` where it may not be contacted.
        """
        now = self._clock.now_ms()
        try:
            async with self._connections.to(registry) as kind:
                answer = judged(await kind.authorisation(), registry.credential_expires_at, now)
        except RegistryUnauthorized as error:
            answer = Authorisation("refused", str(error))
        return msgspec.structs.replace(
            registry,
            state=answer.state,
            state_reason=answer.reason[:_LONGEST_REASON],
            checked_at=now,
            next_check_at=now + CHECK_MS,
        )

    async def check_due(self) -> int:
        """Ask the registries that have not been asked for an hour; return how many."""
        checked = 0
        now = self._clock.now_ms()
        # The claim keeps other instances from asking the same registry.
        while registry := await self._registries.claim(
            Range(index="next_check", end=now + 1), {"next_check_at": now + CHECK_MS}
        ):
            if registry.deleting:
                continue
            try:
                await self.check(registry)
            except RateLimited:
                continue
            checked += 1
        return checked


def judged(answer: Authorisation, expires_at: int, now: int) -> Authorisation:
    """Return an answer in the light of when the credential stops being good; pure.

    Times are in milliseconds since the epoch, ``expires_at`` 0 where it is not known.
    """
    if answer.state == "refused" and 0 < expires_at <= now:
        return msgspec.structs.replace(answer, state="expired")
    return answer
