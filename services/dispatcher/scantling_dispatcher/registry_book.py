"""The registries as sync keeps them, remembered for a few seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.records.sync import Registry
    from scantling_common.store.repository import Repository

SECONDS: Final = 2.0
"""How old what is remembered may be."""

_MOST: Final = 10_000


class RegistryBook:
    """Registries by id."""

    def __init__(self, registries: Repository[Registry], clock: Clock) -> None:
        """Read ``registries``."""
        self._registries = registries
        self._clock = clock
        self._known: dict[str, tuple[float, Registry | None]] = {}

    async def get(self, id_: str) -> Registry | None:
        """Return a registry, None where there is none of that id."""
        now = self._clock.monotonic()
        known = self._known.get(id_)
        if known is not None and now - known[0] < SECONDS:
            return known[1]
        registry = await self._registries.get(id_)
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[id_] = (now, registry)
        return registry
