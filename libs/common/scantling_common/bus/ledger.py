"""The account of one partition: what is in work, what is finished, what may be committed."""

from __future__ import annotations


class Ledger:
    """Offsets of one partition between their delivery and their commit.

    Only a contiguous prefix is ever committable: the smallest offset that is not finished, or,
    with all finished, the end of what was delivered. After a rebalance records come again from
    the committed offset on; those still in work here, or finished here, are known and skipped.
    """

    def __init__(self) -> None:
        self.committed = 0
        self.owned = True
        self._covered = 0
        self._started = True
        self._open: set[int] = set()
        self._finished: set[int] = set()

    @property
    def idle(self) -> bool:
        """Whether nothing of the partition is in work."""
        return not self._open

    @property
    def prefix(self) -> int:
        """The offset before which all is finished."""
        return min(min(self._open, default=self._covered), self._covered)

    @property
    def ahead(self) -> int:
        """How many finished events wait for an unfinished one before them."""
        return len(self._finished)

    def take(self, offset: int) -> bool:
        """Record a delivery; False where that event is in work or finished already."""
        if not self._started:
            self._start_at(offset)
        self._covered = max(self._covered, offset + 1)
        if offset in self._open or offset in self._finished or offset < self.committed:
            return False
        self._open.add(offset)
        return True

    def finish(self, offset: int) -> None:
        """Record that an event has been handled."""
        self._open.discard(offset)
        self._finished.add(offset)

    def give_back(self, offset: int) -> None:
        """Forget an event whose handling has not begun."""
        self._open.discard(offset)

    def pass_to(self, position: int) -> None:
        """Record that nothing more comes before a position, unless something is in work."""
        if self.owned and not self._open:
            self._covered = max(self._covered, position)

    def committable(self) -> int | None:
        """Return the offset to commit, or None where it is committed already."""
        if not self.owned:
            return None
        return self.prefix if self.prefix > self.committed else None

    def commit(self, offset: int) -> None:
        """Record a commit."""
        self.committed = max(self.committed, offset)
        self._finished = {each for each in self._finished if each >= self.committed}

    def revoke(self) -> None:
        """Give the partition up; work that runs goes on and forfeits its offset."""
        self.owned = False

    def assign(self) -> None:
        """Take the partition; delivery starts at whatever is committed."""
        self.owned = True
        self.committed = 0
        self._covered = 0
        self._started = False

    def _start_at(self, offset: int) -> None:
        """Forget what lies before the committed offset: another has finished it."""
        self._started = True
        self._open = {each for each in self._open if each >= offset}
        self._finished = {each for each in self._finished if each >= offset}
