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
    "alpm": re.compile(r"linux(?:-(?:lts|zen|hardened|rt|rt-lts|api|docs))?(?:-headers|-docs)?"),
    "deb": re.compile(
        # Ubuntu's flavours come before (linux-aws-5.15-headers-5.15.0-1030) or alone (linux-aws).
        r"linux-(?:[a-z0-9.+-]{1,60}-)??(?:image|headers|modules|modules-extra|kbuild|compiler"
        r"|source|buildinfo|doc|libc-dev|signed-image|restricted-modules)(?:-.{0,200})?"
        r"|linux-(?:generic|virtual|aws|azure|gcp|gke|gkeop|ibm|kvm|lowlatency|oem|oracle|raspi"
        r"|realtime)(?:-(?:hwe|edge|lts|fde|fips|[0-9][0-9a-z.]{0,20})){0,3}"
        r"|(?:pve|proxmox)-(?:kernel|headers)-.{1,200}"
    ),
    "rpm": re.compile(
        # Amazon's carry their version (kernel6.12-headers); Photon calls them as Linux does.
        r"kernel(?:[0-9]{1,2}\.[0-9]{1,3})?(?:-(?:core|modules|headers|cross-headers|devel|doc|debug"
        r"|default|uek|ueknano|rt|64k|64kb|lt|ml|azure|hci|mshv|uvm|dtb|drivers|extra-modules|source"
        r"|syms|macros|preempt|vanilla|zfcpdump|livepatch|kvmsmall|obs|pae|PAE|xen|desktop|server"
        r"|linus|abi-whitelists|abi-stablelists)(?:-(?!tools).{0,200})?)?"
        r"|linux(?:-(?:aws|esx|rt|secure))?(?:-(?:devel|docs|drivers-.{1,100}))?"
        r"|linux-api-headers"
    ),
}
"""By package type. Programs of the same source, such as ``perf`` and ``kernel-tools``, do run."""


def is_kernel(package: PackageEntry) -> bool:
    """Tell whether a package is the kernel, or what programs are built against it with."""
    names = _NAMES.get(package.type)
    return names is not None and names.fullmatch(package.name) is not None
