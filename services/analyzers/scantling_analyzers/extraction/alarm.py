"""The end of a reader that is still at one file when the layer's time is up."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType

AGAIN: Final = 1.0
"""After how many seconds it rings again: it may have rung between two readers."""


class TimeUp(BaseException):
    """The time is up while a reader looks at a file. No reader takes it for a flaw of the file."""


class Alarm:
    """Raises :class:`TimeUp` wherever a reader then is, in Python code or in an expression.

    Only while ``is_looking``, then and each second after: between two files the walk asks for
    itself. What a library does in one call goes on; then the supervisor ends the process. Use as a
    context manager, in the main thread of a process that has no other use for SIGALRM.
    """

    def __init__(self, seconds: float) -> None:
        """Prepare an alarm in so many seconds of the clock, at once where there are none left."""
        self._seconds = max(seconds, 1e-6)
        self.is_looking = False

    def __enter__(self) -> Self:
        """Set the alarm."""
        signal.signal(signal.SIGALRM, self._ring)
        signal.setitimer(signal.ITIMER_REAL, self._seconds, AGAIN)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the alarm back."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)

    def _ring(self, _signal: int, _frame: FrameType | None) -> None:
        if self.is_looking:
            self.is_looking = False
            raise TimeUp
