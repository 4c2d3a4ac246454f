"""What Bitnami built into an image, by the SPDX documents that it leaves (SPDX 2.3).

``opt/bitnami/NAME/.spdx-NAME.spdx`` lists the component and what was compiled into it, with
package URLs of the type ``bitnami``. Packages of other types in it are libraries that lie there
as files: the readers of their ecosystems find them, with their own paths.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import msgspec

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.json_document import decode, text
from scantling_analyzers.facts.reading import bounded, located, too_large

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_DOCUMENT_BYTES: Final = 4 * 1024 * 1024
"""Decoded, it takes up to forty times as much memory."""

_PURL: Final = "purl"
_BITNAMI: Final = "pkg:bitnami/"
_COMPONENT: Final = re.compile(rf"{_BITNAMI}([^/@?#]+)@([^/@?#]+)(?:\?([^#]*))?(?:#.*)?")
_ARCHITECTURE: Final = "arch"
_TAG_VALUE: Final = b"SPDXVersion:"
_NOT_TOLD: Final = frozenset({"", "NONE", "NOASSERTION"})


class _Reference(msgspec.Struct, frozen=True, rename="camel"):
    reference_type: Any = None
    reference_locator: Any = None


class _Package(msgspec.Struct, frozen=True, rename="camel"):
    license_declared: Any = None
    license_concluded: Any = None
    external_refs: list[_Reference] = []


class _Document(msgspec.Struct, frozen=True):
    packages: list[_Package]


_DECODER: Final = msgspec.json.Decoder(_Document)


class BitnamiReader(Reader):
    """Reads the documents in JSON; the older form of tags and values is an error."""

    name = "bitnami"
    version = 1
    patterns: tuple[str, ...] = ("opt/bitnami/**/.spdx-*.spdx",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the components of one document."""
        if file.size > MAX_DOCUMENT_BYTES:
            raise too_large(file.size, MAX_DOCUMENT_BYTES)
        if bytes(file.data[: len(_TAG_VALUE)]) == _TAG_VALUE:
            message = "the SPDX document is not in JSON"
            raise Unreadable(message, code="unsupported_format")
        return bounded(parse_document(file.data, file.text_path), file.text_path)


def parse_document(content: memoryview, path: str) -> Iterator[Package | LocatedError]:
    """Yield the components; a package URL that can't be parsed is an error.

    Raises :class:`Unreadable`.
    """
    for package in decode(_DECODER, content).packages:
        for reference in package.external_refs:
            if reference.reference_type != _PURL:
                continue
            try:
                purl = text(reference.reference_locator, "a package URL")
                if purl.startswith(_BITNAMI):
                    yield _component(purl, package, path)
            except Unreadable as error:
                yield located(error, path)


def _component(purl: str, package: _Package, path: str) -> Package:
    found = _COMPONENT.fullmatch(purl)
    name, version = (text(unquote(found[each])) for each in (1, 2)) if found else ("", "")
    if not found or not name or not version:
        message = "a package URL lacks the name or the version, or can't be parsed"
        raise Unreadable(message, code="malformed")
    pairs = (pair.partition("=") for pair in (found[3] or "").split("&"))
    arch = next((given for key, _, given in pairs if key == _ARCHITECTURE), "")
    told = (text(package.license_declared), text(package.license_concluded))
    license_ = next((each for each in told if each not in _NOT_TOLD), "")
    return Package(
        path=path,
        name=name,
        version=version,
        type="bitnami",
        arch=text(unquote(arch)),
        licenses=(license_,) if license_ else (),
        found_by=BitnamiReader.name,
    )
