"""Which adapter asks which kind of registry: one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.images.connections import Connections
from scantling_common.images.limits import DOCUMENT_LIMITS, DocumentLimits
from scantling_common.telemetry.metrics import NO_METRICS, Metrics
from scantling_sync.registries.distribution import DistributionRegistry

if TYPE_CHECKING:
    from collections.abc import Callable

    from scantling_common.crypto import Sealer
    from scantling_common.images.sources.endpoint import Endpoint
    from scantling_common.records.sync import Registry
    from scantling_sync.registries.port import RegistryKind

KINDS: Final[dict[str, Callable[[Endpoint, Metrics, str], RegistryKind]]] = {
    "distribution": DistributionRegistry,
}

REQUEST_SECONDS: Final = 30.0
"""How long one request for metadata may take."""


def registry_connections(
    sealer: Sealer,
    sockets: int,
    metrics: Metrics = NO_METRICS,
    limits: DocumentLimits = DOCUMENT_LIMITS,
) -> Connections[RegistryKind]:
    """Return connections to registries of every kind, of at most ``sockets`` sockets to a host."""

    def make(registry: Registry, endpoint: Endpoint) -> RegistryKind:
        mirrors = tuple(map(bounded, endpoint.mirrors))
        return KINDS[registry.kind](
            replace(bounded(endpoint), mirrors=mirrors), metrics, registry.id
        )

    def bounded(endpoint: Endpoint) -> Endpoint:
        return replace(endpoint, connections=sockets, seconds=REQUEST_SECONDS, limits=limits)

    return Connections(sealer, make)
