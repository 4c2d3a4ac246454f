"""What the list is held against: a package, or an executable file; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from scantling_common.software_list.entry import PROGRAM, UNPACKAGED

if TYPE_CHECKING:
    from scantling_analyzers.facts.models import Program
    from scantling_common.outcomes import PackageEntry

_RUNS: Final = re.compile(r"[-_.]+")
"""What PEP 503 makes one hyphen in the name of a Python project."""
_OWNED: Final = frozenset({PROGRAM})
_UNPACKAGED: Final = frozenset({PROGRAM, UNPACKAGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One piece of software of an image.

    ``names`` are all that a pattern may be meant for, in lower case, ``kinds`` all types that an
    entry may call it; ``file`` is what a pattern for
    paths is compared with: the path from the root, in lower case. ``hashes`` are
    ``sha1:…`` and ``sha256:…``. ``owner`` is the system's package that brought it (``deb:nmap``).
    """

    name: str
    names: frozenset[str]
    type: str
    kinds: frozenset[str]
    path: str
    file: str
    layer: str
    version: str = ""
    arch: str = ""
    licenses: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    owner: str = ""
    purl: str = ""
    found_by: str = ""


def of_package(package: PackageEntry) -> Subject:
    """Return what a package is for the list."""
    return Subject(
        name=package.name,
        names=_names(package.type, package.name.lower()),
        type=package.type,
        kinds=frozenset({package.type}),
        version=package.version,
        arch=package.arch,
        path=package.path,
        file=f"/{package.path}".lower(),
        layer=package.layer,
        licenses=package.licenses,
        hashes=_hashes(package),
        owner=package.owner,
        purl=package.purl,
        found_by=package.found_by,
    )


def of_program(program: Program, *, layer: str, owner: str) -> Subject:
    """Return what an executable file is for the list: its name is that of the file."""
    name = program.path.rpartition("/")[2]
    return Subject(
        name=name,
        names=frozenset({name.lower()}),
        type=PROGRAM,
        kinds=_OWNED if owner else _UNPACKAGED,
        path=program.path,
        file=f"/{program.path}".lower(),
        layer=layer,
        hashes=_hashes(program),
        owner=owner,
        found_by=PROGRAM,
    )


def _hashes(of: PackageEntry | Program) -> tuple[str, ...]:
    known = (("sha1", of.sha1), ("sha256", of.sha256))
    return tuple(f"{name}:{digest}" for name, digest in known if digest)


def _names(type_: str, name: str) -> frozenset[str]:
    """Return the ways to write a name: a Maven artifact without its group, PEP 503 for PyPI."""
    if type_ == "maven":
        return frozenset({name, name.rpartition(":")[2]})
    if type_ == "pypi":
        return frozenset({name, _RUNS.sub("-", name), _RUNS.sub("_", name)})
    return frozenset({name})
