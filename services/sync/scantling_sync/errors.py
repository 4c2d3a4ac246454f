"""Errors of sync, beside those of images and registries.

::

    ScantlingError
    ├── registries.url.RegistryUrlInvalid      registry_url_invalid
    ├── webhooks.notice.NotificationInvalid    notification_invalid
    ├── ObservationStale                       observation_stale
    ├── SyncInterrupted                        sync_interrupted
    └── images.errors.ImageError
        └── ContentMissing                     content_missing
"""

from __future__ import annotations

from scantling_common.errors import ScantlingError
from scantling_common.images.errors import ImageError


class ContentMissing(ImageError):
    """The registry has a manifest, and not what the manifest names."""

    code = "content_missing"


class ObservationStale(ScantlingError):
    """Newer observations were recorded while this one was made, again and again."""

    code = "observation_stale"


class SyncInterrupted(ScantlingError):
    """Another instance has taken over the sync."""

    code = "sync_interrupted"
