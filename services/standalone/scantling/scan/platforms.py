"""Which platforms of an image are scanned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling.scan.errors import PlatformChoice
from scantling_common.images.platform import best, host_platform, parse_platform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.images.models import ImageManifest

ALL = "all"


def choose(manifests: Sequence[ImageManifest], wanted: str | None) -> Sequence[ImageManifest]:
    """Return the images to scan: the wanted platform's, else the host's, else the only one.

    Raises :class:`PlatformChoice`, with the platforms that there are.
    """
    if wanted == ALL:
        return manifests
    platforms = {manifest.platform: manifest for manifest in manifests}
    target = parse_platform(wanted) if wanted else host_platform()
    chosen = best(platforms, target)
    if chosen is not None:
        return [platforms[chosen]]
    if wanted is None and len(manifests) == 1:
        return manifests
    offered = ", ".join(sorted(map(str, platforms))) or "none"
    message = f"the image has no platform {target}; it has: {offered}"
    raise PlatformChoice(message, hint=f"choose one with --platform, or --platform {ALL}")
