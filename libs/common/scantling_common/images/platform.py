"""Platforms: os/architecture[/variant], in the words that Go and the OCI specifications use."""

from __future__ import annotations

import platform as machine
import re
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.images.errors import PlatformInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable

_PART: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_ARCHITECTURES: Final = {
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "armhf": ("arm", "v7"),
    "armv7l": ("arm", "v7"),
    "armel": ("arm", "v6"),
    "armv6l": ("arm", "v6"),
    "i386": ("386", ""),
    "i486": ("386", ""),
    "i586": ("386", ""),
    "i686": ("386", ""),
}
_DEFAULT_VARIANTS: Final = {("arm64", "v8"), ("arm64", "8"), ("amd64", "v1")}
_ARM: Final = ("v8", "v7", "v6", "v5")


class Platform(msgspec.Struct, frozen=True, order=True):
    """What an image runs on, normalised; ``os`` and ``architecture`` may be ``unknown``."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        """Return ``os/architecture[/variant]``."""
        return "/".join(filter(None, (self.os, self.architecture, self.variant)))


def normalise(os: str, architecture: str, variant: str = "") -> Platform:
    """Return a platform in its usual words: ``aarch64`` is ``arm64``, ``v8`` its only variant."""
    os, architecture, variant = os.lower(), architecture.lower(), variant.lower()
    os = {"macos": "darwin", "": "linux"}.get(os, os)
    architecture, implied = _ARCHITECTURES.get(architecture, (architecture or "unknown", ""))
    variant = variant or implied
    if architecture == "arm" and not variant:
        variant = "v7"
    if architecture == "arm" and variant.isdigit():
        variant = f"v{variant}"
    return Platform(
        os, architecture, "" if (architecture, variant) in _DEFAULT_VARIANTS else variant
    )


def parse_platform(text: str) -> Platform:
    """Return ``os/architecture[/variant]`` as a platform, or raise :class:`PlatformInvalid`."""
    parts = text.split("/")
    if not 2 <= len(parts) <= 3 or not all(map(_PART.fullmatch, parts)):  # noqa: PLR2004
        raise PlatformInvalid(
            f"{text[:100]!r} is not a platform", hint="it looks like linux/amd64 or linux/arm/v7"
        )
    return normalise(*parts)


def host_platform() -> Platform:
    """Return Linux on this machine's processor: that is what containers run on, everywhere."""
    return normalise("linux", machine.machine())


def best(offered: Iterable[Platform], wanted: Platform) -> Platform | None:
    """Return the offered platform that a user of ``wanted`` gets, None if there is none.

    That is the same one, else on 32-bit ARM the highest variant below it.
    """
    found = set(offered)
    if wanted in found:
        return wanted
    if wanted.architecture == "arm" and wanted.variant in _ARM:
        lower = _ARM[_ARM.index(wanted.variant) + 1 :]
        candidates = (Platform(wanted.os, "arm", variant) for variant in lower)
        return next((platform for platform in candidates if platform in found), None)
    return None
