"""Links that strangers wrote: which of them a document may offer to follow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINK: Final = re.compile(
    r"https?://[A-Za-z0-9][A-Za-z0-9.-]{0,252}(?::[0-9]{1,5})?(?:[/?#][!-~]*)?"
)
_FORBIDDEN: Final = frozenset('<>"\\^`{|}[]')
"""Characters that stand in no URI (RFC 3986, appendix A); brackets only around an address."""


def is_link(text: str) -> bool:
    """Tell whether a text is the address of a page, and nothing that runs or that hides a host."""
    return len(text) <= 2_048 and bool(_LINK.fullmatch(text)) and not _FORBIDDEN & set(text)  # noqa: PLR2004 - longer than any browser takes


def first_link(texts: Iterable[str]) -> str:
    """Return the first text that is a link, empty where there is none."""
    return next(filter(is_link, texts), "")
