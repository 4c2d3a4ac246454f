"""Webhook deliveries that were stored: each becomes what the registry says now.

A delivery is a hint. A tag is what a HEAD shows; a digest without a tag is looked at by digest,
and only where the registry's setting ``untagged`` is on. Several instances share the work: a
claim hides a delivery until it is done, or until the claim runs out.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling_common.bus.port import BusUnavailable
from scantling_common.errors import ScantlingError
from scantling_common.images.errors import NotFound, RateLimited
from scantling_common.records.sync import (
    DELIVERIES,
    PLACEMENTS,
    REGISTRIES,
    Placement,
    Registry,
    WebhookDelivery,
)
from scantling_common.store.port import Range, StoreUnavailable
from scantling_common.store.repository import Repository
from scantling_common.telemetry.tracing import continued
from scantling_sync.observations import Cause
from scantling_sync.watcher import Target
from scantling_sync.webhooks.kinds import WEBHOOKS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scantling_common.clock import Clock
    from scantling_common.images.connections import Connections
    from scantling_common.store.port import Store
    from scantling_sync.registries.port import RegistryKind
    from scantling_sync.watcher import Watcher
    from scantling_sync.webhooks.notice import Notice

logger = logging.getLogger(__name__)

DEADLINE_SECONDS: Final = 240.0
"""How long one delivery may take."""

CLAIM_MS: Final = 15_000
"""How long a claimed delivery is hidden, unless the claim is renewed: it is, every 5 s."""

GIVE_UP_MS: Final = 24 * 3_600_000
"""A delivery that could not be carried out for so long has failed; the next sync makes up."""

NOT_FOUND_ATTEMPTS: Final = 4
"""How often a pushed tag is looked for: some registries notify before they show it."""

FUTURE_MS: Final = 300_000
"""A time of a push that is further in the future than this is not believed."""

_FIRST_WAIT_MS: Final = 2_000
_LONGEST_WAIT_MS: Final = 900_000
_LONGEST_ERROR: Final = 500


class TagMissing(NotFound):
    """A tag was said to be pushed, and is not there."""


class Deliveries:
    """Carries out deliveries, one at a time for each caller of :meth:`carry_out_next`."""

    def __init__(
        self, store: Store, connections: Connections[RegistryKind], watcher: Watcher, clock: Clock
    ) -> None:
        """Claim deliveries from a store."""
        self._deliveries = Repository(store, DELIVERIES, WebhookDelivery)
        self._registries = Repository(store, REGISTRIES, Registry)
        self._placements = Repository(store, PLACEMENTS, Placement)
        self._connections = connections
        self._watcher = watcher
        self._clock = clock

    async def carry_out_next(self) -> bool:
        """Claim a delivery that is due and carry it out; False where none is due.

        Raises what the store and the bus raise: the delivery is due again when its claim ends.
        """
        now = self._clock.now_ms()
        delivery = await self._deliveries.claim(
            Range(index="due", prefix=("new",), end=now + 1), {"due_at": now + CLAIM_MS}
        )
        if delivery is None:
            return False
        claim = _Claim(delivery)
        renewal = asyncio.create_task(self._renew(claim), name="renew delivery")
        try:
            with continued("delivery process", delivery.traceparent):
                changes = await self._outcome(delivery)
        finally:
            renewal.cancel()
            await asyncio.wait({renewal})
        # Where the claim ran out, another's answer stands: nothing is written.
        written = await self._deliveries.replace(msgspec.structs.replace(claim.delivery, **changes))
        if written and changes.get("state") == "done":
            logger.info(
                "delivery carried out",
                extra={"delivery": delivery.id, "registry": delivery.registry},
            )
        return True

    async def _renew(self, claim: _Claim) -> None:
        while True:
            await self._clock.sleep(CLAIM_MS / 3000)
            due_at = self._clock.now_ms() + CLAIM_MS
            renewed = msgspec.structs.replace(claim.delivery, due_at=due_at)
            if not await self._deliveries.replace(renewed):
                return
            claim.delivery = msgspec.structs.replace(renewed, rev=renewed.rev + 1)

    async def _outcome(self, delivery: WebhookDelivery) -> dict[str, Any]:
        """Carry a delivery out; return what changes about it."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await self._process(delivery)
        except RateLimited as error:
            # The registry works: waiting for it is no failed attempt.
            wait = int(error.not_before_seconds * 1000)
            return {"due_at": self._clock.now_ms() + wait, "error": _short(str(error))}
        except TimeoutError:
            return self._failed_attempt(delivery, "timeout", f"not in {DEADLINE_SECONDS:.0f} s")
        except (StoreUnavailable, BusUnavailable):
            raise
        except ScantlingError as error:
            return self._failed_attempt(delivery, error.code, str(error))
        except Exception as error:
            # No delivery may stop the worker, whatever it makes us do.
            logger.exception("delivery broke", extra={"delivery": delivery.id})
            return self._failed_attempt(delivery, "internal", type(error).__name__)
        return {"state": "done", "error": ""}

    async def _process(self, delivery: WebhookDelivery) -> None:
        registry = await self._registries.get(delivery.registry)
        if registry is None or registry.deleting:
            return
        notification = WEBHOOKS[registry.kind].parse(delivery.body.data)
        async with self._connections.to(registry) as kind:
            for notice in notification.notices:
                await self._notice(kind, registry, delivery, notice)

    async def _notice(
        self, kind: RegistryKind, registry: Registry, delivery: WebhookDelivery, notice: Notice
    ) -> None:
        cause = cause_of(delivery, registry, notice)
        if notice.action == "delete":
            async for target in self._deleted(registry, notice):
                await self._watcher.look(kind, target, cause)
            return
        if not notice.tag and not registry.untagged:
            return
        target = Target(
            registry=registry,
            repository=notice.repository,
            tag=notice.tag,
            digest="" if notice.tag else notice.digest,
        )
        seen = await self._watcher.look(kind, target, cause)
        if seen.absent:
            raise TagMissing(f"{target.repository}:{target.reference} was pushed, and is not there")
        if seen.notes:
            logger.warning(
                "image partly listed",
                extra={
                    "registry": registry.id,
                    "repository": target.repository,
                    "reference": target.reference,
                    "notes": "; ".join(seen.notes),
                },
            )

    async def _deleted(self, registry: Registry, notice: Notice) -> AsyncIterator[Target]:
        """Give the references that a deletion may concern: only known ones are asked for."""
        prefix = (registry.id, notice.repository, *((notice.tag,) if notice.tag else ()))
        looked: set[str] = set()
        async for placement in self._placements.each(Range(index="repository", prefix=prefix)):
            named = notice.tag or not notice.digest
            if placement.gone or not (named or notice.digest in {placement.image, placement.index}):
                continue
            target = target_of(registry, placement)
            if target.reference not in looked:
                looked.add(target.reference)
                yield target

    def _failed_attempt(self, delivery: WebhookDelivery, code: str, reason: str) -> dict[str, Any]:
        attempts = delivery.attempts + 1
        error = _short(f"{code}: {reason}")
        late = self._clock.now_ms() - delivery.received_at >= GIVE_UP_MS
        if late or (code == NotFound.code and attempts >= NOT_FOUND_ATTEMPTS):
            logger.warning(
                "delivery failed", extra={"delivery": delivery.id, "code": code, "reason": reason}
            )
            return {"state": "failed", "attempts": attempts, "error": error}
        return {
            "due_at": self._clock.now_ms() + wait_ms(attempts),
            "attempts": attempts,
            "error": error,
        }


