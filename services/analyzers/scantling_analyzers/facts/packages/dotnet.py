"""NuGet packages that .NET applications and frameworks run with, by their ``*.deps.json``.

The host reads this file to find the assemblies (dotnet/sdk, *runtime-configuration-file*). A
library counts if it is a package, or the pack of a runtime that a self-contained application
brings along, and if the target that runs has a file of it: others served at build time only.
Projects are the application itself. What an application in a single file holds is not seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.json_document import decode, text
from scantling_analyzers.facts.reading import bounded, located, too_large

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_DEPENDENCIES_BYTES: Final = 8 * 1024 * 1024
"""Decoded, it takes up to forty times as much memory."""

_PACKAGE: Final = "package"
_RUNTIME_PACK: Final = "runtimepack"
_PLACEHOLDER: Final = "_._"
"""The file by which a NuGet package says that it has none for a framework."""


class _Target(msgspec.Struct, frozen=True, rename="camel"):
    runtime: dict[str, Any] = {}
    native: dict[str, Any] = {}
    runtime_targets: dict[str, Any] = {}
    resources: dict[str, Any] = {}


class _Library(msgspec.Struct, frozen=True):
    type: str = ""


class _RuntimeTarget(msgspec.Struct, frozen=True):
    name: str = ""


class _Dependencies(msgspec.Struct, frozen=True, rename="camel"):
    runtime_target: _RuntimeTarget | str = ""
    targets: dict[str, dict[str, _Target]] = {}
    libraries: dict[str, _Library] = {}


_DECODER: Final = msgspec.json.Decoder(_Dependencies)


class DotnetReader(Reader):
    """Reads the dependencies of an application, a framework or a tool."""

    name = "dotnet"
    version = 1
    patterns: tuple[str, ...] = ("**/*.deps.json",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the packages that are there at run time."""
        if file.size > MAX_DEPENDENCIES_BYTES:
            raise too_large(file.size, MAX_DEPENDENCIES_BYTES)
        return bounded(parse_dependencies(file.data, file.text_path), file.text_path)


def parse_dependencies(content: memoryview, path: str) -> Iterator[Package | LocatedError]:
    """Yield the packages; a library without a version is an error. Raises :class:`Unreadable`."""
    document = decode(_DECODER, content)
    running = document.runtime_target
    target = document.targets.get(running if isinstance(running, str) else running.name)
    for key, library in document.libraries.items():
        if library.type not in {_PACKAGE, _RUNTIME_PACK} or not _is_there(key, target):
            continue
        try:
            yield _package(key, library.type, path)
        except Unreadable as error:
            yield located(error, path)


def _package(key: str, kind: str, path: str) -> Package:
    name, _, version = key.partition("/")
    if kind == _RUNTIME_PACK:
        name = name.removeprefix(f"{_RUNTIME_PACK}.")
    name, version = text(name, "a library"), text(version, "a version")
    if not name or not version:
        message = f"a library lacks its name or version (name '{name}')"
        raise Unreadable(message, code="malformed")
    return Package(path=path, name=name, version=version, type="nuget", found_by=DotnetReader.name)


def _is_there(key: str, target: Mapping[str, _Target] | None) -> bool:
    """Say whether a library has a file in the target; without a target nobody can tell."""
    if target is None:
        return True
    files = target.get(key)
    return files is not None and any(
        name.rpartition("/")[2] != _PLACEHOLDER
        for group in (files.runtime, files.native, files.runtime_targets, files.resources)
        for name in group
    )
