"""``Link`` paging (distribution-spec, listing tags): on the same host, without loops."""

from __future__ import annotations

import re
from typing import Final

from yarl import URL

from scantling_common.images.errors import RegistryAnswerInvalid

MAX_PAGES: Final = 10_000
_LINK: Final = re.compile(r'<([^<>]*)>\s*;\s*rel="?next"?(?=[\s,;]|$)', re.IGNORECASE)


class Pages:
    """Where a listing goes on."""

    def __init__(self, max_pages: int = MAX_PAGES) -> None:
        """Begin; ``max_pages`` bounds the whole listing."""
        self._max_pages = max_pages
        self._seen: set[URL] = set()

    def following(self, current: URL, link: str) -> URL | None:
        """Return the page after ``current`` by its ``Link`` header, None if it is the last.

        Raises :class:`RegistryAnswerInvalid` for another host, a page seen before, or too many.
        """
        self._seen.add(current)
        match = _LINK.search(link)
        if match is None:
            return None
        try:
            page = current.join(URL(match[1]))
            origin = page.origin()
        except ValueError as error:
            raise RegistryAnswerInvalid("the registry's listing goes on at no address") from error
        if origin != current.origin():
            raise RegistryAnswerInvalid(f"the registry's listing goes on at {page.host}")
        if page in self._seen:
            raise RegistryAnswerInvalid("the registry's listing goes round in a loop")
        if len(self._seen) >= self._max_pages:
            raise RegistryAnswerInvalid(f"the listing has more than {self._max_pages} pages")
        return page
