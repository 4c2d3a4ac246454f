"""Packages as they are judged: what is asked of which streams, in which order; pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from scantling_analyzers.advisories.distributions import built_apart
from scantling_analyzers.advisories.matching.families import products_of, relocations_of
from scantling_analyzers.advisories.matching.rebuilds import Form, form_of
from scantling_analyzers.advisories.names import normalised_name
from scantling_analyzers.advisories.streams import CPE, SYSTEM_TYPES, scheme_of, type_of
from scantling_common.outcomes import PackageEntry
from scantling_common.versions.schemes import Scheme

if TYPE_CHECKING:
    from collections.abc import Mapping

Match = Literal["package", "source", "product"]
"""Which of a package's names a statement speaks of; see ``VulnerabilityEntry.match``."""

DISTRIBUTED: Final = frozenset(SYSTEM_TYPES.values())
"""Package types of distributions."""

STREAM_OF: Final[Mapping[str, str]] = {
    "bitnami": "Bitnami",
    "cargo": "crates.io",
    "composer": "Packagist",
    "conan": "ConanCenter",
    "cran": "CRAN",
    "gem": "RubyGems",
    "golang": "Go",
    "hackage": "Hackage",
    "hex": "Hex",
    "maven": "Maven",
    "npm": "npm",
    "nuget": "NuGet",
    "pear": "Packagist",
    "pub": "Pub",
    "pypi": "PyPI",
    "swift": "SwiftURL",
}
"""Package types of languages, and the stream that speaks of them."""

KNOWN: Final[Mapping[str, tuple[str, str]]] = {"golang:go": ("Go", "toolchain")}
"""Programs, by vendor and product, that a stream of a language speaks of under a name."""

_BIN_NMU: Final = re.compile(r"\+b[0-9]{1,6}$")
"""A rebuild of the same source (Debian Developer's Reference, 5.10.2.1)."""
_PEAR_CHANNEL: Final = "pear.php.net/"
_UNVERSIONED: Final = frozenset({"", "(devel)"})
_ANY_VERSION: Final = "1"


class Question(msgspec.Struct, frozen=True, gc=False):
    """One row of the database, and the version that is compared with what it says.

    ``name_of`` is the kind of name that it was asked by, empty where names have no kinds.
    Without ``epochs`` those of bounds don't count, as the version's is not known; ``form`` tells
    how versions of rebuilds are compared.
    """

    stream: str
    name: str
    version: str
    match: Match = "package"
    name_of: Literal["", "source", "binary"] = ""
    epochs: bool = True
    form: Form = ""


class Subject(msgspec.Struct, frozen=True, gc=False):
    """All of a package that decides what is said of it: packages with equal ones are one.

    ``tiers`` are asked in their order, and for each vulnerability the first that speaks of it
    decides. ``repositories`` are content sets of the image and the products that they are of.
    """

    scheme: Scheme
    tiers: tuple[tuple[Question, ...], ...]
    arch: str = ""
    module: str = ""
    repositories: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """Return the version that is installed."""
        return self.tiers[0][0].version


class Setting(msgspec.Struct, frozen=True):
    """What of an image decides over all of its packages.

    ``streams`` speak for its distribution, ``release`` is that one's key. Both are empty where
    nobody does.
    """

    streams: tuple[str, ...] = ()
    release: str = ""
    repositories: tuple[str, ...] = ()


def is_owned(package: PackageEntry) -> bool:
    """Tell whether a package of the distribution brought this one: that one is judged instead.

    conda is no distribution: its packages are those of the language. Nor is another vendor, of
    whose packages the distribution does not speak.
    """
    return package.owner.partition(":")[0] in DISTRIBUTED and not package.third_party


def subject_of(package: PackageEntry, setting: Setting) -> Subject | None:
    """Return how a package is judged, None where no stream could speak of it."""
    if package.type in DISTRIBUTED:
        return _distributed(package, setting)
    if package.version.strip() in _UNVERSIONED:
        return None
    if package.type in STREAM_OF:
        return _of_language(package, STREAM_OF[package.type])
    return _of_product(package)


def names_of(package: PackageEntry) -> frozenset[str]:
    """Return the names of all rows that may speak of a package, in whatever image and version."""
    return _names_of(package.type, package.name, package.source_name, package.cpes)


