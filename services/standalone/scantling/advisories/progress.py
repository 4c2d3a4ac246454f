"""How far a build or an update is, on a terminal: one line that is written again."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Final, Self

from scantling_reporter.formats.terminal import fitted, readable_size, safe

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from scantling_analyzers.advisories.database.tally import Tally
    from scantling_analyzers.advisories.fetching.updating import Result

EVERY: Final = 0.2
"""Seconds between two states."""


class Line:
    """A line of a terminal that is written again; nothing where it is not shown."""

    def __init__(self, *, shown: bool, now: Callable[[], float] = time.monotonic) -> None:
        """Show it or not."""
        self._shown, self._now = shown, now
        self._next = 0.0
        self._wide = 0

    def show(self, text: str) -> None:
        """Show a state, unless another one was shown just now."""
        if not self._shown or self._now() < self._next:
            return
        self._next = self._now() + EVERY
        columns = shutil.get_terminal_size().columns - 1
        self._wide = columns
        sys.stderr.write(f"\r{fitted(safe(text), columns)}")
        sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the line away: something else is shown."""
        if self._wide:
            sys.stderr.write(f"\r{' ' * self._wide}\r")
            sys.stderr.flush()
            self._wide = 0


class ProgressLine(Line):
    """Shows what is read."""

    def __call__(self, tally: Tally) -> None:
        """Show how far a build is."""
        self.show(f"{tally.documents:,} documents, {tally.file}")


class FetchLine(Line):
    """Shows what is fetched, of so many feeds."""

    def __init__(self, *, shown: bool, of: int, now: Callable[[], float] = time.monotonic) -> None:
        """Show it or not."""
        super().__init__(shown=shown, now=now)
        self._of = of
        self._done = 0

    def heard(self, name: str, received: int, total: int | None) -> None:
        """Show how much of a feed has come, in bytes."""
        part = readable_size(received) + (f" of {readable_size(total)}" if total else "")
        self.show(f"{self._done} of {self._of} feeds; {name}: {part}")

    def done(self, result: Result) -> None:
        """Count a feed that has ended."""
        self._done += 1
        self.show(f"{self._done} of {self._of} feeds; {result.name}")
