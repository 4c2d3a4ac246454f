"""What an adapter gives to the runner of a subscription: records, offsets, assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from scantling_common.events.attributes import Headers  # a field's type
from scantling_common.events.codec import encoded_size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet


class Place(NamedTuple):
    """A partition of a topic, by name."""

    topic: str
    partition: int


class Record(msgspec.Struct, frozen=True):
    """An event as it lies in a partition, not decoded."""

    place: Place
    offset: int
    key: bytes | None
    headers: Headers
    value: bytes | None

    @property
    def size(self) -> int:
        """Return the bytes that count for the limit in flight."""
        return encoded_size(self.key, self.headers, self.value)


class Room(msgspec.Struct, frozen=True):
    """How much a poll may return; a single record may be as large as the bus allows."""

    count: int
    size: int


class Listener(Protocol):
    """The runner, as the feed sees it. Neither call raises; a failure ends the runner."""

    async def assigned(self, places: AbstractSet[Place]) -> None:
        """Take partitions over; their records come from the committed offset on."""

    async def revoked(self, places: AbstractSet[Place]) -> None:
        """Give partitions up: commit what is finished, and return within two seconds."""


class Feed(Protocol):
    """The records of one subscription. Calls may raise ``BusUnavailable``: try again later."""

    async def start(self, listener: Listener) -> None:
        """Join the group, or take all partitions from their start; may be called again."""

    async def poll(
        self,
        room: Room,
        held_back: AbstractSet[Place],
        timeout: float,  # noqa: ASYNC109
    ) -> Sequence[Record]:
        """Return records of assigned partitions, waiting for some at most ``timeout`` seconds.

        Nothing may be awaited between taking records and returning them.
        """

    async def keep_alive(self) -> None:
        """Show the group that this member lives, without taking records."""

    async def position(self, place: Place) -> int | None:
        """Return the offset after all that poll has passed, or None where not known."""

    async def ends(self) -> Mapping[Place, int]:
        """Return the offset after the newest record of each assigned partition."""

    async def commit(self, offsets: Mapping[Place, int]) -> None:
        """Commit; what this member no longer owns is forfeited in silence."""

    async def close(self) -> None:
        """Leave the group and release connections."""
