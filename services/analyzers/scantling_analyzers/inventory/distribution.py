"""Which distribution an image is, of all that its files say; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.facts.models import Distribution

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import ImageContent

PRECEDENCE: Final = (
    *("etc/os-release", "usr/lib/os-release"),
    # Rebuilds and derivatives, which also have files of what they are made from.
    *(
        f"etc/{name}-release"
        for name in (
            *("oracle", "rocky", "almalinux", "euleros", "hce", "openEuler", "kylin"),
            *("UnionTech", "uos", "anolis", "tencentos", "azurelinux", "mariner", "photon"),
            *("SuSE", "centos", "fedora"),
        )
    ),
    *("etc/os-version", "etc/.productinfo", "etc/openwrt_release", "etc/alpine-release"),
    *("etc/redhat-release", "etc/system-release"),
    # Ubuntu has debian_version, too; lsb-release names what it is.
    *("etc/lsb-release", "etc/gentoo-release", "etc/arch-release", "etc/debian_version"),
)
"""The files, the one that speaks for the image before the others."""


def distribution_of(image: ImageContent) -> Distribution | None:
    """Return the distribution that the image says it is, os-release(5) first, or None.

    What that file doesn't tell, the service pack and the edition, another file of the same
    distribution and version may.
    """
    found = {
        located.fact.path: located.fact
        for located in image.visible()
        if isinstance(located.fact, Distribution)
    }
    for path in (*PRECEDENCE, *sorted(found)):
        if path in found:
            others = (found[other] for other in sorted(found) if other != path)
            return _completed(found[path], others)
    return None


def _completed(distribution: Distribution, others: Iterable[Distribution]) -> Distribution:
    for other in others:
        if _same(distribution, other):
            distribution = replace(
                distribution,
                service_pack=distribution.service_pack or other.service_pack,
                edition=distribution.edition or other.edition,
            )
    return distribution


def _same(one: Distribution, other: Distribution) -> bool:
    """Say whether two files speak of one release: no version contradicts none."""
    if one.id.lower() != other.id.lower():
        return False
    versions = {one.version_id.lower(), other.version_id.lower()} - {""}
    return len(versions) <= 1
