"""Rate limits of registries and tasks, debited by compare-and-set before anything is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.records.dispatcher import Limit
from scantling_dispatcher.decisions.limits import free_at, healed, lower

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.records.dispatcher import Task
    from scantling_common.records.sync import Registry
    from scantling_common.store.repository import Repository

_MOST: Final = 10_000


def rates_of(registry: Registry, task: Task) -> list[tuple[str, int]]:
    """Return the limits that a scan is debited from: (id, images per hour).

    The registry's is shared by all tasks and pushes; a task may only lower it for itself.
    """
    rates = []
    if registry.images_per_hour:
        rates.append((f"registry/{registry.id}", registry.images_per_hour))
    own = lower(registry.images_per_hour, task.images_per_hour)
    if own != registry.images_per_hour:
        rates.append((f"task/{task.id}/{registry.id}", own))
    return rates


class Rates:
    """The limits as the active dispatcher last saw them."""

    def __init__(self, limits: Repository[Limit], clock: Clock) -> None:
        """Read and write ``limits``."""
        self._limits = limits
        self._clock = clock
        self._known: dict[str, Limit] = {}

    def forget(self) -> None:
        """Drop everything: another dispatcher was active since."""
        self._known.clear()

    async def load(self, rates: list[tuple[str, int]]) -> None:
        """Read those limits that are not known yet."""
        for id_, _ in rates:
            if id_ not in self._known:
                if len(self._known) >= _MOST:
                    self._known.clear()
                self._known[id_] = await self._limits.get(id_) or Limit(id=id_)

    def free_at(self, rates: list[tuple[str, int]]) -> int:
        """Return when all of some loaded limits are free, in milliseconds."""
        now = self._clock.now_ms()
        latest = 0
        for id_, images_per_hour in rates:
            limit = self._known[id_]
            debited_at = healed(limit.debited_at, now)
            if debited_at != limit.debited_at:
                self._known[id_] = replace(limit, debited_at=debited_at)
            latest = max(latest, free_at(debited_at, images_per_hour))
        return latest

    async def debit(self, rates: list[tuple[str, int]]) -> bool:
        """Debit one image from all of some loaded limits that are free.

        False where another dispatcher was faster with one of them; nothing is credited back.
        """
        now = self._clock.now_ms()
        for id_, _ in rates:
            debited = replace(self._known.pop(id_), debited_at=now)
            won = await (
                self._limits.replace(debited) if debited.rev else self._limits.insert(debited)
            )
            if not won:
                return False
            self._known[id_] = replace(debited, rev=debited.rev + 1)
        return True
