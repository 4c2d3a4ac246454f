"""Decoding what is hostile until it is decoded: whole documents, and records of one; pure.

A list of records is decoded to raw pieces first, so that one that is broken costs itself only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import msgspec

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.models import Refused
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Sized

T_sized = TypeVar("T_sized", bound="Sized")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

BROKEN: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""All that a decoder raises, whatever the bytes are."""


class Decoder(Protocol[T_co]):
    """A decoder of one type."""

    def decode(self, data: bytes | msgspec.Raw, /) -> T_co:
        """Return the value. Raises one of :data:`BROKEN`."""


def reason(error: Exception) -> str:
    """Return why something could not be decoded, short."""
    return str(error)[:200]


def document_of(decoder: Decoder[T], data: bytes, wrong: str) -> T:
    """Return a document that is decoded as a whole.

    Raises :class:`FeedUnreadable`; ``wrong`` says what is then (``the document is no OpenVEX``).
    """
    try:
        return decoder.decode(data)
    except RecursionError:
        raise FeedUnreadable("the document is nested too deep") from None
    except BROKEN as error:
        raise FeedUnreadable(f"{wrong}: {error}") from None


def listing_of(decoder: Decoder[T], data: bytes, wrong: str) -> T:
    """Return a document whose records are still raw.

    Raises :class:`FeedUnreadable`; ``wrong`` says what is then (``no errata``).
    """
    try:
        return decoder.decode(data)
    except BROKEN as error:
        raise FeedUnreadable(f"{wrong}: {reason(error)}") from error


def bounded(records: T_sized, most: int, what: str) -> T_sized:
    """Return the records of a document. Raises :class:`FeedUnreadable` for more than ``most``."""
    if len(records) > most:
        raise FeedUnreadable(f"more than {most} {what}")
    return records


def malformed(feed: str, record: str, error: Exception) -> Refused:
    """Return that a record can't be decoded."""
    return Refused(feed=feed, record=record, code="malformed", message=word(reason(error)))
