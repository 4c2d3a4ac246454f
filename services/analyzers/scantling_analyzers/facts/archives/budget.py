"""What one file of a layer may cost, however archives in it nest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.archives.zip_archive import check, content

if TYPE_CHECKING:
    from collections.abc import Callable

    from scantling_analyzers.facts.archives.zip_archive import Entry
    from scantling_analyzers.limits import ArchiveLimits


class Budget:
    """Counts what is spent on one file; each method raises once there is no more to spend."""

    def __init__(self, limits: ArchiveLimits, now: Callable[[], float]) -> None:
        """Begin with everything that the limits allow; ``now`` is a monotonic clock."""
        self.limits = limits
        self._inflated, self._stored = limits.inflated_bytes, limits.stored_bytes
        self._members = limits.members
        self._now, self._end = now, now() + limits.seconds

    def check_time(self) -> None:
        """Raise :class:`Unreadable` (``deadline``) once the time is over."""
        if self._now() > self._end:
            message = f"the archive was not read to its end in {self.limits.seconds:g} s"
            raise Unreadable(message, code="deadline")

    @property
    def members(self) -> int:
        """Return how many members may still be looked at."""
        return self._members

    def count(self, members: int) -> None:
        """Count members that were looked at."""
        self._members -= members

    def inflate(self, piece: int, plain: int, packed: int) -> None:
        """Spend a piece of a compressed file, of which ``plain`` of ``packed`` bytes are out.

        Raises :class:`Unreadable` where that is too much.
        """
        self.check_time()
        limits = self.limits
        if plain > limits.nested_bytes:
            message = f"it has more than {limits.nested_bytes} bytes unpacked, which are read"
            raise Unreadable(message, code="too_large")
        if plain > limits.ratio_floor and plain > limits.ratio * packed:
            raise Unreadable(f"it unpacks to over {limits.ratio} times", code="too_large")
        self._inflated -= piece
        if self._inflated < 0:
            raise Unreadable(f"more than {limits.inflated_bytes} bytes to unpack", code="too_large")

    def look(self, stored: int) -> None:
        """Spend a stored member of so many bytes; raises where that is too much."""
        self._stored -= stored
        if self._stored < 0:
            message = f"more than {self.limits.stored_bytes} bytes of stored members"
            raise Unreadable(message, code="too_large")

    def content(self, archive: memoryview, entry: Entry, limit: int) -> memoryview:
        """Return a member's content; :class:`Unreadable` where it costs too much.

        A stored member is a view of the archive and may be as large as that. Many of them may
        claim the same bytes, so that together they are limited, too.
        """
        self.check_time()
        check(entry, limit if entry.packed else self.limits.archive_bytes)
        if not entry.packed:
            self.look(entry.size)
            return content(archive, entry)
        plain, ratio = entry.size, self.limits.ratio
        if plain > self.limits.ratio_floor and plain > ratio * entry.compressed:
            raise Unreadable(f"the member inflates to over {ratio} times", code="too_large")
        self._inflated -= max(plain, entry.compressed)
        if self._inflated < 0:
            message = f"more than {self.limits.inflated_bytes} bytes to inflate"
            raise Unreadable(message, code="too_large")
        return content(archive, entry)
