"""``pom.xml`` (Maven POM reference), as far as one file alone can tell.

A POM inherits from parents that the archive does not hold: what can't be resolved is left out.
It is XML from an image: a document type, and with it every entity, is refused.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from xml.parsers import expat

from scantling_analyzers.contract import Unreadable

MAX_ELEMENTS: Final = 200_000
MAX_DEPTH: Final = 100
MAX_TEXT: Final = 4096
MAX_PROPERTIES: Final = 2000
MAX_LICENSES: Final = 20
MAX_ROUNDS: Final = 8

_NO_XML: Final = (expat.ExpatError, LookupError, ValueError)
"""The last two are for encodings that Python does not know, or that are none for XML."""
_VARIABLE: Final = re.compile(r"\$\{([^{}]{1,200})\}")
_OWN: Final = {
    f"{prefix}{name}": name
    for prefix in ("project.", "pom.", "")
    for name in ("groupId", "artifactId", "version", "parent.groupId", "parent.version")
}


class Pom(NamedTuple):
    """What a POM says of its own artifact; each text is empty where it doesn't tell."""

    group: str
    artifact: str
    version: str
    licenses: tuple[str, ...]


def parse_pom(content: bytes) -> Pom:
    """Return the coordinates of a POM, its variables replaced, and the names of its licences.

    Raises :class:`Unreadable` (``malformed``, ``too_many``, ``nested_too_deep``,
    ``unsupported_format`` for a document type).
    """
    try:
        return _parse(content, None)
    except _NO_XML:
        # Old POMs are in Latin 1 and don't say so.
        undeclared = b"encoding" not in content[:200]
    try:
        return _parse(content, "iso-8859-1" if undeclared else None)
    except _NO_XML as error:
        raise Unreadable(f"the POM is no XML: {error}", code="malformed") from None


def _parse(content: bytes, encoding: str | None) -> Pom:
    reading = _Reading()
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.Parse(content, True)
    return reading.pom()


def _refuse_document_type(*_: object) -> None:
    raise Unreadable("the POM has a document type", code="unsupported_format")


class _Reading:
    """Collects the few texts that matter, by the names of the elements around them."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._elements = 0
        self._text: list[str] | None = None
        self._found: dict[str, str] = {}
        self._properties: dict[str, str] = {}
        self._licenses: list[str] = []

    def start(self, name: str, _: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise Unreadable(f"the POM has over {MAX_ELEMENTS} elements", code="too_many")
        if len(self._path) >= MAX_DEPTH:
            raise Unreadable("the POM nests too deep", code="nested_too_deep")
        # With a namespace prefix it is the same element.
        self._path.append(name.rpartition(":")[2])
        self._text = []

    def text(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, _: str) -> None:
        path, text = self._path, "".join(self._text or ()).strip()[:MAX_TEXT]
        self._text = None
        match path:
            case ["project", "groupId" | "artifactId" | "version" as name]:
                self._found[name] = text
            case ["project", "parent", "groupId" | "version" as name]:
                self._found[f"parent.{name}"] = text
            case ["project", "properties", name] if len(self._properties) < MAX_PROPERTIES:
                self._properties[name] = text
            case ["project", "licenses", "license", "name"] if len(self._licenses) < MAX_LICENSES:
                self._licenses.append(text)
        path.pop()

    def pom(self) -> Pom:
        found = self._found
        found["groupId"] = found.get("groupId") or found.get("parent.groupId", "")
        found["version"] = found.get("version") or found.get("parent.version", "")
        return Pom(
            group=self._resolved(found["groupId"]),
            artifact=self._resolved(found.get("artifactId", "")),
            version=self._resolved(found["version"]),
            licenses=tuple(dict.fromkeys(filter(None, self._licenses))),
        )

    def _resolved(self, text: str) -> str:
        """Return a text with its variables replaced; empty where one is not known."""
        for _ in range(MAX_ROUNDS):
            if "${" not in text:
                return text
            replaced = _VARIABLE.sub(self._value, text)
            if replaced == text or len(replaced) > MAX_TEXT:
                break
            text = replaced
        return ""

    def _value(self, match: re.Match[str]) -> str:
        name = match[1].strip()
        known = self._found.get(_OWN.get(name, "")) or self._properties.get(name)
        return match[0] if known is None else known
