"""Versions of lists and settings that nothing refers to any more.

A list or a settings version is looked at when it was not of use for 30 days: what applies, a
scan, or an analysis in a head refers to it, then it is marked as used now, else it may go. A job
on its way belongs to a scan. Whoever sets an old version anew changes its revision first
(:mod:`scantling_dispatcher.lists`), and what is deleted here is deleted by revision.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from scantling_common.store.port import Delete, Range
from scantling_dispatcher.rule_book import current_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_common.clock import Clock
    from scantling_common.records.dispatcher import SettingsRecord
    from scantling_dispatcher.repositories import Repositories

UNUSED: Final = 30 * 24 * 3_600_000
"""How long a version that nothing refers to is kept, in milliseconds: it may be set again."""

_BATCH: Final = 500


class OldLists:
    """Finds what may be deleted, and marks the rest as used."""

    def __init__(self, repositories: Repositories, clock: Clock) -> None:
        """Read scans and heads; write ``lists`` and ``rules``."""
        self._repositories = repositories
        self._clock = clock

    async def settings(self) -> list[Delete]:
        """Return settings versions that may go, at most 500 at a time."""
        repository = self._repositories.settings
        page = await repository.page(self._unused(), limit=_BATCH)
        gone: list[Delete] = []
        kept: list[str] = []
        by_project = attrgetter("project")
        for project, records in groupby(sorted(page.records, key=by_project), key=by_project):
            versions = [record for record in records if record.id != current_id(project)]
            used = await self._used(project, versions)
            gone += [Delete(each.id, each.rev) for each in versions if each.version not in used]
            kept += [each.id for each in versions if each.version in used]
            kept.append(current_id(project))
        marks = [repository.setting(id_, {"used_at": self._clock.now_ms()}) for id_ in kept]
        await repository.bulk(marks)
        return gone

    async def lists(self) -> list[Delete]:
        """Return lists that no settings version names, at most 500 at a time."""
        repository = self._repositories.lists
        page = await repository.page(self._unused(), limit=_BATCH)
        named = await self._named({record.project for record in page.records})
        kept = [record.id for record in page.records if record.id in named]
        marks = [repository.setting(id_, {"used_at": self._clock.now_ms()}) for id_ in kept]
        await repository.bulk(marks)
        return [Delete(each.id, each.rev) for each in page.records if each.id not in named]

    def _unused(self) -> Range:
        return Range(index="used", end=self._clock.now_ms() - UNUSED)

    async def _used(self, project: str, versions: Iterable[SettingsRecord]) -> set[str]:
        """Return which of some settings versions of a project are referred to."""
        left = {record.version for record in versions}
        if not left:
            return set()
        used: set[str] = set()
        current = await self._repositories.settings.get(current_id(project))
        if current is not None:
            used.add(current.version)
        async for scan in self._repositories.scans.each(Range(index="project", prefix=(project,))):
            used.add(scan.settings_version)
        async for head in self._repositories.heads.each(Range(index="project", prefix=(project,))):
            used.update(held.settings for held in head.body.risks.values())
            if left <= used:
                break
        return left & used

    async def _named(self, projects: Iterable[str]) -> set[str]:
        """Return the ids of all lists that any settings version of some projects names."""
        named: set[str] = set()
        for project in projects:
            range_ = Range(index="project", prefix=(project,))
            async for record in self._repositories.settings.each(range_):
                named.update(
                    f"{project}/{name}/{hash_}" for name, hash_ in record.body.lists.items()
                )
        return named
