"""Which packages of the system are not the distribution's, but some other vendor's; pure.

What a distribution ships is judged by what the distribution says, for it mends without a new
version. Of what Elasticsearch, Docker or one's own build brought as an rpm or a deb it says
nothing, not even of the libraries inside.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from scantling_analyzers.facts.models import Package

CORE: Final = frozenset(
    {
        *("glibc", "bash", "filesystem", "setup", "basesystem", "coreutils", "coreutils-single"),
        *("rpm", "openSUSE-release", "base-files", "dpkg", "libc6", "libc-bin", "apt"),
    }
)
"""Packages without which there is no system of rpm or dpkg: who made them made the distribution."""

DEBIAN: Final = ("debian.org", "debian.net", "ubuntu.com", "canonical.com")
"""Where those who maintain packages of Debian, Ubuntu or what is made of them have their mail."""

_ADDRESS: Final = re.compile(r"@([\w.-]{1,253})>?\s*$")
_PATCHED: Final = re.compile(r"[+~]deb[0-9]{1,3}u[0-9]|ubuntu")
"""Versions that only a distribution gives (Debian Developer's Reference, 5.8.5.4; Ubuntu's)."""
_NOBODY: Final = frozenset({"", "(none)"})


def third_parties(packages: Iterable[Package]) -> frozenset[str]:
    """Return the owners (``rpm:elasticsearch``) that are not of the distribution.

    An rpm is none if its vendor is that of no core package; a deb if its maintainer's address is
    neither at one of :data:`DEBIAN` nor where a core package's is. Where that can't be known (no
    core package tells, another format), all are taken for the distribution's.
    """
    known = list(packages)
    rpms = [package for package in known if package.type == "rpm"]
    # A slice of a package has a record, and no maintainer.
    debs = [package for package in known if package.type == "deb" and package.maintainer]
    return frozenset((*_foreign(rpms, _vendor), *_foreign(debs, _domain, *DEBIAN)))


def _foreign(
    packages: Sequence[Package], maker_of: Callable[[Package], str], *trusted: str
) -> Iterator[str]:
    makers = {maker_of(package) for package in packages if package.name in CORE} - _NOBODY
    if makers:
        ours = frozenset((*makers, *trusted))
        below = tuple(f".{maker}" for maker in ours)
        for package in packages:
            maker = maker_of(package)
            if maker not in ours and not maker.endswith(below):
                yield f"{package.type}:{package.name}"


def _vendor(package: Package) -> str:
    """Return the vendor of an rpm, without the address that SUSE adds, in lower case."""
    return package.maintainer.partition("<")[0].strip().lower()


def _domain(package: Package) -> str:
    """Return where the maintainer of a deb has its mail; a version can tell the distribution."""
    if _PATCHED.search(package.version):
        return DEBIAN[0]
    found = _ADDRESS.search(package.maintainer)
    return found[1].lower() if found else ""
