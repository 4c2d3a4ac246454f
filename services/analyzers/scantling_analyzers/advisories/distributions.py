"""Which streams speak for the distribution of an image, and which for a build of one package; pure.

The one table of who speaks for whom. A rebuild of Red Hat Enterprise Linux is judged by its own
advisories where they are loaded, else by Red Hat's; CentOS has none. Support that is paid for is
asked only where the image shows that it was built from it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scantling_common.outcomes import DistributionEntry


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who speaks for a distribution.

    ``choices`` are alternatives: the first of which one stream is loaded is taken, as a whole. The
    streams in it are asked in their order, and for each vulnerability the first that speaks of it
    decides. ``release`` is the key under which the end of life is known. ``note`` says why
    another's streams speak for it, ``reason`` why none does.
    """

    choices: tuple[tuple[str, ...], ...] = ()
    release: str = ""
    note: str = ""
    reason: str = ""


_NUMBER: Final = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,3}")
_RELEASE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
_EDGE: Final = re.compile(r"(?:edge|.*_alpha[0-9]*)")
_EXTENDED: Final = re.compile(
    r"rhel-(?P<major>[0-9]{1,2})-.{0,80}?-(?P<kind>eus|aus|tus|e4s|els)(?:-.{0,80})?"
)
"""Content sets of Red Hat's extended support (``rhel-8-for-x86_64-baseos-eus-rpms``)."""
_MARKS: Final = (
    (re.compile(r"tuxcare"), "tuxcare-{0}"),
    (re.compile(r"\.root\.io"), "root-{0}"),
    (re.compile(r"\.ksplice[0-9]"), "{0}-ksplice"),
    (re.compile(r"(?i)[.+~_]fips"), "{0}-fips"),
    (re.compile(r"[+~]esm[0-9]"), "{0}-pro"),
)
"""What the version of a package tells of who built it."""
_WITH_VARIANTS: Final = frozenset({"ol", "ubuntu"})
"""Distributions whose own variants have streams: elsewhere such a mark says nothing."""

_REBUILDS: Final = {
    "almalinux": "almalinux",
    "circle": "",
    "cloudlinux": "",
    "eurolinux": "",
    "miraclelinux": "",
    "rocky": "rocky",
    "scientific": "",
    "virtuozzo": "",
}
"""Rebuilds of Red Hat Enterprise Linux, and the id of their own stream."""
_BY_MAJOR: Final = {
    "anolis": "anolis",
    "fedora": "fedora",
    "mageia": "mageia",
    "ol": "ol",
    "opencloudos": "opencloudos",
    "tencentos": "tencentos",
    "alinux": "alinux",
}
_BY_MINOR: Final = {
    "azurelinux": "azurelinux",
    "hce": "hce",
    "mariner": "mariner",
    "openwrt": "openwrt",
    "photon": "photon",
    "ubuntu": "ubuntu",
}
_SUSE: Final = {
    **dict.fromkeys(("sles", "sled", "sles_sap", "sle_hpc", "suse_sles", "suse_sled"), "sles"),
    **dict.fromkeys(("sle-micro", "sl-micro", "suse-microos"), "sle-micro"),
    "opensuse": "opensuse-leap",
    "opensuse-leap": "opensuse-leap",
    "opensuse-leap-micro": "opensuse-leap-micro",
}
_ROLLING: Final = {
    "arch": "arch",
    "chainguard": "chainguard",
    "echo": "echo",
    "gentoo": "gentoo",
    "minimos": "minimos",
    "opensuse-microos": "opensuse-tumbleweed",
    "opensuse-tumbleweed": "opensuse-tumbleweed",
    "wolfi": "wolfi",
}


