"""Which errors may pass, so that a scan waits instead of failing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.bus.port import RetryAfter
from scantling_common.images.errors import RateLimited, RegistryUnreachable
from scantling_common.layers.errors import SpillFailed

if TYPE_CHECKING:
    from scantling_common.errors import ScantlingError

RETRY_SECONDS: Final = 30.0
MAX_ATTEMPTS: Final = 5
"""After so many attempts of a scan what is out of reach is a failure."""


def retry_of(error: ScantlingError, attempt: int) -> RetryAfter | None:
    """Return how long to wait where the error may pass, None where it is final.

    A registry that asks to wait is waited for, however often; one that does not answer, or a
    machine without room, for a number of attempts.
    """
    if isinstance(error, RateLimited):
        return RetryAfter(error.code, error.not_before_seconds)
    if isinstance(error, RegistryUnreachable | SpillFailed) and attempt < MAX_ATTEMPTS:
        return RetryAfter(error.code, RETRY_SECONDS)
    return None
