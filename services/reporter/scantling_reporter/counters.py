"""Totals that are maintained, never counted: one document per partition, changed in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.events.topics import SCAN_RESULTS
from scantling_common.records.reporter import (
    COUNTERS,
    HEADS,
    Counter,
    CounterBody,
    Head,
    HeadRisk,
    ProjectCounts,
)
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scantling_common.store.port import Store


class Counters:
    """Adds each generation of a head to the totals once, whatever crashes and repeats.

    The totals and the last (head, generation) in them change in one compare-and-set; after that
    the caller sets ``counted`` on the head. An instance that has lost the partition loses the
    compare-and-set, reads again, and finds the head counted.
    """

    def __init__(self, store: Store) -> None:
        """Work on a store."""
        self._counters = Repository(store, COUNTERS, Counter)
        self._heads = Repository(store, HEADS, Head)

    async def count(self, head: Head) -> None:
        """Bring a head's generation into the totals of its partition."""
        id_ = str(head.partition)
        while True:
            counter = await self._counters.get(id_) or Counter(id=id_)
            # The head is read after the counter: whoever counted it and went on has marked it.
            current = await self._heads.get(head.id)
            if current is None or current.counted >= head.generation:
                return
            if (counter.last_head, counter.last_generation) == (head.id, head.generation):
                return
            if await self._put(counted(counter, head)):
                return

    async def totals(self, project: str | None = None) -> ProjectCounts:
        """Return the totals of a project, or of all."""
        ids = [str(partition) for partition in range(SCAN_RESULTS.partitions)]
        counters = await self._counters.get_many(ids)
        return added(
            counts
            for counter in counters
            for name, counts in counter.body.projects.items()
            if project is None or name == project
        )

    async def _put(self, counter: Counter) -> bool:
        if counter.rev == 0:
            return await self._counters.insert(counter)
        return await self._counters.replace(counter)


def counted(counter: Counter, head: Head) -> Counter:
    """Return the counter with the head's generation instead of the one before; pure."""
    body = head.body
    before = contribution(body.previous, body.previous_status, hidden=body.previous_hidden)
    after = contribution(body.risks, head.status, hidden=head.hidden)
    projects = dict(counter.body.projects)
    held = projects.get(head.project, ProjectCounts())
    projects[head.project] = added((held, after), minus=before)
    return Counter(
        id=counter.id,
        rev=counter.rev,
        last_head=head.id,
        last_generation=head.generation,
        body=CounterBody(projects=dict(sorted(projects.items()))),
    )


def contribution(risks: Mapping[str, HeadRisk], status: str, *, hidden: bool) -> ProjectCounts:
    """Return what one generation of a head adds to the totals; pure."""
    if hidden or not risks:
        return ProjectCounts()
    findings = {risk: dict(held.summary) for risk, held in risks.items() if held.summary}
    return ProjectCounts(images={status: 1}, findings=findings)


def added(parts: Iterable[ProjectCounts], *, minus: ProjectCounts | None = None) -> ProjectCounts:
    """Return the sum of counts without zeros; pure."""
    images: dict[str, int] = {}
    findings: dict[str, dict[str, int]] = {}
    signed = [(part, 1) for part in parts]
    if minus is not None:
        signed.append((minus, -1))
    for part, sign in signed:
        _add(images, part.images, sign)
        for risk, counts in part.findings.items():
            _add(findings.setdefault(risk, {}), counts, sign)
    kept = {risk: _without_zeros(counts) for risk, counts in findings.items()}
    return ProjectCounts(
        images=_without_zeros(images),
        findings={risk: counts for risk, counts in sorted(kept.items()) if counts},
    )


def _add(target: dict[str, int], counts: Mapping[str, int], sign: int) -> None:
    for name, count in counts.items():
        target[name] = target.get(name, 0) + sign * count


def _without_zeros(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in sorted(counts.items()) if count}