class _Claim(msgspec.Struct):
    """A claimed delivery, at its latest revision."""

    delivery: WebhookDelivery


def wait_ms(attempts: int) -> int:
    """Return how long to wait after so many failed attempts: doubling, at most 15 minutes."""
    return min(_FIRST_WAIT_MS << min(attempts - 1, 20), _LONGEST_WAIT_MS)


def target_of(registry: Registry, placement: Placement) -> Target:
    """Return where a placement is looked for."""
    digest = "" if placement.tag else placement.index or placement.image
    return Target(
        registry=registry, repository=placement.repository, tag=placement.tag, digest=digest
    )


def _short(text: str) -> str:
    return text[:_LONGEST_ERROR]


def cause_of(delivery: WebhookDelivery, registry: Registry, notice: Notice) -> Cause:
    """Return why a registry is asked after a notice; pure.

    The time of the push is believed up to five minutes in the future, as the time of arrival.
    """
    at = notice.occurred_at
    believed = notice.action == "push" and 0 < at <= delivery.received_at + FUTURE_MS
    return Cause(
        id=delivery.id,
        reason="webhook",
        push=notice.action == "push",
        updated_at=min(at, delivery.received_at) if believed else 0,
        updated_source="event" if believed else "",
        updated_digest=notice.digest if believed else "",
        first_sync_at=registry.first_sync_at,
        delete_notified=notice.action == "delete",
    )
