"""What VEX documents of every form have in common; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from scantling_analyzers.advisories.models import Exemption
from scantling_analyzers.advisories.text import prose, title, word
from scantling_analyzers.advisories.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

VexStatus = Literal["not_affected", "affected", "fixed", "under_investigation"]


def exemption(
    *,
    feed: str,
    names: Sequence[str],
    status: VexStatus,
    products: Iterable[str],
    components: Iterable[str] = (),
    justification: str = "",
    statement: str = "",
    document: str = "",
    author: str = "",
    timestamp: str = "",
) -> Exemption:
    """Return a statement with its texts made safe; ``names`` has the id first, then aliases."""
    distinct = tuple(dict.fromkeys(word(name) for name in names if word(name)))
    return Exemption(
        vulnerability=distinct[0],
        aliases=distinct[1:],
        status=status,
        products=tuple(dict.fromkeys(filter(None, map(word, products)))),
        components=tuple(dict.fromkeys(filter(None, map(word, components)))),
        justification=word(justification),
        statement=prose(statement),
        document=word(document),
        author=title(author),
        timestamp=instant(timestamp),
        feed=feed,
    )
