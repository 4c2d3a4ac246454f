"""Rule packs in an OCI registry."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scantling.scan.access import endpoint_of
from scantling_analyzers.rule_packs.artifact import pull_rules
from scantling_common.images.sources.registry import Registry
from scantling_common.images.sources.transport import Transport

if TYPE_CHECKING:
    from pathlib import Path

    from scantling.scan.access import Access
    from scantling_common.images.reference import Reference


async def pull(reference: Reference, access: Access, folder: Path) -> None:
    """Put the rules of an artifact into a folder; raises what the registry and the rules raise."""
    endpoint = await asyncio.to_thread(endpoint_of, reference, access)
    async with Registry(Transport(endpoint), mirrored_tags=True) as registry:
        await pull_rules(registry, reference.repository, reference.target, folder)
