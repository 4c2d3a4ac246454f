"""What rows refer to: packages, vulnerabilities and their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from scantling_common.records.fleet import Package, Vulnerability, VulnerabilityName
from scantling_common.store.repository import BATCH, Repository
from scantling_reporter.fleet.lifetimes import is_safe, look_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scantling_common.store.port import Operation

E = TypeVar("E", Package, Vulnerability, VulnerabilityName)


async def ensure(
    repository: Repository[E],
    wanted: Iterable[E],
    *,
    now: int,
    renewed: Callable[[E, E], E] = lambda stored, _: stored,
) -> None:
    """Make sure that records are there, and stay for as long as it takes to refer to them.

    ``renewed`` returns what a stored record becomes beside the one that is wanted.
    """
    pending: dict[str, E] = {record.id: record for record in wanted}
    while pending:
        batch = [*pending][:BATCH]
        stored = {record.id: record for record in await repository.get_many(batch)}
        operations: list[Operation] = []
        for id_ in batch:
            record = stored.get(id_)
            if record is None:
                operations.append(
                    repository.inserting(replace(pending[id_], sweep_at=look_at(now)))
                )
                continue
            after = renewed(record, pending[id_])
            if not is_safe(after.sweep_at, now):
                after = replace(after, sweep_at=look_at(now))
            if after is record:
                del pending[id_]
            else:
                operations.append(repository.replacing(after))
        written = [id_ for id_ in batch if id_ in pending]
        for id_, won in zip(written, await repository.bulk(operations), strict=True):
            # Whoever was faster may have written something else: it is looked at again.
            if won:
                del pending[id_]


def newer(stored: Vulnerability, wanted: Vulnerability) -> Vulnerability:
    """Return what is known of a vulnerability after an analysis.

    Newer advisories renew it. Of the same, the image that it is worst in counts: what images of
    other distributions say would only take turns.
    """
    if wanted.advisories == stored.advisories:
        renews = wanted.severity > stored.severity
    else:
        renews = wanted.analyzed_at > stored.analyzed_at
    if not renews:
        return stored
    return replace(wanted, rev=stored.rev, sweep_at=stored.sweep_at)
