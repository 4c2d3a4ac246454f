"""How far a build is, on a terminal: one line that is written again."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Final, Self

from scantling_reporter.formats.terminal import fitted, safe

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from scantling_analyzers.advisories.database.tally import Tally

EVERY: Final = 0.2
"""Seconds between two states."""


class ProgressLine:
    """Shows what is read; shows nothing where standard error is no terminal."""

    def __init__(self, *, shown: bool, now: Callable[[], float] = time.monotonic) -> None:
        """Show it or not."""
        self._shown, self._now = shown, now
        self._next = 0.0
        self._wide = 0

    def __call__(self, tally: Tally) -> None:
        """Show how far a build is, unless that was shown just now."""
        if not self._shown or self._now() < self._next:
            return
        self._next = self._now() + EVERY
        columns = shutil.get_terminal_size().columns - 1
        text = f"{tally.documents:,} documents, {tally.file}"
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
