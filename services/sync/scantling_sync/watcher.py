"""Looks at a reference of a registry, and records what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.images.errors import NotFound
from scantling_common.records.sync import Registry
from scantling_sync.errors import ContentMissing, ObservationStale
from scantling_sync.observations import Cause, Observation, Sight
from scantling_sync.placements import is_known

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.records.sync import Image, Placement
    from scantling_sync.contents import Contents
    from scantling_sync.recorder import Recorder
    from scantling_sync.registries.port import RegistryKind

_LOOKS: Final = 5


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A reference in a registry: a tag, or a digest where ``tag`` is empty."""

    registry: Registry
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def reference(self) -> str:
        """Return the tag or the digest."""
        return self.tag or self.digest


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a look came to.

    ``absent`` where the reference is not there; ``digest`` is what stands there else; ``notes``
    say what of it was left out; the counts are of placements and of images.
    """

    absent: bool = False
    digest: str = ""
    notes: tuple[str, ...] = ()
    changed: int = 0
    gone: int = 0
    new_images: int = 0


class Watcher:
    """Asks the registry, then writes: images, then placements with the events they owe."""

    def __init__(self, contents: Contents, recorder: Recorder, clock: Clock) -> None:
        """Read content, and record it."""
        self._contents = contents
        self._recorder = recorder
        self._clock = clock

    async def look(self, kind: RegistryKind, target: Target, cause: Cause) -> Seen:
        """Observe a reference, and record the observation.

        Where a newer observation was recorded meanwhile, this one comes to nothing; but a push
        must be announced, so then the reference is looked at again. Raises
        :class:`ObservationStale`, :class:`ContentMissing`, and what the registry raises.
        """
        for _ in range(_LOOKS):
            began_at = self._clock.now_ms()
            stored = await self._recorder.stored(target)
            seen, images, notes = await self._observed(kind, target, cause, stored, began_at)
            record = await self._recorder.record(target, seen, images)
            if not record.stale or not cause.push:
                return Seen(
                    absent=seen.absent,
                    digest=seen.reference_digest,
                    notes=notes,
                    changed=record.changed,
                    gone=record.gone,
                    new_images=record.new_images,
                )
        raise ObservationStale(
            f"{target.repository}:{target.reference} is being observed by others"
        )

    async def _observed(
        self,
        kind: RegistryKind,
        target: Target,
        cause: Cause,
        stored: list[Placement],
        began_at: int,
    ) -> tuple[Observation, tuple[Image, ...], tuple[str, ...]]:
        project = target.registry.project
        nothing = Observation(
            project=project,
            registry=target.registry.id,
            repository=target.repository,
            tag=target.tag,
            reference=target.reference,
            began_at=began_at,
            absent=True,
            cause=cause,
        )
        try:
            digest = await kind.head(target.repository, target.reference)
        except NotFound:
            return nothing, (), ()
        live = [placement for placement in stored if not placement.gone]
        # What a deletion took may be a part of an index that is still there, unchanged.
        if is_known(live, digest) and not cause.delete_notified:
            sights = tuple(Sight(each.platform, each.image) for each in live)
            known = msgspec.structs.replace(
                nothing,
                absent=False,
                reference_digest=digest,
                index=live[0].index,
                sights=sights,
            )
            return known, (), ()
        try:
            content = await self._contents.read(kind, project, target.repository, digest)
        except NotFound as error:
            message = f"{target.repository}:{target.reference} is {digest}, which is not there"
            raise ContentMissing(message, hint="push it again") from error
        seen = msgspec.structs.replace(
            nothing,
            absent=False,
            reference_digest=digest,
            index=content.index,
            sights=content.sights,
            missing=content.missing,
        )
        return seen, content.images, content.notes
