"""A worker ends with the process that started it, in the middle of an item, too."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def end_with(parent: int) -> None:
    """Let the kernel end this process once ``parent`` has died, see PR_SET_PDEATHSIG(2const).

    A supervisor that is killed can end nobody, and a worker looks for it only between two items.
    Where the kernel is not Linux it stays at that.
    """
    # Neither Python nor the C library need have it. Only workers wait for the import.
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import ctypes  # noqa: PLC0415  # as said

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
