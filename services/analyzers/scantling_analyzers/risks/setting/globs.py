"""Globs over paths: ``*`` and ``?`` stay within one segment; pure, and linear in the path."""

from __future__ import annotations

import re
from functools import lru_cache

_PART = re.compile(r"[*?]|[^*?]+")
_MEANING = {"*": "[^/]*", "?": "[^/]"}


@lru_cache(maxsize=4096)
def _segment(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(_MEANING.get(e) or re.escape(e) for e in _PART.findall(pattern)))


MAX_STARS = 4
"""A glob of an image with more of them matches nothing: it could be made to take for ever."""


def matches(glob: str, path: str) -> bool:
    """Say whether a path fits a glob, segment by segment."""
    if glob == path:
        return True
    wanted, given = glob.split("/"), path.split("/")
    if len(wanted) != len(given) or glob.count("*") > MAX_STARS:
        return False
    return all(
        one == other or _segment(one).fullmatch(other) is not None
        for one, other in zip(wanted, given, strict=True)
    )
