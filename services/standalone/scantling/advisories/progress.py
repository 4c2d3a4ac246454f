"""How far a build or an update is: a line of a terminal that is written again, else lines."""

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
EVERY_LINE: Final = 10.0
"""Seconds between two lines where there is no terminal."""


class Line:
    """A line of a terminal that is written again; where it is not shown, a new one now and then."""

    def __init__(self, *, shown: bool, now: Callable[[], float] = time.monotonic) -> None:
        """Show it or not."""
        self._shown, self._now = shown, now
        self._next = 0.0 if shown else now() + EVERY_LINE
        self._wide = 0

    def show(self, text: str) -> None:
        """Show a state, unless another one was shown just now."""
        if self._now() < self._next:
            return
        if not self._shown:
            self._next = self._now() + EVERY_LINE
            sys.stderr.write(f"scantling: {safe(text)}\n")
            sys.stderr.flush()
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
        self._last = "no answer yet"

    def heard(self, name: str, received: int, total: int | None) -> None:
        """Show how much of a feed has come, in bytes."""
        part = readable_size(received) + (f" of {readable_size(total)}" if total else "")
        self._last = f"{name}: {part}"
        self.tick()

    def done(self, result: Result) -> None:
        """Count a feed that has ended."""
        self._done += 1
        self._last = f"{result.name}: {result.how}"
        self.tick()

    def tick(self) -> None:
        """Show the state, though nothing may have changed."""
        self.show(f"{self._done} of {self._of} feeds; {self._last}")
