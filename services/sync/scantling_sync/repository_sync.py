"""The metadata of one repository: its tags, what they show, and what is gone. No layers."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.images.errors import (
    AddressRefused,
    ImageError,
    RateLimited,
    RegistryUnreachable,
)
from scantling_common.records.sync import (
    PLACEMENTS,
    REPOSITORIES,
    Placement,
    Registry,
    Repository,
)
from scantling_common.store import repository as store_repository
from scantling_common.store.port import Range
from scantling_sync.deliveries import target_of
from scantling_sync.missing import judge
from scantling_sync.observations import Cause
from scantling_sync.watcher import Seen, Target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from scantling_common.clock import Clock
    from scantling_common.store.port import Store
    from scantling_sync.registries.port import RegistryKind, Tag
    from scantling_sync.watcher import Watcher

AT_ONCE: Final = 8
"""How many tags of a repository are looked at at once."""

MAX_ERRORS: Final = 5
"""How many errors of a repository are told; the rest is counted."""

_SIGNATURE: Final = re.compile(r"sha256-[0-9a-f]{64}(\.(sig|att|sbom))?")
"""Tags that signing tools make for an image's digest, and the one for what refers to it."""

_WHOLE_REGISTRY: Final = (RateLimited, RegistryUnreachable, AddressRefused)
"""Errors that say nothing of the one repository: the sync waits or ends."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What the sync of one repository came to.

    ``confirm_at`` is when a second listing is due, 0 for none, in milliseconds since the epoch;
    ``unlisted`` where not even its tags could be listed; ``is_empty`` where neither the
    registry nor we know anything in it.
    """

    tags_seen: int = 0
    images_new: int = 0
    placements_changed: int = 0
    placements_gone: int = 0
    error: str = ""
    confirm_at: int = 0
    unlisted: bool = False
    is_empty: bool = False


