"""Known base images of an image: which images of the project end in one of its chains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import KnownBase
from scantling_analyzers.storage.bindings import ChainStore
from scantling_common.images.digests import DiffId, chain_ids
from scantling_common.records.sync import PLACEMENTS, REGISTRIES, Placement, Registry
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.store.port import Store

MAX_REFERENCES: Final = 20
MAX_BASES: Final = 50


class BaseFinder:
    """Finds known bases in the store."""

    def __init__(self, store: Store) -> None:
        """Read from a store."""
        self._chains = ChainStore(store)
        self._placements = Repository(store, PLACEMENTS, Placement)
        self._registries = Repository(store, REGISTRIES, Registry)

    async def bases(self, project: str, diff_ids: Sequence[str]) -> tuple[KnownBase, ...]:
        """Return the known images whose chain these layers begin with, the longest first.

        At most 50; of images with the same layers all count, because any may be the approved
        one. The image itself is among them once its own chain is stored.
        """
        chains = chain_ids([DiffId(diff_id) for diff_id in diff_ids])
        found: list[KnownBase] = []
        for count, chain_id in sorted(enumerate(chains, start=1), reverse=True):
            for chain in await self._chains.images(project, chain_id):
                if len(found) < MAX_BASES:
                    references = await self.references(project, chain.image)
                    found.append(
                        KnownBase(
                            digest=chain.image,
                            chain_id=chain_id,
                            layers=count,
                            references=references,
                        )
                    )
        return tuple(found)

    async def references(self, project: str, image: str) -> tuple[str, ...]:
        """Return the names of an image in a project: ``host/repository:tag``, at most 20."""
        range_ = Range(index="image", prefix=(project, image, False))
        page = await self._placements.page(range_, limit=MAX_REFERENCES)
        ids = sorted({placement.registry for placement in page.records})
        hosts = {r.id: _host(r.url) for r in await self._registries.get_many(ids)}
        names = {
            f"{hosts.get(placement.registry, placement.registry)}/{placement.repository}"
            + (f":{placement.tag}" if placement.tag else f"@{placement.image}")
            for placement in page.records
        }
        return tuple(sorted(names))


def _host(url: str) -> str:
    return url.partition("://")[2].rstrip("/") or url
