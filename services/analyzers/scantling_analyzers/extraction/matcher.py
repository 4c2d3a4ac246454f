"""Which files of a layer which reader wants: all patterns compiled into one matcher.

A pattern is a glob over the path inside the layer: ``*`` and ``?`` stay within one path segment,
``**/`` stands for any number of leading segments, and ``**`` alone is every regular file.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_analyzers.contract import Reader

EVERY: Final = "**"
_TOKEN: Final = re.compile(r"\*\*/|\*|\?|[^*?]+")
_MEANING: Final = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
_WILD: Final = re.compile(r"[*?]")
_LONG: Final = 5
"""How many of the first letters of a name are looked up, where a pattern says no more."""
_SHORT: Final = 3
"""How many where it says not even that."""

_NOWHERE: Final = (None, None, None, None, None)
"""What the tables of globs say of most files."""


class _Glob(NamedTuple):
    pattern: str
    whole: bool
    """Whether that is the pattern of a whole path, or of its last segment only."""
    reader: int
    """The position of the reader, or -1 where the file is only looked at beside another."""

    def fits(self, path: bytes, name: bytes) -> bool:
        return compile_pattern(self.pattern).fullmatch(path if self.whole else name) is not None


_Table = dict[bytes, list[_Glob]]


@cache
def compile_pattern(pattern: str) -> re.Pattern[bytes]:
    """Return the regular expression of one glob; it takes time linear in the path."""
    text = "".join(_MEANING.get(token) or re.escape(token) for token in _TOKEN.findall(pattern))
    return re.compile(text.encode(), re.DOTALL)


class Matcher:
    """The patterns of several readers.

    A path is matched only with the globs that it may fit: they are found by its last segment, by
    that one's suffix or first letters, or by its folder.
    """

    def __init__(self, readers: Sequence[Reader]) -> None:
        """Take the patterns of the readers; matches name them by position."""
        every = [n for n, reader in enumerate(readers) if EVERY in reader.patterns]
        self._every = tuple(n for n in every if readers[n].passes_over is None)
        self._most = tuple(
            (n, passes_over) for n in every if (passes_over := readers[n].passes_over) is not None
        )
        self._magics = _Magics([reader.magics for reader in readers])
        self._data_magics = _Magics([reader.data_magics for reader in readers])
        self._names: _Table = {}
        self._suffixes: _Table = {}
        self._folders: _Table = {}
        self._heads: _Table = {}
        self._others: list[_Glob] = []
        for n, reader in enumerate(readers):
            self._add(n, reader.patterns)
            self._add(-1, reader.companions)

    def _add(self, reader: int, patterns: Iterable[str]) -> None:
        for pattern in patterns:
            if pattern == EVERY:
                continue
            folder, name = pattern[: pattern.rfind("/") + 1], pattern.rpartition("/")[2]
            whole = folder != "**/"
            glob = _Glob(pattern if whole else name, whole, reader)
            first, last = (_WILD.split(name)[at].encode() for at in (0, -1))
            if not _WILD.search(name):
                self._names.setdefault(first, []).append(glob)
            elif not _WILD.search(folder):
                self._folders.setdefault(folder.encode(), []).append(glob)
            elif b"." in last:
                self._suffixes.setdefault(last[last.rindex(b".") :], []).append(glob)
            elif size := next((size for size in (_LONG, _SHORT) if len(first) >= size), 0):
                self._heads.setdefault(first[:size], []).append(glob)
            else:
                self._others.append(glob)

    def _fitting(self, path: bytes) -> list[_Glob]:
        """Return the globs that a path fits."""
        start = path.rfind(b"/") + 1
        name = path[start:]
        # Without a dot the "suffix" is the last letter, which is none.
        found = (
            self._names.get(name),
            self._suffixes.get(name[name.rfind(b".") :]),
            self._folders.get(path[:start]),
            self._heads.get(name[:_LONG]),
            self._heads.get(name[:_SHORT]),
        )
        if found == _NOWHERE and not self._others:
            return []
        candidates = chain(self._others, *filter(None, found))
        return [glob for glob in candidates if glob.fits(path, name)]

    @property
    def looking_inside(self) -> tuple[int, ...]:
        """The readers that want executable files by how they begin."""
        return self._magics.readers

    @property
    def looks_inside(self) -> bool:
        """Say whether some reader wants files by how they begin."""
        return bool(self._magics.readers or self._data_magics.readers)

    def wants(self, path: bytes) -> bool:
        """Say whether some reader wants a file for its path, or looks at it beside another."""
        return bool(self._every or (self._most and self._of_most(path)) or self._fitting(path))

    def wants_large(self, path: bytes) -> bool:
        """Say whether a reader wants a very large file for its path, not because it is one."""
        return bool(self._fitting(path))

    def wants_start(self, start: bytes) -> bool:
        """Say whether some reader wants an executable file that begins so."""
        return start.startswith(self._magics.every)

    def wants_data(self, start: bytes) -> bool:
        """Say whether some reader wants any other file of some size that begins so."""
        return start.startswith(self._data_magics.every)

    def readers_of(self, path: bytes, *, is_empty: bool = False) -> list[int]:
        """Return the readers that want a path, by position, each once and in order.

        Where it ``is_empty``, a file is of no use to those who want every file.
        """
        wanted = {glob.reader for glob in self._fitting(path) if glob.reader >= 0}
        return sorted(wanted if is_empty else wanted.union(self.readers_of_every(path)))

    def readers_of_every(self, path: bytes) -> Sequence[int]:
        """Return the readers that want a path because they want every file, or most."""
        return (*self._every, *self._of_most(path)) if self._most else self._every

    def _of_most(self, path: bytes) -> list[int]:
        """Return the readers that want every file but some, if this is none of these."""
        return [n for n, passes_over in self._most if not passes_over(path)]

    def readers_of_start(self, start: bytes) -> list[int]:
        """Return the readers that want an executable file that begins so."""
        return self._magics.readers_of(start)

    def readers_of_data(self, start: bytes) -> list[int]:
        """Return the readers that want any other file of some size that begins so."""
        return self._data_magics.readers_of(start)


class _Magics:
    """What readers, by their position, want files to begin with."""

    def __init__(self, magics: Sequence[tuple[bytes, ...]]) -> None:
        self._magics = magics
        self.every = tuple(chain(*magics))
        self.readers = tuple(n for n, of_reader in enumerate(magics) if of_reader)

    def readers_of(self, start: bytes) -> list[int]:
        return [n for n in self.readers if start.startswith(self._magics[n])]