class RepositorySync:
    """Syncs repositories of one registry for one sync task."""

    def __init__(
        self,
        store: Store,
        watcher: Watcher,
        clock: Clock,
        *,
        kind: RegistryKind,
        registry: Registry,
        task_id: str,
        manual: bool = False,
    ) -> None:
        """Ask ``kind``, which is connected to the registry."""
        self._repositories = store_repository.Repository(store, REPOSITORIES, Repository)
        self._placements = store_repository.Repository(store, PLACEMENTS, Placement)
        self._watcher = watcher
        self._clock = clock
        self._kind = kind
        self._registry = registry
        self._cause = Cause(
            id=task_id,
            reason="manual" if manual else "sync",
            first_sync_at=registry.first_sync_at,
        )

    async def sync(self, repository: Repository) -> Tally:
        """List a repository and look at what its tags show, then at what the listing lacks.

        Raises the errors that concern the whole registry; the others are in the tally.
        """
        began_at = self._clock.now_ms()
        try:
            listing = await self._kind.tags(repository.name)
        except _WHOLE_REGISTRY:
            raise
        except ImageError as error:
            await self._repositories.set_fields(repository.id, {"listed_at": began_at})
            return Tally(error=f"{error.code}: {error}", unlisted=True)
        only_listed = is_listed_only(self._registry, repository)
        cause = msgspec.structs.replace(self._cause, listed_only=only_listed)
        tags = [tag for tag in listing.names if not _SIGNATURE.fullmatch(tag.name)]
        tallies = [_refused(listing.refused)] if listing.refused else []
        tallies += await self._look_at(self._tag_targets(repository.name, tags, cause))
        tallies += await self._missing(repository, {tag.name for tag in tags}, began_at, cause)
        tally = summed(tallies, tags_seen=len(tags))
        left = [each async for each in self._live(repository.name)] if not listing.names else True
        return msgspec.structs.replace(tally, is_empty=not left and not tally.error)

    def _tag_targets(
        self, name: str, tags: Sequence[Tag], cause: Cause
    ) -> Iterable[tuple[Target, Cause]]:
        for tag in tags:
            timed = msgspec.structs.replace(
                cause, updated_at=tag.pushed_at, updated_source="registry" if tag.pushed_at else ""
            )
            yield Target(registry=self._registry, repository=name, tag=tag.name), timed

    async def _look_at(self, targets: Iterable[tuple[Target, Cause]]) -> list[Tally]:
        """Look at references, some at once; one that can't be read spoils no other."""
        waiting = list(targets)
        tallies: list[Tally] = []
        for first in range(0, len(waiting), AT_ONCE):
            batch = waiting[first : first + AT_ONCE]
            answers = await asyncio.gather(
                *(self._watcher.look(self._kind, target, cause) for target, cause in batch),
                return_exceptions=True,
            )
            for (target, _), answer in zip(batch, answers, strict=True):
                tallies.append(_tally(target, answer))
        return tallies

    async def _missing(
        self, repository: Repository, listed: set[str], began_at: int, cause: Cause
    ) -> list[Tally]:
        """Look at the known references that a complete listing lacks; a 404 now ends them."""
        # No listing shows what has no tag, so each is asked for; who answers is not missing.
        untagged = [each async for each in self._live(repository.name) if not each.tag]
        tallies = await self._look_at(self._targets(untagged, cause))
        live = 0
        missing: list[Placement] = []
        async for placement in self._live(repository.name):
            live += 1
            if placement.tag not in listed and placement.last_seen_at < began_at:
                missing.append(placement)
        verdict = judge(missing, live, missing_since=repository.missing_since, began_at=began_at)
        evidence = msgspec.structs.replace(cause, listing_began_at=began_at)
        tallies += await self._look_at(self._targets(verdict.may_go, evidence))
        fields = {
            "listed_at": began_at,
            "complete_at": began_at,
            "missing_since": verdict.missing_since,
            "missing_count": len(missing),
        }
        await self._repositories.set_fields(repository.id, fields)
        return [*tallies, Tally(confirm_at=verdict.confirm_at)]

    async def _live(self, repository: str) -> AsyncIterator[Placement]:
        range_ = Range(index="repository", prefix=(self._registry.id, repository))
        async for placement in self._placements.each(range_):
            if not placement.gone:
                yield placement

    def _targets(
        self, placements: Iterable[Placement], cause: Cause
    ) -> Iterable[tuple[Target, Cause]]:
        targets = {target.reference: target for target in self._each_target(placements)}
        return [(target, cause) for target in targets.values()]

    def _each_target(self, placements: Iterable[Placement]) -> Iterable[Target]:
        return (target_of(self._registry, placement) for placement in placements)


def is_listed_only(registry: Registry, repository: Repository) -> bool:
    """Tell whether what a repository shows is only listed.

    It is while the registry's first sync runs, and later where that sync could not list the
    repository.
    """
    if not registry.first_sync_at:
        return True
    return not repository.complete_at and repository.first_seen_at <= registry.first_sync_at


def summed(tallies: Sequence[Tally], *, tags_seen: int = 0) -> Tally:
    """Return several tallies as one."""
    errors = [tally.error for tally in tallies if tally.error]
    more = len(errors) - MAX_ERRORS
    shown = [*errors[:MAX_ERRORS], *([f"and {more} more"] if more > 0 else [])]
    return Tally(
        tags_seen=tags_seen,
        images_new=sum(tally.images_new for tally in tallies),
        placements_changed=sum(tally.placements_changed for tally in tallies),
        placements_gone=sum(tally.placements_gone for tally in tallies),
        error="; ".join(shown),
        confirm_at=max((tally.confirm_at for tally in tallies), default=0),
    )


def _tally(target: Target, answer: Seen | BaseException) -> Tally:
    if isinstance(answer, Seen):
        notes = "; ".join(answer.notes[:MAX_ERRORS])
        return Tally(
            images_new=answer.new_images,
            placements_changed=answer.changed,
            placements_gone=answer.gone,
            error=f"{target.reference}: {notes}" if notes else "",
        )
    if isinstance(answer, _WHOLE_REGISTRY) or not isinstance(answer, ImageError):
        raise answer
    return Tally(error=f"{target.reference}: {answer.code}: {answer}")


def _refused(names: Sequence[str]) -> Tally:
    shown = ", ".join(names[:MAX_ERRORS])
    return Tally(error=f"{len(names)} tags have names that no tag has: {shown}")