def speaks_for(distribution: DistributionEntry) -> Answer:
    """Return who speaks for a distribution, or why nobody does."""
    id_ = distribution.id.lower()
    if id_ in _ROLLING:
        return _one(_ROLLING[id_])
    special = _SPECIAL.get(id_)
    if special is not None:
        return special(distribution)
    if id_ in _REBUILDS:
        return _rebuild(id_, distribution)
    if id_ in _SUSE:
        return _suse(_SUSE[id_], distribution)
    for table, parts in ((_BY_MAJOR, 1), (_BY_MINOR, 2)):
        if id_ in table:
            release = _release(distribution, parts)
            return _one(f"{table[id_]}:{release}") if release else _no_release(distribution)
    return Answer(reason=f"no advisories are known for the distribution {_shown(distribution)}")


def built_apart(release: str, version: str) -> str | None:
    """Return the stream of who built this version of a package apart, by the mark in it, or None.

    ``release`` is that of the distribution's :class:`Answer`. Extended support for CentOS 7
    (``.tuxcare.els1``) or Ubuntu Pro (``+esm2``) is told only by the versions of the packages that
    come from it.
    """
    id_, colon, number = release.partition(":")
    if not id_:
        return None
    for mark, name in _MARKS:
        if not mark.search(version):
            continue
        if name.startswith("{0}") and id_ not in _WITH_VARIANTS:
            continue
        return f"{name.format(id_)}{colon}{number}"
    return None


def _one(*streams: str, note: str = "") -> Answer:
    return Answer(choices=(streams,), release=streams[-1], note=note)


def _shown(distribution: DistributionEntry) -> str:
    return " ".join(filter(None, (distribution.id, distribution.version_id)))


def _no_release(distribution: DistributionEntry, what: str = "release") -> Answer:
    return Answer(reason=f"the {what} of {_shown(distribution)} is not told by the image")


def _release(distribution: DistributionEntry, parts: int) -> str:
    """Return the first parts of the release's number, empty where it has none."""
    found = _NUMBER.match(distribution.version_id)
    return ".".join(found[0].split(".")[:parts]) if found is not None else ""


def _debian(distribution: DistributionEntry) -> Answer:
    note = ""
    if distribution.id.lower() != "debian":
        note = f"{distribution.id} rebuilds Debian's packages: Debian's advisories were used"
    major = _release(distribution, 1)
    if major:
        return _one(f"debian:{major}", note=note)
    if "/sid" in distribution.name or "unstable" in distribution.version_id:
        # Testing and unstable call themselves alike; what is mended in one is on its way.
        return _one("debian:sid", note=note)
    return _no_release(distribution)


def _alpine(distribution: DistributionEntry) -> Answer:
    if _EDGE.fullmatch(distribution.version_id):
        return _one("alpine:edge")
    release = _release(distribution, 2)
    return _one(f"alpine:{release}") if release.count(".") else _no_release(distribution)


def _bellsoft(distribution: DistributionEntry) -> Answer:
    id_ = distribution.id.lower()
    if distribution.version_id == "stream":
        return _one(f"{id_}:stream")
    release = _release(distribution, 1)
    return _one(f"{id_}:{release}") if release else _no_release(distribution)


def _red_hat(distribution: DistributionEntry) -> Answer:
    major = _release(distribution, 1)
    if not major:
        return _no_release(distribution)
    extended = _extended(distribution, major)
    return _one(*extended, f"rhel:{major}")


def _extended(distribution: DistributionEntry, major: str) -> tuple[str, ...]:
    """Return the streams of extended support that the image was built from, in a stable order."""
    kinds = {
        found["kind"]
        for name in distribution.content_sets
        if (found := _EXTENDED.fullmatch(name)) is not None and found["major"] == major
    }
    release = _release(distribution, 2)
    return tuple(
        f"rhel-{kind}:{major if kind == 'els' else release}" for kind in sorted(kinds) if release
    )


