"""Paging of lists: ``page_size`` and an opaque ``page_token``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field

from scantling_common.store.tokens import MAX_TOKEN, decode_token, encode_token

if TYPE_CHECKING:
    from scantling_common.store.port import Collection, Key, Range

MAX_PAGE_SIZE: Final = 500
DEFAULT_PAGE_SIZE: Final = 50


class PageQuery(BaseModel):
    """The query of a list; a list with filters derives from it."""

    model_config = ConfigDict(extra="forbid")

    page_size: int = Field(
        DEFAULT_PAGE_SIZE, ge=1, le=MAX_PAGE_SIZE, description="how many items at most"
    )
    page_token: str = Field(
        "", max_length=MAX_TOKEN, description="next_page_token of the page before"
    )

    def key(self, collection: Collection, range_: Range) -> Key | None:
        """Return where the range goes on, None at its beginning.

        The token is good for the same index, prefix, bounds and direction only. Raises
        :class:`~scantling_common.store.tokens.PageTokenInvalid`.
        """
        if not self.page_token:
            return None
        parts = len(collection.index(range_.index).fields) - len(range_.prefix) + 1
        return decode_token(self.page_token, scope_of(collection, range_), parts=parts)


def next_token(collection: Collection, range_: Range, key: Key | None) -> str:
    """Return the token that continues a range behind a key; empty at the end."""
    return "" if key is None else encode_token(key, scope_of(collection, range_))


def scope_of(collection: Collection, range_: Range) -> str:
    """Return the name of a listing: two listings with the same name have the same order."""
    bounds = (range_.prefix, range_.start, range_.end, range_.descending)
    return f"{collection.name} {range_.index} {bounds!r}"
