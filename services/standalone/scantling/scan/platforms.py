"""Which images of a source are scanned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling.scan.errors import ImageChoice, PlatformChoice
from scantling_common.images.errors import NotFound
from scantling_common.images.platform import Platform, best, host_platform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.images.models import ImageCandidate

ALL = "all"
UNKNOWN = Platform(os="unknown", architecture="unknown")


def choose(
    candidates: Sequence[ImageCandidate], wanted: Platform | None, *, every: bool = False
) -> Sequence[ImageCandidate]:
    """Return the images to scan: the wanted platform's, else the host's, else the only one.

    ``every`` takes them all. Raises :class:`PlatformChoice` with the platforms that there are,
    :class:`ImageChoice` with the names of several images of the platform, and
    :class:`NotFound` for a platform that is listed without its content.
    """
    if every:
        _require_content(candidates)
        return candidates
    by_platform: dict[Platform, list[ImageCandidate]] = {}
    for candidate in candidates:
        if candidate.present or wanted is not None:
            by_platform.setdefault(candidate.platform or UNKNOWN, []).append(candidate)
    target = wanted or host_platform()
    found = best(by_platform, target)
    if found is None and wanted is None and len(by_platform) == 1:
        found = next(iter(by_platform))
    if found is None:
        offered = ", ".join(sorted({str(c.platform) for c in candidates if c.present})) or "none"
        message = f"the image has no platform {target}; it has: {offered}"
        raise PlatformChoice(message, hint=f"choose one with --platform, or --platform {ALL}")
    chosen = by_platform[found]
    _require_one(chosen, found)
    _require_content(chosen)
    return chosen


def _require_one(chosen: Sequence[ImageCandidate], platform: Platform) -> None:
    if len(chosen) > 1:
        names = [
            candidate.names[0] if candidate.names else candidate.digest for candidate in chosen
        ]
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""  # noqa: PLR2004  # names
        message = f"there are {len(names)} images for {platform}: {', '.join(names[:10])}{more}"
        hint = f"save one alone, name one as oci:DIR:TAG, or scan all with --platform {ALL}"
        raise ImageChoice(message, hint=hint)


def _require_content(chosen: Sequence[ImageCandidate]) -> None:
    absent = [candidate for candidate in chosen if not candidate.present]
    if absent:
        platforms = ", ".join(sorted({str(candidate.platform) for candidate in absent}))
        message = f"the archive lists {platforms}, and does not hold it"
        raise NotFound(message, hint="choose another with --platform, or save the image again")
