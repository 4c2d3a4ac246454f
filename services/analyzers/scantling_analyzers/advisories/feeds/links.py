"""Links of feeds: which of them are kept; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.models import MAX_REFERENCES, Reference
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINK: Final = re.compile(r"(?:https?|ftp)://", re.IGNORECASE)
"""What a link that is shown may begin with; ``javascript:`` and the like are none."""


def references(links: Iterable[tuple[str, str]]) -> tuple[Reference, ...]:
    """Return the links, each a kind and an address, at most ``MAX_REFERENCES`` different ones."""
    found: dict[str, Reference] = {}
    for kind, text in links:
        if len(found) >= MAX_REFERENCES:
            break
        url = word(text)
        if url not in found and _LINK.match(url):
            found[url] = Reference(url=url, kind=word(kind) or "WEB")
    return tuple(found.values())
