"""The advisory database in an OCI registry: fetched from there, or put there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from scantling.scan.access import endpoint_of
from scantling_analyzers.advisories.artifact import pull_database, push_database
from scantling_common.images.reference import parse_reference
from scantling_common.images.sources.registry import Registry
from scantling_common.images.sources.transport import Transport

if TYPE_CHECKING:
    from pathlib import Path

    from scantling.scan.access import Access

LATEST: Final = "latest"


async def pull(reference: str, access: Access, target: Path) -> str:
    """Put the database of a reference at ``target`` unless it is there; return its build.

    Raises what the reference, the registry and the database raise.
    """
    named = parse_reference(reference)
    endpoint = await asyncio.to_thread(endpoint_of, named, access)
    async with Registry(Transport(endpoint), mirrored_tags=True) as registry:
        return await pull_database(registry, named.repository, named.target, target)


async def push(reference: str, access: Access, source: Path) -> str:
    """Push a database under the tag of a reference; return where it is, by digest.

    Raises what the reference, the registry and the database raise.
    """
    named = parse_reference(reference)
    endpoint = await asyncio.to_thread(endpoint_of, named, access)
    async with Transport(endpoint) as transport:
        tags = (named.tag or LATEST,)
        digest = await push_database(transport, source, named.repository, tags)
    return f"{named.registry}/{named.repository}@{digest}"
