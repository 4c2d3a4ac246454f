"""Package URLs as feeds write them (package-url specification), read; pure."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import unquote

from scantling_analyzers.advisories.text import MAX_WORD

MAX_QUALIFIERS: Final = 20


class PurlParts(NamedTuple):
    """A package URL in parts, decoded."""

    type: str
    namespace: str
    name: str
    version: str
    qualifiers: dict[str, str]


def parse_purl(text: str) -> PurlParts | None:
    """Return the parts of a package URL, None for what is none."""
    if not text.startswith("pkg:") or len(text) > MAX_WORD:
        return None
    rest, _, _ = text[len("pkg:") :].partition("#")
    rest, _, query = rest.partition("?")
    path, _, last = rest.strip("/").rpartition("/")
    name, _, version = last.partition("@")
    head, mark, tail = rest.strip("/").rpartition("@")
    if mark and not version and not head.endswith("/"):
        # A version with a slash in it; after a slash it is a scope that was not encoded.
        path, _, name = head.rpartition("/")
        version = tail
    type_, _, namespace = path.partition("/")
    if not type_ or not name:
        return None
    qualifiers: dict[str, str] = {}
    for pair in query.split("&", MAX_QUALIFIERS)[:MAX_QUALIFIERS]:
        key, _, value = pair.partition("=")
        if key:
            qualifiers[key.lower()] = unquote(value)
    return PurlParts(
        type=type_.lower(),
        namespace=unquote(namespace),
        name=unquote(name),
        version=unquote(version),
        qualifiers=qualifiers,
    )
