"""Installed PHP packages, by Composer's list (getcomposer.org, *vendor/composer/installed.json*).

Version 1 wrote an array, version 2 an object with ``packages``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.json_document import decode, licenses, text
from scantling_analyzers.facts.reading import bounded, located, too_large

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_LIST_BYTES: Final = 8 * 1024 * 1024
"""Decoded, it takes up to forty times as much memory."""


class _Package(msgspec.Struct, frozen=True):
    name: Any = None
    version: Any = None
    license: Any = None


class _List(msgspec.Struct, frozen=True):
    packages: list[_Package]


_DECODER: Final = msgspec.json.Decoder(_List | list[_Package])


class ComposerReader(Reader):
    """Reads ``installed.json``; ``composer.lock`` says what was wanted."""

    name = "composer"
    version = 1
    patterns: tuple[str, ...] = ("**/composer/installed.json",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the packages of one vendor folder."""
        if file.size > MAX_LIST_BYTES:
            raise too_large(file.size, MAX_LIST_BYTES)
        return bounded(parse_list(file.data, file.text_path), file.text_path)


def parse_list(content: memoryview, path: str) -> Iterator[Package | LocatedError]:
    """Yield the packages; one without name or version is an error. Raises :class:`Unreadable`."""
    document = decode(_DECODER, content)
    for package in document.packages if isinstance(document, _List) else document:
        try:
            yield _package(package, path)
        except Unreadable as error:
            yield located(error, path)


def _package(package: _Package, path: str) -> Package:
    name, version = text(package.name), text(package.version)
    if not name or not version:
        message = f"a package lacks its name or version (name '{name}')"
        raise Unreadable(message, code="malformed")
    return Package(
        path=path,
        name=name,
        version=version,
        type="composer",
        licenses=licenses(package.license),
        found_by=ComposerReader.name,
    )
