"""The settings of sync."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic resolves it at run time

from pydantic import Field

from scantling_common.settings import ServiceSettings


class SyncSettings(ServiceSettings):
    """What sync needs besides what every service needs."""

    credential_key_file: Path | None = Field(
        None, description="key file that registry credentials are sealed with; `up` makes its own"
    )
    public_url: str = Field(
        "", description="where registries reach the webhooks; without it http:// and `listen`"
    )
    delivery_workers: int = Field(
        8, ge=1, le=256, description="webhook deliveries that are carried out at once"
    )
    sync_workers: int = Field(2, ge=1, le=64, description="registries that are synced at once")
    registry_connections: int = Field(
        8, ge=1, le=256, description="connections to one registry at once"
    )

    @property
    def webhook_base(self) -> str:
        """Return the URL that webhook paths are put behind."""
        return (self.public_url or f"http://{self.listen}").rstrip("/")
