"""Which stream an update of an ``updateinfo.xml`` is of; pure.

In this order: the document's path, where a folder of it is a stream key; then what the update says,
by the id that its vendor gives it and the release that its packages are built for.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from scantling_analyzers.advisories.streams import of_osv, type_of

MAX_PATH: Final = 4096
_FOLDER: Final = re.compile(r"[/!]")
_KEY: Final = re.compile(r"[a-z][a-z0-9-]{0,40}:[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")

_TAGS: Final = (
    (re.compile(r"\.amzn(20[0-9]{2})(?![0-9])"), "amzn:{0}"),
    (re.compile(r"\.amzn([12])(?![0-9])"), "amzn:{0}"),
    (re.compile(r"\.fc([0-9]{1,2})(?![0-9])"), "fedora:{0}"),
    (re.compile(r"\.azl([0-9])(?![0-9])"), "azurelinux:{0}.0"),
    (re.compile(r"\.cm([0-9])(?![0-9])"), "mariner:{0}.0"),
    (re.compile(r"\.ph([0-9])(?![0-9])"), "photon:{0}.0"),
    (re.compile(r"\.an([0-9]{1,2})(?![0-9])"), "anolis:{0}"),
    (re.compile(r"\.hce2(?![0-9])"), "hce:2.0"),
    (re.compile(r"\.mga([0-9]{1,2})(?![0-9])"), "mageia:{0}"),
)
"""Marks in a package's release that one distribution alone uses, and its stream."""
_EL: Final = re.compile(r"[._+]el([0-9]{1,2})(?![0-9])")
_BY_EL: Final = (
    (re.compile(r"AL[SBE]A-"), "almalinux"),
    (re.compile(r"R[LX][SBE]A-"), "rocky"),
    (re.compile(r"EL[SBE]A-"), "ol"),
)
"""Vendors whose packages are marked as those of Red Hat are: the id tells which it is."""
_RED_HAT: Final = re.compile(r"rhel-([0-9]{1,2})-(?:for-.{1,60}|server)-rpms.{0,200}", re.DOTALL)
_RED_HAT_EXTENDED: Final = re.compile(r"-(?:eus|aus|tus|e4s|els)-")
_OPENEULER: Final = re.compile(
    r"\.oe([0-9]{2})([0-9]{2})(sp([0-9]{1,2}))?(?![0-9a-z])", re.IGNORECASE
)
_OPENEULER_NAME: Final = re.compile(r"openEuler-([0-9]{2}\.[0-9]{2}(?:-LTS)?(?:-SP[0-9]{1,2})?)\b")
_AMAZON_1: Final = re.compile(r"ALAS-[0-9]{4}-")
_AMAZON_TOPIC: Final = re.compile(r"ALAS2?([A-Z][A-Z0-9.-]{0,60}?)-[0-9]{4}-[0-9]{1,6}")
_AMAZON: Final = re.compile(r"ALAS(2|20[0-9]{2})-[0-9]{4}-")
_TOPIC_LINE: Final = re.compile(r"[A-Z.-]([0-9]{1,4}(?:\.[0-9]{1,4}){0,2})$")
_ORACLE_APART: Final = ((".ksplice", "ol-ksplice"), ("_fips", "ol-fips"), (".fips", "ol-fips"))


def of_path(path: str) -> str | None:
    """Return the stream that a folder of a path is named after, None where none is.

    Only of distributions whose packages are of rpm (``kylin:V10-SP2/updateinfo.xml``).
    """
    for part in reversed(_FOLDER.split(path[-MAX_PATH:])):
        if _KEY.fullmatch(part) and type_of(part) == "rpm":
            return part
    return None


@lru_cache(maxsize=1024)
def of_update(id_: str, title: str, collection: str, release: str) -> str | None:
    """Return the stream of a package of an update, None where nothing tells it.

    ``collection`` is the short name of the package list, ``release`` the package's release.
    """
    if tagged := by_tag(release):
        return tagged
    if found := _EL.search(release):
        for ids, distribution in _BY_EL:
            if ids.match(id_):
                return apart(f"{distribution}:{found[1]}", release)
    if id_.startswith("openEuler-"):
        return _openeuler(title, release)
    if found := _RED_HAT.fullmatch(collection):
        return None if _RED_HAT_EXTENDED.search(collection) else f"rhel:{found[1]}"
    return _by_id(id_)


@lru_cache(maxsize=4096)
def by_tag(release: str) -> str | None:
    """Return the stream of the one distribution that marks releases so, None without a mark."""
    for mark, stream in _TAGS:
        if found := mark.search(release):
            return stream.format(*found.groups())
    return None


def apart(stream: str, version: str) -> str:
    """Return the stream of a build of Oracle Linux: live patches and FIPS builds have their own.

    They are other builds of the same packages, whose versions are not to be compared.
    """
    if stream.startswith("ol:"):
        for mark, id_ in _ORACLE_APART:
            if mark in version:
                return f"{id_}:{stream.partition(':')[2]}"
    return stream


@lru_cache(maxsize=1024)
def amazon_line(id_: str, version: str) -> str:
    """Return the line of versions that an advisory for an extra of Amazon Linux 2 is about.

    ``ALASKERNEL-5.10-2023-042`` is about the kernels from 5.10 on, not about that of the
    distribution; empty where the id names none or the package's version is not of it.
    """
    topic = _AMAZON_TOPIC.match(id_)
    line = _TOPIC_LINE.search(topic[1]) if topic is not None else None
    if line is None:
        return ""
    plain = version.rpartition(":")[2]
    return line[1] if plain == line[1] or plain.startswith((f"{line[1]}.", f"{line[1]}-")) else ""


def _by_id(id_: str) -> str | None:
    if found := _AMAZON.match(id_):
        return f"amzn:{found[1]}"
    if _AMAZON_1.match(id_):
        return "amzn:1"
    return "hce:2.0" if id_.startswith("HCE2-") else None


def _openeuler(title: str, release: str) -> str | None:
    """Return the stream by the mark of the release (``.oe2203sp3``), else by the title."""
    if found := _OPENEULER.search(release):
        year, month, _, pack = found.groups()
        lts = "-LTS" if int(year) % 2 == 0 and month == "03" else ""
        return of_osv(f"openEuler:{year}.{month}{lts}{f'-SP{pack}' if pack else ''}")
    names = set(_OPENEULER_NAME.findall(title[:1000]))
    return of_osv(f"openEuler:{names.pop()}") if len(names) == 1 else None
