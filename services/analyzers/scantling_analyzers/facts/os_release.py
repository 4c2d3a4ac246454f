"""The distribution, from os-release(5) or the older files of single distributions.

Each file gives one fact; which of several speaks for an image is the analyzers' decision: the
fact's path says where it comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.assignments import assignments
from scantling_analyzers.facts.models import Distribution
from scantling_analyzers.facts.reading import whole_text
from scantling_analyzers.facts.release_files import (
    arch_linux,
    parse_alpine_release,
    parse_debian_version,
    parse_lsb_release,
    parse_os_version,
    parse_product_info,
    parse_release,
    parse_suse_release,
)
from scantling_analyzers.facts.service_pack import edition_of, service_pack_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_FILE_BYTES: Final = 64 * 1024

_ARCH: Final = "etc/arch-release"
_RELEASE_LINES: Final = (
    *("almalinux", "anolis", "azurelinux", "centos", "euleros", "fedora", "gentoo", "hce"),
    *("kylin", "mariner", "openEuler", "oracle", "photon", "redhat", "rocky", "system"),
    *("tencentos", "UnionTech", "uos"),
)
"""Distributions with a file ``etc/NAME-release`` whose first line names them."""


def parse_os_release(content: bytes, path: str) -> Distribution:
    """Return what an os-release file says; without ``ID`` it is ``linux``, as os-release(5) has it.

    Raises :class:`Unreadable` (``too_many``, ``too_large``, ``malformed``).
    """
    fields = assignments(content)
    if not fields:
        raise Unreadable("an os-release file without any assignment", code="malformed")
    return Distribution(
        path=path,
        id=fields.get("ID", "linux"),
        version_id=fields.get("VERSION_ID", ""),
        service_pack=service_pack_of(fields),
        edition=edition_of(fields),
        name=fields.get("NAME", ""),
        pretty_name=fields.get("PRETTY_NAME", ""),
        id_like=tuple(fields.get("ID_LIKE", "").split()),
        version_codename=fields.get("VERSION_CODENAME", ""),
        cpe_name=fields.get("CPE_NAME", ""),
        variant_id=fields.get("VARIANT_ID", ""),
        fields=fields,
    )


_PARSERS: Final[Mapping[str, Callable[[bytes, str], Distribution | None]]] = {
    "etc/os-release": parse_os_release,
    "usr/lib/os-release": parse_os_release,
    "etc/.productinfo": parse_product_info,
    "etc/SuSE-release": parse_suse_release,
    "etc/alpine-release": parse_alpine_release,
    "etc/debian_version": parse_debian_version,
    "etc/lsb-release": parse_lsb_release,
    "etc/openwrt_release": parse_lsb_release,
    "etc/os-version": parse_os_version,
    **{f"etc/{name}-release": parse_release for name in _RELEASE_LINES},
}


class OsReleaseReader(Reader):
    """Reads os-release in both its places, and what distributions have instead or beside it."""

    name = "os-release"
    version = 2
    patterns: tuple[str, ...] = (*_PARSERS, _ARCH)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the distribution that the file names; an empty file names none, but for Arch's."""
        content = whole_text(file, MAX_FILE_BYTES)
        path = file.text_path
        if path == _ARCH:
            yield arch_linux(path)
        elif content.strip():
            found = _PARSERS[path](content, path)
            if found is not None:
                yield found
