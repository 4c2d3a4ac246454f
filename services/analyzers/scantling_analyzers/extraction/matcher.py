"""Which files of a layer which reader wants: all patterns compiled into one matcher.

A pattern is a glob over the path inside the layer: ``*`` and ``?`` stay within one path segment,
``**/`` stands for any number of leading segments, and ``**`` alone is every regular file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_analyzers.contract import Reader

EVERY: Final = "**"
_TOKEN: Final = re.compile(r"\*\*/|\*|\?|[^*?]+")
_MEANING: Final = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
_WILD: Final = re.compile(r"[*?]")
_HEADS: Final = (5, 3)
"""How many of the first letters of a name are looked up, where a pattern says no more."""


KNOWN: Final = 65_536
"""For how many names it is remembered which globs they may fit: trees repeat their names."""


class _Glob(NamedTuple):
    expression: re.Pattern[bytes]
    reader: int
    """The position of the reader, or -1 where the file is only looked at beside another."""


def compile_pattern(pattern: str) -> re.Pattern[bytes]:
    """Return the regular expression of one glob; it takes time linear in the path."""
    text = "".join(_MEANING.get(token) or re.escape(token) for token in _TOKEN.findall(pattern))
    return re.compile(text.encode(), re.DOTALL)


class Matcher:
    """The patterns of several readers.

    A path is matched only with the globs that its last segment may fit: they are found by the
    whole segment, by its suffix, or by its first letters.
    """

    def __init__(self, readers: Sequence[Reader]) -> None:
        """Compile the patterns of the readers; matches name them by position."""
        self._every = tuple(n for n, reader in enumerate(readers) if EVERY in reader.patterns)
        self._magics = [(n, magic) for n, reader in enumerate(readers) for magic in reader.magics]
        self._names: dict[bytes, list[_Glob]] = {}
        self._suffixes: dict[bytes, list[_Glob]] = {}
        self._heads: dict[bytes, list[_Glob]] = {}
        self._others: list[_Glob] = []
        self._known: dict[bytes, Sequence[_Glob]] = {}
        for n, reader in enumerate(readers):
            self._add(n, reader.patterns)
            self._add(-1, reader.companions)

    def _add(self, reader: int, patterns: Iterable[str]) -> None:
        for pattern in patterns:
            if pattern == EVERY:
                continue
            glob = _Glob(compile_pattern(pattern), reader)
            name = pattern.rpartition("/")[2]
            first, last = (_WILD.split(name)[at].encode() for at in (0, -1))
            if not _WILD.search(name):
                self._names.setdefault(first, []).append(glob)
            elif b"." in last:
                self._suffixes.setdefault(last[last.rindex(b".") :], []).append(glob)
            elif size := next((size for size in _HEADS if len(first) >= size), 0):
                self._heads.setdefault(first[:size], []).append(glob)
            else:
                self._others.append(glob)

    def _globs(self, path: bytes) -> Sequence[_Glob]:
        name = path[path.rfind(b"/") + 1 :]
        found = self._known.get(name)
        if found is None:
            if len(self._known) >= KNOWN:
                self._known.clear()
            found = self._known[name] = self._fitting(name)
        return found

    def _fitting(self, name: bytes) -> Sequence[_Glob]:
        found: Sequence[_Glob] = self._names.get(name, ())
        dot = name.rfind(b".")
        if dot >= 0 and (more := self._suffixes.get(name[dot:])):
            found = [*found, *more]
        for size in _HEADS:
            if more := self._heads.get(name[:size]):
                found = [*found, *more]
        return [*found, *self._others] if self._others else found

    @property
    def looking_inside(self) -> tuple[int, ...]:
        """The readers that want executable files by how they begin."""
        return tuple({n: None for n, _ in self._magics})

    @property
    def looks_inside(self) -> bool:
        """Say whether some reader wants executable files by how they begin."""
        return bool(self._magics)

    def wants(self, path: bytes) -> bool:
        """Say whether some reader wants a file for its path, or looks at it beside another."""
        if self._every:
            return True
        globs = self._globs(path)
        return bool(globs) and any(glob.expression.fullmatch(path) for glob in globs)

    def wants_start(self, start: bytes) -> bool:
        """Say whether some reader wants an executable file that begins so."""
        return any(start.startswith(magic) for _, magic in self._magics)

    def readers_of(self, path: bytes) -> list[int]:
        """Return the readers that want a path, by position, each once and in order."""
        wanted = {
            glob.reader
            for glob in self._globs(path)
            if glob.reader >= 0 and glob.expression.fullmatch(path)
        }
        return sorted(wanted.union(self._every)) if wanted else list(self._every)

    def readers_of_start(self, start: bytes) -> list[int]:
        """Return the readers that want an executable file that begins so."""
        return sorted({n for n, magic in self._magics if start.startswith(magic)})