@lru_cache(maxsize=65_536)
def _names_of(type_: str, name: str, source: str, cpes: tuple[str, ...]) -> frozenset[str]:
    if type_ in DISTRIBUTED:
        return frozenset((name, source or name))
    package = PackageEntry(
        name=name, version=_ANY_VERSION, type=type_, purl="", path="", layer="", cpes=cpes
    )
    subject = subject_of(package, Setting())
    tiers = subject.tiers if subject is not None else ()
    return frozenset(question.name for tier in tiers for question in tier)


def _distributed(package: PackageEntry, setting: Setting) -> Subject | None:
    streams = tuple(each for each in setting.streams if type_of(each) in {package.type, None})
    scheme = scheme_of(streams[0]) if streams else None
    if scheme is None or not package.version:
        return None
    apart = built_apart(setting.release, package.version)
    tiers = tuple(
        _by_both_names(package, stream, setting.release)
        for stream in dict.fromkeys((apart, *streams))
        if stream
    )
    return Subject(scheme, tiers, package.arch, _stream_of_module(package), setting.repositories)


def _by_both_names(package: PackageEntry, stream: str, release: str) -> tuple[Question, ...]:
    binary = normalised_name(stream, package.name)
    source = normalised_name(stream, package.source_name or package.name)
    version, epochs = _source_version(package)
    return (
        Question(
            stream,
            binary,
            package.version,
            "package",
            "binary",
            form=form_of(stream, release, package.version),
        ),
        Question(
            stream, source, version, "source", "source", epochs, form_of(stream, release, version)
        ),
    )


def _source_version(package: PackageEntry) -> tuple[str, bool]:
    """Return the version of the source, and whether its epoch is known.

    Sources of rpm are told without an epoch. It is the package's where the rest is the same; a
    package with a version of its own (``perl-Carp`` of ``perl``) tells nothing of it.
    """
    version = package.source_version
    if package.type != "rpm":
        return _BIN_NMU.sub("", version or package.version), True
    epoch, colon, rest = package.version.rpartition(":")
    if not version or version == rest:
        return package.version, True
    if ":" in version:
        return version, True
    # A build number or a dist tag may differ where the upstream version and the epoch are one.
    same = version.partition("-")[0] == rest.partition("-")[0]
    return (f"{epoch}{colon}{version}", True) if same else (version, False)


def _stream_of_module(package: PackageEntry) -> str:
    """Return name and stream of a module label (``nodejs:18`` of ``nodejs:18:8090…:…``)."""
    return ":".join(package.module.split(":")[:2]) if package.type == "rpm" else ""


def _of_language(package: PackageEntry, stream: str) -> Subject | None:
    scheme = scheme_of(stream)
    if scheme is None:
        return None
    version = package.version
    own = Question(stream, normalised_name(stream, _name_of(package)), version)
    # Where an advisory names old and new coordinates, each has bounds of its own.
    moved = tuple(
        Question(stream, normalised_name(stream, name), version)
        for name in relocations_of(stream, package.name)
    )
    asked = {(each.stream, each.name) for each in (own, *moved)}
    parts = tuple(
        Question(product_stream, normalised_name(product_stream, name), version, "product")
        for product_stream, name in products_of(stream, package.name)
        if (product_stream, name) not in asked
    )
    return Subject(scheme, tuple(tier for tier in ((own,), moved, parts) if tier))


def _name_of(package: PackageEntry) -> str:
    if package.type == "pear":
        channel, _, name = package.name.rpartition("/")
        return f"pear/{name}" if f"{channel}/" == _PEAR_CHANNEL else package.name
    return package.name


def _of_product(package: PackageEntry) -> Subject | None:
    """Return how a program without an ecosystem is judged: by its names in the NVD."""
    products = dict.fromkeys(filter(None, map(product_of_cpe, package.cpes)))
    if not products:
        return None
    rows = tuple(Question(CPE, name, package.version, "product") for name in products)
    known = next((KNOWN[name] for name in products if name in KNOWN), None)
    if known is None:
        scheme = scheme_of(CPE)
        return Subject(scheme, (rows,)) if scheme is not None else None
    stream, name = known
    scheme = scheme_of(stream)
    own = Question(stream, name, package.version)
    return Subject(scheme, ((own,), rows)) if scheme is not None else None


def product_of_cpe(cpe: str) -> str:
    """Return ``vendor:product`` of a CPE name (CPE 2.3, formatted string), unquoted."""
    parts = re.split(r"(?<!\\):", cpe)
    if len(parts) < 5 or parts[:2] != ["cpe", "2.3"]:  # noqa: PLR2004  # scheme, part, vendor, product
        return ""
    vendor, product = (part.replace("\\", "").lower() for part in parts[3:5])
    return f"{vendor}:{product}"
