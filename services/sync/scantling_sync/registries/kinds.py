"""Which adapter asks which kind of registry: one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_sync.registries.distribution import DistributionRegistry

if TYPE_CHECKING:
    from collections.abc import Callable

    from scantling_common.images.sources.endpoint import Endpoint
    from scantling_sync.registries.port import RegistryKind

KINDS: Final[dict[str, Callable[[Endpoint], RegistryKind]]] = {
    "distribution": DistributionRegistry,
}
