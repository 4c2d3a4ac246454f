"""What a value is expected to be; pure."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Final

import msgspec

_NUMBER: Final = re.compile(r"[+-]?\d{1,18}")
_LIST: Final = re.compile(r"[\s,]+")


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is said of a value must hold; small and large letters are the same.

    ``one_of`` are the values that it may be. ``at_least`` and ``at_most`` bound a number (both
    ends in). ``without`` are globs that no entry of a list may match. ``startups`` bounds the three
    numbers of sshd's MaxStartups. ``says`` is the expectation in words, where these would not say
    it well.
    """

    one_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    at_least: int | None = None
    at_most: int | None = None
    without: tuple[str, ...] = ()
    startups: tuple[int, int, int] | None = None
    says: str = ""

    def holds(self, value: str) -> bool:
        """Say whether a value is as expected; an empty one is not set."""
        text = value.strip().strip('"').lower()
        if self.one_of and text not in map(str.lower, self.one_of):
            return False
        if self.none_of and text in map(str.lower, self.none_of):
            return False
        return self._is_within(text) and self._has_entries(text)

    def _is_within(self, text: str) -> bool:
        if self.startups is not None:
            return _startups_within(text, self.startups)
        if self.at_least is None and self.at_most is None:
            return True
        if not _NUMBER.fullmatch(text):
            return False
        number = int(text)
        if self.at_least is not None and number < self.at_least:
            return False
        return self.at_most is None or number <= self.at_most

    def _has_entries(self, text: str) -> bool:
        entries = [entry for entry in _LIST.split(text) if entry]
        return not any(fnmatchcase(entry, glob) for entry in entries for glob in self.without)

    def described(self) -> str:
        """Return the expectation in words."""
        if self.says:
            return self.says
        parts = []
        if self.one_of:
            parts.append(" or ".join(self.one_of))
        if self.none_of:
            parts.append(f"not {' or '.join(self.none_of)}")
        if self.at_least is not None and self.at_most is not None:
            parts.append(f"{self.at_least} to {self.at_most}")
        elif self.at_least is not None:
            parts.append(f"{self.at_least} or more")
        elif self.at_most is not None:
            parts.append(f"{self.at_most} or less")
        if self.startups is not None:
            parts.append(f"{':'.join(map(str, self.startups))} or less")
        if self.without:
            parts.append(f"none of {', '.join(self.without)}")
        return "; ".join(parts)


def _startups_within(text: str, most: tuple[int, int, int]) -> bool:
    """Say whether ``start:rate:full``, or the one number of both ends, is within."""
    numbers = text.split(":")
    if not all(_NUMBER.fullmatch(number) for number in numbers):
        return False
    if len(numbers) == 1:
        return int(numbers[0]) <= most[0]
    return len(numbers) == len(most) and all(
        int(number) <= bound for number, bound in zip(numbers, most, strict=True)
    )
