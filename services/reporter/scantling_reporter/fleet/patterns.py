"""Patterns of paths, as people write them: ``usr/lib/*.jar``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_WILD: Final = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A path, in which ``*`` stands for any text, with slashes too, and ``?`` for a character."""

    text: str

    @property
    def beginning(self) -> str:
        """Return what every path that matches begins with."""
        return _WILD.split(self.text, maxsplit=1)[0]

    @property
    def exact(self) -> bool:
        """Tell whether it is a path and no pattern."""
        return self.beginning == self.text

    def matches(self, path: str) -> bool:
        """Tell whether a path matches; takes at most the product of both lengths."""
        at, place, star, kept = 0, 0, -1, 0
        pattern = self.text
        while place < len(path):
            if at < len(pattern) and pattern[at] == "*":
                star, kept = at, place
                at += 1
            elif at < len(pattern) and pattern[at] in {"?", path[place]}:
                at += 1
                place += 1
            elif star >= 0:
                kept += 1
                at, place = star + 1, kept
            else:
                return False
        return not pattern[at:].strip("*")


def path_pattern(text: str) -> PathPattern:
    """Return a pattern of paths in an image, which have no slash at their beginning."""
    return PathPattern(text.lstrip("/"))
