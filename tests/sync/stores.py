"""Stores that fail on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scantling_common.store.port import StoreUnavailable

if TYPE_CHECKING:
    from scantling_common.store.port import Store


class AwayStore:
    """A store that is away while ``away`` is true."""

    def __init__(self, inner: Store) -> None:
        """Stand before a store."""
        self._inner = inner
        self.away = False

    def __getattr__(self, name: str) -> Any:
        """Return a verb of the store, unless it is away."""
        verb = getattr(self._inner, name)

        async def call(*arguments: Any, **more: Any) -> Any:
            if self.away and name != "close":
                raise StoreUnavailable
            return await verb(*arguments, **more)

        return call
