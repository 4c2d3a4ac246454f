"""How long a process that keeps dying is left alone; pure."""

from __future__ import annotations

from typing import Final

import msgspec

FIRST: Final = 0.25
LONGEST: Final = 5.0
STEADY: Final = 30.0
"""A process that ran for so many seconds had started well."""

MAX_FAILURES: Final = 12
"""After so many deaths soon after the start, in a row, something is wrong for good."""


class BackOff(msgspec.Struct, frozen=True):
    """How often a process died in a row soon after its start."""

    failures: int = 0

    def after(self, seconds: float) -> BackOff:
        """Return what follows a death ``seconds`` after the start."""
        return BackOff(1 if seconds >= STEADY else self.failures + 1)

    @property
    def pause(self) -> float:
        """Return how many seconds to wait before the next start."""
        return min(LONGEST, FIRST * 2 ** min(self.failures - 1, 10)) if self.failures else 0.0

    @property
    def is_hopeless(self) -> bool:
        """Tell whether to give up."""
        return self.failures >= MAX_FAILURES
