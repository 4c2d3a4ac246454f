"""The collections that the dispatcher writes, and those that it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.records import dispatcher, extractor, fleet, reporter, sync
from scantling_common.store.guard import GuardedStore
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from scantling_common.store.port import Store

COLLECTIONS = (
    *dispatcher.COLLECTIONS,
    sync.REGISTRIES,
    sync.IMAGES,
    sync.PLACEMENTS,
    sync.PROJECTS,
    extractor.BINDINGS,
    extractor.FACTS,
    extractor.ADVISORY_BUILDS,
    reporter.HEADS,
    fleet.PLACES,
    fleet.HOLDS,
)
"""What must exist before the dispatcher starts."""


class Repositories:
    """Typed access to every collection that the dispatcher touches; it writes only its own."""

    def __init__(self, store: Store) -> None:
        """Guard the store: only the dispatcher's collections can be written."""
        self.store: Store = GuardedStore(store, "dispatcher")
        self.tasks = Repository(self.store, dispatcher.TASKS, dispatcher.Task)
        self.items = Repository(self.store, dispatcher.TASK_ITEMS, dispatcher.TaskItem)
        self.scans = Repository(self.store, dispatcher.SCANS, dispatcher.Scan)
        self.waiting = Repository(self.store, dispatcher.WAITING, dispatcher.Waiting)
        self.limits = Repository(self.store, dispatcher.LIMITS, dispatcher.Limit)
        self.lists = Repository(self.store, dispatcher.LISTS, dispatcher.ListRecord)
        self.settings = Repository(self.store, dispatcher.SETTINGS, dispatcher.SettingsRecord)
        self.leader = Repository(self.store, dispatcher.LEADER, dispatcher.Leader)
        self.registries = Repository(self.store, sync.REGISTRIES, sync.Registry)
        self.images = Repository(self.store, sync.IMAGES, sync.Image)
        self.placements = Repository(self.store, sync.PLACEMENTS, sync.Placement)
        self.projects = Repository(self.store, sync.PROJECTS, sync.Project)
        self.bindings = Repository(self.store, extractor.BINDINGS, extractor.Binding)
        self.facts = Repository(self.store, extractor.FACTS, extractor.FactChunk)
        self.builds = Repository(self.store, extractor.ADVISORY_BUILDS, extractor.AdvisoryBuild)
        self.heads = Repository(self.store, reporter.HEADS, reporter.Head)
        self.places = Repository(self.store, fleet.PLACES, fleet.PackagePlace)
        self.holds = Repository(self.store, fleet.HOLDS, fleet.Hold)

    async def ensure(self) -> None:
        """Create what is missing."""
        await self.store.ensure(COLLECTIONS)
