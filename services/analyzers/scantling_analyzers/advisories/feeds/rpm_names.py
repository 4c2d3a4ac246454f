"""Names and versions of rpm packages as feeds write them; pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from scantling_analyzers.advisories.text import word

ARCHES: Final = frozenset(
    {
        *("x86_64", "x86_64_v2", "i386", "i486", "i586", "i686", "aarch64", "armv7hl", "armv7l"),
        *("armv6hl", "ppc", "ppc64", "ppc64le", "s390", "s390x", "riscv64", "loongarch64", "sw_64"),
        *("ia64", "noarch", "src", "nosrc"),
    }
)
SOURCES: Final = frozenset({"src", "nosrc"})
ANY_ARCH: Final = "noarch"
_VERSION: Final = re.compile(r"[A-Za-z0-9._+~^%{}:-]+", re.ASCII)
_NO_EPOCH: Final = frozenset({"", "0", "(none)", "None"})


class RpmName(NamedTuple):
    """A package: ``evr`` is ``epoch:version-release``, both of the last empty where not named."""

    name: str
    evr: str
    arch: str


@lru_cache(maxsize=4096)
def evr(epoch: str, version: str, release: str) -> str:
    """Return ``epoch:version-release``, without an epoch of 0; empty where it can't be one."""
    text = f"{version}-{release}" if release else version
    epoch = epoch.strip()
    if epoch not in _NO_EPOCH:
        text = f"{epoch}:{text}"
    return plain_evr(text) if version else ""


@lru_cache(maxsize=4096)
def plain_evr(text: str) -> str:
    """Return a version without an epoch of 0; empty where it can't be a version of rpm."""
    text = word(text).removeprefix("0:")
    return text if _VERSION.fullmatch(text) and not text.startswith(("-", ":")) else ""


def split_arch(text: str) -> tuple[str, str]:
    """Return a name without the architecture at its end, and that, empty without one."""
    text = text.strip().removesuffix(".rpm")
    rest, _, arch = text.rpartition(".")
    return (rest, arch) if rest and arch in ARCHES else (text, "")


def of_nevra(text: str) -> RpmName | None:
    """Return what ``name-[epoch:]version-release[.arch][.rpm]`` says, None for another form."""
    text, arch = split_arch(text)
    parts = text.rsplit("-", 2)
    if len(parts) != 3:  # noqa: PLR2004  # name, version, release
        return None
    name, version, release = parts
    epoch, _, version = version.rpartition(":")
    found = evr(epoch, version, release)
    name = word(name)
    if not name or not found or not release or not any(map(str.isdigit, version)):
        return None
    return RpmName(name, found, arch)
