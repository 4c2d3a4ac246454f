"""Known base images of an image: which images of the project end in one of its chains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import KnownBase, NewerBase
from scantling_analyzers.storage.bindings import ChainStore
from scantling_common.images.digests import DiffId, chain_ids
from scantling_common.records.sync import (
    MOVES,
    PLACEMENTS,
    REGISTRIES,
    Move,
    Placement,
    Registry,
)
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.records.extractor import Chain
    from scantling_common.store.port import Store

MAX_REFERENCES: Final = 20
MAX_BASES: Final = 50


class BaseFinder:
    """Finds known bases in the store."""

    def __init__(self, store: Store) -> None:
        """Read from a store."""
        self._chains = ChainStore(store)
        self._placements = Repository(store, PLACEMENTS, Placement)
        self._moves = Repository(store, MOVES, Move)
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
                    found.append(await self._base(chain, count))
        return tuple(found)

    async def _base(self, chain: Chain, layers: int) -> KnownBase:
        range_ = Range(index="image", prefix=(chain.project, chain.image, False))
        placements = (await self._placements.page(range_, limit=MAX_REFERENCES)).records
        moved_at, moved = await self._moved(chain)
        hosts = await self._hosts([*placements, *moved])
        newer = [
            NewerBase(
                reference=_name(placement, hosts),
                digest=placement.image,
                moved_at=moved_at[placement.id],
            )
            for placement in moved
        ]
        return KnownBase(
            digest=chain.image,
            chain_id=chain.chain_id,
            layers=layers,
            references=tuple(sorted({_name(placement, hosts) for placement in placements})),
            indexes=tuple(sorted({each.index for each in placements if each.index})),
            newer=tuple(sorted(newer)),
        )

    async def _moved(self, chain: Chain) -> tuple[dict[str, int], list[Placement]]:
        """Return the placements that showed an image and show another one now, and since when."""
        range_ = Range(index="image", prefix=(chain.project, chain.image), descending=True)
        moves = (await self._moves.page(range_, limit=MAX_REFERENCES)).records
        placements = await self._placements.get_many([move.placement for move in moves])
        return (
            {move.placement: move.moved_at for move in moves},
            [each for each in placements if not each.gone and each.image != chain.image],
        )

    async def _hosts(self, placements: Sequence[Placement]) -> dict[str, str]:
        ids = sorted({placement.registry for placement in placements})
        return {each.id: _host(each.url) for each in await self._registries.get_many(ids)}


def _name(placement: Placement, hosts: dict[str, str]) -> str:
    """Return ``host/repository:tag``."""
    end = f":{placement.tag}" if placement.tag else f"@{placement.image}"
    return f"{hosts.get(placement.registry, placement.registry)}/{placement.repository}{end}"


def _host(url: str) -> str:
    return url.partition("://")[2].rstrip("/") or url
