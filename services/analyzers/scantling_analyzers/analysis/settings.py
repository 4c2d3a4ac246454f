"""The settings that a job names: the lists of its project, as they were then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.contract import Settings
from scantling_common.records.dispatcher import LISTS, SETTINGS, ListRecord, SettingsRecord
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from scantling_common.store.port import Store


class SettingsLoader:
    """Loads settings by version; they are immutable, so a few are kept."""

    KEEP = 64

    def __init__(self, store: Store) -> None:
        """Read from a store."""
        self._settings = Repository(store, SETTINGS, SettingsRecord)
        self._lists = Repository(store, LISTS, ListRecord)
        self._kept: dict[str, Settings] = {}

    async def load(self, project: str, version: str) -> Settings | None:
        """Return the settings of a version, None where a part of them is not stored."""
        if not version:
            return Settings()
        key = f"{project}/{version}"
        if key not in self._kept:
            settings = await self._load(key, project, version)
            if settings is None:
                return None
            if len(self._kept) >= self.KEEP:
                self._kept.clear()
            self._kept[key] = settings
        return self._kept[key]

    async def _load(self, key: str, project: str, version: str) -> Settings | None:
        record = await self._settings.get(key)
        if record is None:
            return None
        names = record.body.lists
        lists = await self._lists.get_many([f"{project}/{n}/{h}" for n, h in names.items()])
        if len(lists) != len(names):
            return None
        return Settings(version=version, lists={entry.name: entry.body.entries for entry in lists})
