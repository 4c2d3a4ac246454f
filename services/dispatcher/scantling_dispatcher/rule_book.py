"""The settings version that applies in each project, remembered for a few seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.records.dispatcher import SettingsRecord
    from scantling_common.store.repository import Repository

SECONDS: Final = 2.0
"""How old what is remembered may be, unless a task is newer than it."""

_MOST: Final = 10_000


def current_id(project: str) -> str:
    """Return the id of the record that says which settings version applies in a project."""
    return f"{project}/current"


class _Known(NamedTuple):
    at: float
    newest: int
    version: str


class RuleBook:
    """Settings versions by project."""

    def __init__(self, settings: Repository[SettingsRecord], clock: Clock) -> None:
        """Read ``rules``."""
        self._settings = settings
        self._clock = clock
        self._known: dict[str, _Known] = {}

    async def version(self, project: str, made_at: int) -> str:
        """Return the settings version that applies now; empty where no list was ever set.

        ``made_at`` is when the task was made that asks. Who changes a list and then makes a task
        means the changed one: what was remembered for earlier tasks only is read again.
        """
        now = self._clock.monotonic()
        known = self._known.get(project)
        if known is not None and now - known.at < SECONDS and made_at <= known.newest:
            return known.version
        current = await self._settings.get(current_id(project))
        version = "" if current is None else current.version
        if len(self._known) >= _MOST:
            self._known.clear()
        newest = made_at if known is None else max(made_at, known.newest)
        self._known[project] = _Known(now, newest, version)
        return version
