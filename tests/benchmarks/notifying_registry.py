"""A real registry that tells a running Scantling what is pushed to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.http.auth import new_token
from tests.services.registry import DistributionRegistry, Notification

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.api import Api


async def notifying_registry(folder: Path, api: Api) -> DistributionRegistry:
    """Return one that runs and is known; whoever asks for it stops it."""
    secret = new_token()
    registry = DistributionRegistry(folder)
    registry.start()  # which chooses the port
    number = await api.add_registry(registry.host, secret)
    registry.stop()
    registry._notifications = [
        Notification(
            url=api.url(f"/webhooks/{number}"), headers={"Authorization": f"Bearer {secret}"}
        )
    ]
    registry.start()
    return registry
