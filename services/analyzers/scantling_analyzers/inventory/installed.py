"""The packages of an image, with what other files say of them put to them; pure.

Facts are of one file each. The licences of a Debian package stand in a file of its own; opkg
keeps two records of each package, and images without a package manager may have one beside the
list of what they were made from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.facts.models import Licenses, Package
from scantling_analyzers.inventory.origins import Origins

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scantling_analyzers.contract import ImageContent, LocatedFact

_SECOND: Final = (".control", "/manifest.wall", "/container-manifest-2")
"""How the paths of files end whose records repeat those of a database, where there is one."""

Source = tuple[str, str, str]
Identity = tuple[str, str, str, str]


def installed(image: ImageContent) -> Iterator[LocatedFact]:
    """Yield the visible packages with all that is known of each, none of them twice.

    The layer is the one that a package came with, also where a later one has written its file anew.
    """
    visible = list(image.visible())
    packages = [located.fact for located in visible if isinstance(located.fact, Package)]
    licenses = _Licenses(
        (located.fact for located in visible if isinstance(located.fact, Licenses)), packages
    )
    records = _Records(packages)
    origins = Origins(image)
    for located in visible:
        if isinstance(located.fact, Package) and not records.repeated(located.fact):
            whole = licenses.added(records.described(located.fact))
            layer = origins.layer_of(located)
            is_same = whole is located.fact and layer == located.layer
            yield located if is_same else replace(located, fact=whole, layer=layer)


class _Licenses:
    """Licences that stand apart from the packages that they are of.

    The folder with a package's documents may be a link to that of another package of the same
    source (Debian Policy 12.3), whose licences are then its own.
    """

    def __init__(self, stated: Iterable[Licenses], packages: Iterable[Package]) -> None:
        self._named = {fact.owner: fact.licenses for fact in stated}
        self._of_source: dict[Source, dict[str, None]] = {}
        for package in sorted(packages, key=_owner) if self._named else ():
            found = self._named.get(_owner(package), ())
            if found:
                self._of_source.setdefault(_source(package), {}).update(dict.fromkeys(found))

    def added(self, package: Package) -> Package:
        if package.licenses or not self._named:
            return package
        found = self._named.get(_owner(package)) or self._of_source.get(_source(package))
        return replace(package, licenses=tuple(found)) if found else package


class _Records:
    """Packages with two records: a database says how far each is installed, a list what it is."""

    def __init__(self, packages: Sequence[Package]) -> None:
        self._first: set[Identity] = set()
        self._second: dict[Identity, Package] = {}
        for package in packages:
            if package.path.endswith(_SECOND):
                self._second[_identity(package)] = package
        if self._second:
            self._first = {
                _identity(package) for package in packages if not package.path.endswith(_SECOND)
            }

    def repeated(self, package: Package) -> bool:
        """Say whether this record is the second one of a package that has another."""
        return package.path.endswith(_SECOND) and _identity(package) in self._first

    def described(self, package: Package) -> Package:
        """Return the package with what its other record says."""
        other = self._second.get(_identity(package)) if self._second else None
        if other is None or other is package:
            return package
        return replace(
            package,
            source_name=package.source_name or other.source_name,
            source_version=package.source_version or other.source_version,
            licenses=package.licenses or other.licenses,
            maintainer=package.maintainer or other.maintainer,
        )


def _owner(package: Package) -> str:
    return f"{package.type}:{package.name}"


def _source(package: Package) -> Source:
    return package.type, package.source_name, package.source_version


def _identity(package: Package) -> Identity:
    return package.type, package.name, package.version, package.arch
