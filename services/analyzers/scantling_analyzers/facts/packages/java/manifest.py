"""``MANIFEST.MF`` (Java's *JAR File Specification*) and ``pom.properties`` (Maven archiver)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_SECTIONS: Final = 100

_FOLD: Final = re.compile(rb"\r?\n ")
_ATTRIBUTE: Final = re.compile(rb"^([A-Za-z0-9_-]+):([^\r\n]*)\r?$", re.MULTILINE)
_SECTION_END: Final = re.compile(rb"\n[ \t]*\r?\n")
_PROPERTY: Final = re.compile(rb"^[ \t]*([A-Za-z.]+)[ \t]*[=:]([^\r\n]*)\r?$", re.MULTILINE)
_PROPERTY_ESCAPE: Final = re.compile(rb"\\([:=#! \\])")


def parse_manifest(content: bytes) -> Mapping[str, bytes]:
    """Return the attributes of the main section, and under them those of the named sections.

    An attribute of the main section wins over the same one of a named section; of a repeated
    one the last counts, as in Java.
    """
    sections = _SECTION_END.split(_FOLD.sub(b"", content), maxsplit=MAX_SECTIONS)[:MAX_SECTIONS]
    attributes: dict[str, bytes] = {}
    for section in reversed(sections):
        attributes.update((k.decode("ascii"), v.strip()) for k, v in _ATTRIBUTE.findall(section))
    return attributes


def parse_properties(content: bytes) -> Mapping[str, bytes]:
    """Return the properties, of which Maven writes three: groupId, artifactId, version."""
    return {
        key.decode("ascii"): _PROPERTY_ESCAPE.sub(rb"\1", text).strip()
        for key, text in _PROPERTY.findall(content)
    }
