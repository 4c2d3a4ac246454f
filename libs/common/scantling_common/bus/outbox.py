"""Owed events: whoever changes the store and must then publish owes the events in the document.

The change and the debt are one write. The events are published, then the debt is cleared by
compare-and-set; what is still owed at start, and every five seconds, is published again. A crash
anywhere leaves a debt, never a gap.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

import msgspec

from scantling_common.bodies import BodyUnreadable, pack, unpack
from scantling_common.bus.port import Outgoing
from scantling_common.errors import ScantlingError
from scantling_common.events.topics import TOPICS, Topic
from scantling_common.store.port import Document, Index, Range
from scantling_common.telemetry.tracing import current_traceparent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.bus.port import Producer
    from scantling_common.clock import Clock
    from scantling_common.store.port import Collection, Store

logger = logging.getLogger(__name__)

OWED: Final = Index("owed", ("owed",))
"""The index that a collection with owed events declares."""

NOTHING_OWED: Final[Document] = {"owed": 0, "owes": b""}
"""The fields of a document that owes nothing."""

EVERY: Final = 5.0
"""Seconds between looks for what is still owed."""

_LIMIT: Final = 64 * 1024 * 1024
_PAGE: Final = 100
_TOPICS: Final[dict[str, Topic]] = {topic.name: topic for topic in TOPICS}


class OwedUnreadable(ScantlingError):
    """What a document owes can't be read; it stays owed."""

    code = "owed_unreadable"


class _Owed(msgspec.Struct, array_like=True):
    topic: str
    event: bytes
    id: str
    sequence: int | None
    page: int | None
    pages: int | None
    tombstone: bool
    traceparent: str = ""


def pack_owes(outgoing: Sequence[Outgoing]) -> bytes:
    """Return events as the field ``owes`` holds them, with the trace that they belong to."""
    return pack(
        [
            _Owed(
                each.topic.name,
                each.event.model_dump_json(exclude_none=True).encode(),
                each.id,
                each.sequence,
                each.page,
                each.pages,
                each.tombstone,
                each.traceparent or current_traceparent(),
            )
            for each in outgoing
        ]
    )


def unpack_owes(owes: bytes) -> list[Outgoing]:
    """Return the events of the field ``owes``; raises :class:`OwedUnreadable`."""
    if not owes:
        return []
    try:
        return [_outgoing(owed) for owed in unpack(owes, list[_Owed], limit=_LIMIT)]
    except (BodyUnreadable, KeyError, ValueError) as error:
        raise OwedUnreadable(f"{type(error).__name__}") from error


def owing(document: Document, outgoing: Sequence[Outgoing]) -> Document:
    """Return a document that owes events besides what it owes already."""
    owes = document.get("owes")
    owed = unpack_owes(owes) if isinstance(owes, bytes) else []
    owed += outgoing
    if not owed:
        return {**document, **NOTHING_OWED}
    return {**document, "owed": 1, "owes": pack_owes(owed)}


class Outbox:
    """Publishes what the documents of one collection owe."""

    def __init__(
        self, store: Store, producer: Producer, collection: Collection, *, clock: Clock
    ) -> None:
        """Prepare; the collection declares the index :data:`OWED`."""
        self._store = store
        self._producer = producer
        self._collection = collection
        self._clock = clock
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def publish(self, document_id: str) -> Document | None:
        """Publish what a document owes and clear it; return the document as it is then.

        What is added to the debt meanwhile is published too. Raises ``BusUnavailable`` or
        ``StoreUnavailable``, and :class:`OwedUnreadable`: the debt stays.
        """
        lock = self._locks.setdefault(document_id, asyncio.Lock())
        async with lock:
            sent: set[tuple[str, str, int | None]] = set()
            while True:
                document = await self._store.get(self._collection, document_id)
                if document is None or not document["owed"]:
                    return document
                owes = document["owes"]
                owed = unpack_owes(owes) if isinstance(owes, bytes) else []
                await self._producer.send_all([each for each in owed if _name(each) not in sent])
                sent |= {_name(each) for each in owed}
                rev = document["rev"]
                cleared: Document = {**document, **NOTHING_OWED}
                if not isinstance(rev, int):
                    raise OwedUnreadable(f"{document_id} has no revision")
                if await self._store.replace(self._collection, cleared, rev=rev):
                    return {**cleared, "rev": rev + 1}

    async def republish(self) -> None:
        """Publish what is owed: all of it at once, then every five seconds what stays owed.

        Runs until cancelled. What another task is about to publish is left to it for one round.
        """
        seen = await self.republish_once(None)
        while True:
            await self._clock.sleep(EVERY)
            seen = await self.republish_once(seen)

    async def republish_once(self, seen: frozenset[str] | None) -> frozenset[str]:
        """Publish what documents in ``seen`` (None: all) still owe; return all that owe."""
        owing_now: set[str] = set()
        try:
            after = None
            while True:
                range_ = Range(index=OWED.name, prefix=(1,), after=after)
                page = await self._store.page(self._collection, range_, limit=_PAGE)
                for document in page:
                    id_ = str(document["id"])
                    owing_now.add(id_)
                    if seen is None or id_ in seen:
                        await self._publish_again(id_)
                if len(page) < _PAGE:
                    break
                after = (page[-1]["id"],)
        except ScantlingError as error:
            logger.warning(
                "owed events wait",
                extra={"collection": self._collection.name, "error": error.code},
            )
        return frozenset(owing_now)

    async def _publish_again(self, id_: str) -> None:
        try:
            await self.publish(id_)
        except OwedUnreadable as error:
            logger.error(  # noqa: TRY400  # nothing of the trace helps, and it may hold data
                "owed events can't be read",
                extra={"collection": self._collection.name, "id": id_, "error": error.code},
            )


def _outgoing(owed: _Owed) -> Outgoing:
    topic = _TOPICS[owed.topic]
    return Outgoing(
        topic=topic,
        event=topic.model.model_validate_json(owed.event),
        id=owed.id,
        sequence=owed.sequence,
        page=owed.page,
        pages=owed.pages,
        tombstone=owed.tombstone,
        traceparent=owed.traceparent,
    )


def _name(outgoing: Outgoing) -> tuple[str, str, int | None]:
    return outgoing.topic.name, outgoing.id, outgoing.page
