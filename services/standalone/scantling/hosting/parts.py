"""A part: one service as a process hosts it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scantling_common.errors import ScantlingError
    from scantling_common.http.endpoints import Route

Step = Callable[[], Coroutine[Any, Any, None]]


async def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A service: its loops, its routes of the API, and the HTTP statuses of its errors.

    ``run`` runs until it is cancelled; ``close`` is called after all loops of the process ended.
    """

    name: str
    run: Step
    routes: Sequence[Route] = ()
    statuses: Mapping[type[ScantlingError], int] = field(default_factory=dict)
    close: Step = _nothing
