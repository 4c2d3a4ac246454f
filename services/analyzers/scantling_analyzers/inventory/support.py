"""Whether the packages of a distribution can be listed at all; pure.

A distribution whose package manager no reader knows would look as if nothing were installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.facts.models import Distribution

SYSTEM_TYPES: Final = frozenset({"alpm", "apk", "deb", "ebuild", "opkg", "rpm"})
"""The package types of distributions that readers know."""

FAMILIES: Final = frozenset(
    {
        *("debian", "ubuntu", "distroless", "raspbian", "kali", "linuxmint", "deepin"),
        *("alpine", "wolfi", "chainguard", "postmarketos"),
        *("rhel", "fedora", "centos", "rocky", "almalinux", "amzn", "ol", "scientific"),
        *("eurolinux", "virtuozzo", "circle", "miraclelinux", "cloudlinux"),
        *("suse", "opensuse", "opensuse-leap", "opensuse-tumbleweed", "opensuse-microos"),
        *("sles", "sled", "sles_sap", "sle_hpc", "sle-micro", "sl-micro", "suse-microos"),
        *("mariner", "azurelinux", "photon", "mageia", "altlinux"),
        *("openeuler", "euleros", "hce", "kylin", "uos", "anolis", "alinux"),
        *("tencentos", "opencloudos"),
        *("openwrt", "poky"),
        *("arch", "archarm", "manjaro", "endeavouros"),
        *("gentoo", "funtoo"),
    }
)
"""``ID`` and ``ID_LIKE`` (os-release(5)), in lower case, of distributions with such packages."""


def unsupported_reason(distribution: Distribution | None, types: Iterable[str]) -> str:
    """Return why the packages of a distribution can't be told; empty where they can.

    ``types`` are those of the packages that were found: a derivative that nobody has heard of,
    but whose packages were read, is supported.
    """
    if distribution is None or SYSTEM_TYPES.intersection(types):
        return ""
    if FAMILIES.intersection(id_.lower() for id_ in (distribution.id, *distribution.id_like)):
        return ""
    return f"no package manager of the distribution {distribution.id} is known"
