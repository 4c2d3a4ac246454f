"""The settings of sync."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic resolves it at run time

from pydantic import Field

from scantling_common.images.limits import MIB, DocumentLimits
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

    document_mib: int = Field(
        4, ge=1, le=8, description="largest manifest, index or config that is read, in MiB"
    )
    image_layers: int = Field(1024, ge=1, le=10_000, description="most layers of one image")
    index_manifests: int = Field(
        1024, ge=1, le=10_000, description="most manifests that one index leads to"
    )
    image_history: int = Field(4096, ge=1, le=10_000, description="most steps in one config")
    index_nesting: int = Field(4, ge=0, le=16, description="how deep indexes may stand in indexes")

    @property
    def document_limits(self) -> DocumentLimits:
        """Return how much of an image's documents is read."""
        return DocumentLimits(
            document_bytes=self.document_mib * MIB,
            layers=self.image_layers,
            manifests=self.index_manifests,
            history=self.image_history,
            nesting=self.index_nesting,
        )

    @property
    def webhook_base(self) -> str:
        """Return the URL that webhook paths are put behind."""
        return (self.public_url or f"http://{self.listen}").rstrip("/")
