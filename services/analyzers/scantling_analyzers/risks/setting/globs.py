"""Globs over paths: ``*`` and ``?`` stay within one segment; pure, and linear in the path."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PART = re.compile(r"[*?]|[^*?]+")
_WILD = re.compile(r"[*?]")
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


class Paths:
    """Paths that are asked for by globs, many times by the same ones."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Take the paths; each is found by its folder."""
        self._paths = sorted(set(paths))
        self._folders: dict[str, list[str]] = {}
        for path in self._paths:
            self._folders.setdefault(path.rpartition("/")[0], []).append(path)
        self._found: dict[str, tuple[str, ...]] = {}

    def matching(self, glob: str) -> tuple[str, ...]:
        """Return the paths that fit a glob, in order."""
        if glob not in self._found:
            folder = glob.rpartition("/")[0]
            near = self._paths if _WILD.search(folder) else self._folders.get(folder, ())
            self._found[glob] = tuple(path for path in near if matches(glob, path))
        return self._found[glob]
