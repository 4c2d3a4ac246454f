"""What the engine says of a secret that it found."""

from __future__ import annotations

import msgspec

from scantling_analyzers.contract import Unreadable
from scantling_common.risks import Severity


class Hidden:
    """A value that is nowhere shown: neither its text nor its size is in what is printed."""

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        """Hide ``raw``."""
        self._raw = raw

    def reveal(self) -> bytes:
        """Return the value, for a keyed hash or for encryption only."""
        return self._raw

    def __repr__(self) -> str:
        """Return a text without the value."""
        return "Hidden()"

    def __eq__(self, other: object) -> bool:
        """Tell whether both hide the same value."""
        return isinstance(other, Hidden) and self._raw == other._raw

    def __hash__(self) -> int:
        """Return a hash that says no more than :meth:`__eq__`."""
        return hash(self._raw)

    def __reduce__(self) -> str:
        """Refuse to be pickled or copied to where it could be read."""
        message = "a hidden value is not stored"
        raise TypeError(message)


class SecretMatch(msgspec.Struct, frozen=True, kw_only=True):
    """One secret: where it is, what it opens, how sure that is and why.

    ``start`` and ``end`` are offsets of the value in the text that was searched, in bytes;
    ``line`` and ``last_line`` count from 1. ``score`` is 0 to 1, ``reasons`` are what raised or
    lowered it, in words, the weightiest first. ``value`` hides the secret itself.
    """

    rule: str
    title: str
    severity: Severity
    start: int
    end: int
    line: int
    last_line: int
    score: float
    reasons: tuple[str, ...]
    value: Hidden


class Searched(msgspec.Struct, frozen=True, kw_only=True):
    """What a text has: the secrets that are told, in the order of their places, and more.

    ``spans`` are the places of all that was taken for a secret, whether it is told or not: starts
    and ends in order, none of which overlap. ``complete`` is false where not everything was
    looked at, or is told.
    """

    matches: tuple[SecretMatch, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    complete: bool = True

    @property
    def is_nothing(self) -> bool:
        """Tell whether there is nothing to tell: so it is with nearly all texts."""
        return not self.matches and self.complete

    def check(self) -> None:
        """Raise :class:`Unreadable` (``too_many``) where it is not complete."""
        if not self.complete:
            message = "the file has more that may be secrets than is looked at in one file"
            raise Unreadable(message, code="too_many")
