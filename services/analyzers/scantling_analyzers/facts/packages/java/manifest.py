"""``MANIFEST.MF`` (Java's *JAR File Specification*) and ``pom.properties`` (Maven archiver)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_SECTIONS: Final = 100
MAX_LICENSES: Final = 20
MAX_HEADER_BYTES: Final = 16 * 1024

_LINE_END: Final = re.compile(rb"\r\n?")
_ATTRIBUTE: Final = re.compile(rb"^([A-Za-z0-9_-]+):([^\n]*)$", re.MULTILINE)
_SECTION_END: Final = re.compile(rb"\n[ \t]*\n")
_PROPERTY: Final = re.compile(rb"^[ \t]*([A-Za-z.]+)[ \t]*[=:]([^\n]*)$", re.MULTILINE)
_CONTINUED: Final = re.compile(rb"(?<!\\)((?:\\\\)*+)\\\n[ \t\f]*")
"""The end of a line that goes on in the next one (``java.util.Properties``, *load*)."""
_PROPERTY_ESCAPE: Final = re.compile(rb"\\([:=#! \\])")
_QUOTED_OR_COMMA: Final = re.compile(rb'"[^"]*"|,|[^",]+')
_JENKINS_LICENSE: Final = "Plugin-License-Name"
_NOT_SAID: Final = frozenset({b"<<EXTERNAL>>", b""})


class Manifest(NamedTuple):
    """A manifest: what its main section says of the archive, and what others say of packages.

    The named sections of a signed archive are one for each file; at most 100 are looked at.
    """

    main: Mapping[str, bytes]
    named: Mapping[str, bytes]

    def first(self, keys: Iterable[str]) -> bytes:
        """Return the first attribute of the main section that is there and says something."""
        return next((found for key in keys if said(found := self.main.get(key, b""))), b"")


NO_MANIFEST: Final = Manifest({}, {})


def said(text: bytes) -> bool:
    """Say whether an attribute holds a text, and not what a build or a bundle left to fill in.

    That is ``${project.version}``, ``@VERSION@``, and ``%bundleName``, which stands for a
    translation.
    """
    return bool(text) and not (
        text.startswith((b"%", b"@")) or b"${" in text or b"@{" in text or text == b"unspecified"
    )


def parse_manifest(content: bytes) -> Manifest:
    """Return the attributes; of one that is repeated in a section the last counts, as in Java.

    What several named sections say counts as the first of them says it.
    """
    plain = _LINE_END.sub(b"\n", content).replace(b"\n ", b"").lstrip(b"\n")
    sections = _SECTION_END.split(plain, maxsplit=MAX_SECTIONS)[:MAX_SECTIONS]
    named: dict[str, bytes] = {}
    for section in reversed(sections[1:]):
        named.update(_attributes(section))
    return Manifest(_attributes(sections[0]), named)


def parse_properties(content: bytes) -> Mapping[str, bytes]:
    """Return the properties, of which Maven writes three: groupId, artifactId, version."""
    lines = _CONTINUED.sub(rb"\1", _LINE_END.sub(b"\n", content))
    return {
        key.decode("ascii"): _PROPERTY_ESCAPE.sub(rb"\1", text).strip()
        for key, text in _PROPERTY.findall(lines)
    }


def licenses_of(manifest: Manifest) -> tuple[bytes, ...]:
    """Return the licences that the manifest names, at most 20.

    A Jenkins plugin numbers its licences (``Plugin-License-Name-2``). An OSGi bundle lists
    identifiers or addresses, each with attributes behind semicolons (OSGi Core 8, 3.2.1.10).
    """
    jenkins = [text for key, text in manifest.main.items() if key.startswith(_JENKINS_LICENSE)]
    listed = jenkins or [
        entry.partition(b";")[0].strip(b' "')
        for entry in _split(manifest.main.get("Bundle-License", b"")[:MAX_HEADER_BYTES])
    ]
    found = (text for text in listed if text not in _NOT_SAID and said(text))
    return tuple(dict.fromkeys(found))[:MAX_LICENSES]


def _attributes(section: bytes) -> dict[str, bytes]:
    return {key.decode("ascii"): text.strip() for key, text in _ATTRIBUTE.findall(section)}


def _split(header: bytes) -> list[bytes]:
    """Split at the commas that stand outside quotes."""
    entries = [b""]
    for part in _QUOTED_OR_COMMA.findall(header):
        if part == b",":
            entries.append(b"")
        else:
            entries[-1] += part
    return entries
