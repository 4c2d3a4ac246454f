"""The packages of an image, with what other files say of them put to them; pure.

Facts are of one file each. The licences of a Debian package stand in a file of its own, and opkg
keeps two records of each package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.facts.models import Licenses, Package

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.contract import ImageContent, LocatedFact

_CONTROL: Final = ".control"

Source = tuple[str, str, str]
Identity = tuple[str, str, str]


def installed(image: ImageContent) -> Iterator[LocatedFact]:
    """Yield the visible packages with all that is known of each, none of them twice."""
    visible = list(image.visible())
    packages = [located.fact for located in visible if isinstance(located.fact, Package)]
    licenses = _Licenses(
        (located.fact for located in visible if isinstance(located.fact, Licenses)), packages
    )
    records = _Records(package for package in packages if package.type == "opkg")
    for located in visible:
        if isinstance(located.fact, Package) and not records.repeated(located.fact):
            whole = licenses.added(records.described(located.fact))
            yield located if whole is located.fact else replace(located, fact=whole)


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
    """opkg's two records of a package: one says how far it is installed, one what it is."""

    def __init__(self, packages: Iterable[Package]) -> None:
        self._control: dict[Identity, Package] = {}
        self._status: set[Identity] = set()
        for package in packages:
            if package.path.endswith(_CONTROL):
                self._control[_identity(package)] = package
            else:
                self._status.add(_identity(package))

    def repeated(self, package: Package) -> bool:
        """Say whether this record is the second one of a package that has another."""
        is_control = self._control.get(_identity(package)) is package
        return is_control and _identity(package) in self._status

    def described(self, package: Package) -> Package:
        """Return the package with what its other record says."""
        control = self._control.get(_identity(package)) if package.type == "opkg" else None
        if control is None or control is package:
            return package
        return replace(
            package,
            source_name=package.source_name or control.source_name,
            licenses=package.licenses or control.licenses,
            maintainer=package.maintainer or control.maintainer,
        )


def _owner(package: Package) -> str:
    return f"{package.type}:{package.name}"


def _source(package: Package) -> Source:
    return package.type, package.source_name, package.source_version


def _identity(package: Package) -> Identity:
    return package.name, package.version, package.arch