def _centos(distribution: DistributionEntry) -> Answer:
    major = _release(distribution, 1)
    if not major:
        return _no_release(distribution)
    if "stream" in distribution.name.lower():
        note = (
            f"CentOS Stream {major} has no advisories: those of Red Hat Enterprise Linux {major} "
            "were used, which it runs ahead of"
        )
        return Answer(choices=((f"rhel:{major}",),), release=f"centos-stream:{major}", note=note)
    note = f"CentOS has no advisories: those of Red Hat Enterprise Linux {major} were used"
    return Answer(choices=((f"rhel:{major}",),), release=f"centos:{major}", note=note)


def _rebuild(id_: str, distribution: DistributionEntry) -> Answer:
    major = _release(distribution, 1)
    if not major:
        return _no_release(distribution)
    own = _REBUILDS[id_]
    choices = ((f"{own}:{major}",),) if own else ()
    note = f"{id_} rebuilds Red Hat Enterprise Linux {major}: Red Hat's advisories were used"
    return Answer(
        choices=(*choices, (f"rhel:{major}",)), release=f"{own or id_}:{major}", note=note
    )


def _suse(id_: str, distribution: DistributionEntry) -> Answer:
    release = _release(distribution, 2)
    if not release:
        return _no_release(distribution)
    pack = distribution.service_pack.removeprefix("SP")
    if id_ == "sles" and "." not in release and pack.isascii() and pack.isdecimal():
        release = f"{release}.{pack}"
    if id_ != "sles":
        return _one(f"{id_}:{release}")
    stream = f"{id_}:{release.removesuffix('.0')}"
    # The modules of release 12 have no service packs: they are the same for all of them.
    modules = ("sle-module:12",) if release.split(".")[0] == "12" else ()
    sap = (stream.replace("sles:", "sles-sap:"),) if distribution.id == "sles_sap" else ()
    return _one(*modules, *sap, stream)


def _amazon(distribution: DistributionEntry) -> Answer:
    major = _release(distribution, 1)
    if not major:
        return _no_release(distribution)
    first = major in {"2014", "2015", "2016", "2017", "2018"}
    return _one(f"amzn:{1 if first else major}")


def _euleros(distribution: DistributionEntry) -> Answer:
    release = _release(distribution, 2)
    if not release or not distribution.service_pack:
        return _no_release(distribution, "service pack")
    return _packed("euleros", release, distribution.service_pack)


def _openeuler(distribution: DistributionEntry) -> Answer:
    release = _release(distribution, 2)
    if not release:
        return _no_release(distribution)
    return _packed("openeuler", release, distribution.service_pack)


def _kylin(distribution: DistributionEntry) -> Answer:
    release = distribution.version_id.upper()
    if not _RELEASE.fullmatch(release):
        return _no_release(distribution)
    return _packed("kylin", release, distribution.service_pack)


def _packed(id_: str, release: str, pack: str) -> Answer:
    key = f"{release}-{pack}" if pack else release
    if not _RELEASE.fullmatch(key):
        return Answer(reason=f"the service pack of {id_} {release} has a name of another form")
    return _one(f"{id_}:{key}")


def _uos(distribution: DistributionEntry) -> Answer:
    """Return the streams of an edition: of the update first, then what is said of all updates."""
    release, edition = _release(distribution, 1), distribution.edition.lower()
    if not release:
        return _no_release(distribution)
    if not edition:
        return _no_release(distribution, "edition")
    general = f"uos:{release}-{edition}"
    exact = f"uos:{release}-{distribution.service_pack}-{edition}"
    if not distribution.service_pack or not _RELEASE.fullmatch(exact.partition(":")[2]):
        return _one(general)
    return _one(exact, general)


_SPECIAL: Final[Mapping[str, Callable[[DistributionEntry], Answer]]] = {
    "alpaquita": _bellsoft,
    "alpine": _alpine,
    "amzn": _amazon,
    "bellsoft-hardened-containers": _bellsoft,
    "centos": _centos,
    "debian": _debian,
    "euleros": _euleros,
    "kylin": _kylin,
    "openeuler": _openeuler,
    "raspbian": _debian,
    "rhel": _red_hat,
    "uos": _uos,
}
