"""Which hosts a run could reach: for one that can't be, not every publication waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from scantling_analyzers.advisories.fetching.download import HostUnreachable

CONNECTS: Final = 2
"""How often a host is tried that can't be reached."""
LOST_IN_A_ROW: Final = 3
"""After so many hosts that can't be reached there seems to be no network: others are tried once."""


class Hosts:
    """What is known of hosts in one run."""

    def __init__(self) -> None:
        """Know nothing."""
        self._reached: set[str] = set()
        self._lost: dict[str, HostUnreachable] = {}
        self._in_a_row: set[str] = set()

    @property
    def connects(self) -> int:
        """Return how often a host is to be tried now."""
        return 1 if len(self._in_a_row) >= LOST_IN_A_ROW else CONNECTS

    def check(self, host: str) -> None:
        """Raise the :class:`HostUnreachable` of before for a host that never was reached."""
        if host in self._lost and host not in self._reached:
            raise self._lost[host]

    def reached(self, host: str) -> None:
        """Note that a host answers."""
        self._reached.add(host)
        self._in_a_row.clear()

    def lost(self, error: HostUnreachable) -> None:
        """Note that a host can't be reached."""
        self._lost.setdefault(error.host, error)
        self._in_a_row.add(error.host)
