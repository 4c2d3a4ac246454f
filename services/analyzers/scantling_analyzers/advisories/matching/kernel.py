"""Packages of the kernel, which no container runs: it has the host's; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_common.outcomes import PackageEntry

_NAMES: Final[Mapping[str, re.Pattern[str]]] = {
    "apk": re.compile(
        r"linux-(?:lts|virt|edge|hardened|vanilla|grsec|rpi[0-9]?|headers)(?:-dev|-doc)?"
    ),
    "deb": re.compile(
        r"linux-(?:image|headers|modules|modules-extra|kbuild|compiler|source|buildinfo|doc"
        r"|libc-dev|signed-image|restricted-modules)(?:-.{0,200})?"
    ),
    "rpm": re.compile(
        r"kernel(?:-(?:core|modules|headers|devel|doc|debug|default|uek|rt|64k|lt|ml|azure|source"
        r"|syms|macros|preempt|vanilla|zfcpdump|livepatch|abi-whitelists|abi-stablelists)"
        r"(?:-.{0,200})?)?"
    ),
}
"""By package type. Programs of the same source, such as ``perf`` and ``kernel-tools``, do run."""


def is_kernel(package: PackageEntry) -> bool:
    """Tell whether a package is the kernel, or what programs are built against it with."""
    names = _NAMES.get(package.type)
    return names is not None and names.fullmatch(package.name) is not None
