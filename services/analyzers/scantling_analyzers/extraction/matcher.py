"""Which files of a layer which reader wants: all patterns compiled into one matcher.

A pattern is a glob over the path inside the layer: ``*`` and ``?`` stay within one path segment,
``**/`` stands for any number of leading segments, and ``**`` alone is every regular file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_analyzers.contract import Reader

_WILD = re.compile(r"[*?]")
_TOKEN = re.compile(r"\*\*/|\*|\?|[^*?]+")
_MEANING = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}


def compile_pattern(pattern: str) -> re.Pattern[bytes]:
    """Return the regular expression of one glob; it takes time linear in the path."""
    text = "".join(_MEANING.get(token) or re.escape(token) for token in _TOKEN.findall(pattern))
    return re.compile(text.encode(), re.DOTALL)


class Matcher:
    """The patterns of several readers.

    Most paths are dismissed by three cheap questions (is it one of the literal paths, does it
    end or begin with a literal part of some pattern); only what is left is matched.
    """

    def __init__(self, readers: Sequence[Reader]) -> None:
        """Compile the patterns of the readers; matches name them by position."""
        self._every = tuple(n for n, reader in enumerate(readers) if "**" in reader.patterns)
        self._magics = [(n, magic) for n, reader in enumerate(readers) for magic in reader.magics]
        self._expressions = [
            (n, compile_pattern(pattern))
            for n, reader in enumerate(readers)
            for pattern in reader.patterns
            if pattern != "**"
        ]
        literal, begins, ends = set(), set(), set()
        for pattern in (p for reader in readers for p in reader.patterns if p != "**"):
            parts = [part.encode() for part in _WILD.split(pattern)]
            if len(parts) == 1:
                literal.add(parts[0])
            elif parts[-1]:
                ends.add(parts[-1])
                literal.add(parts[-1].removeprefix(b"/"))  # "**/" also stands for no folder
            else:
                begins.add(parts[0])
        self._literal = frozenset(literal)
        self._begins, self._ends = tuple(sorted(begins)), tuple(sorted(ends))

    def candidates(self, paths: Sequence[bytes]) -> Iterable[int]:
        """Return the rows whose path some reader may want, in order."""
        if self._every:
            return range(len(paths))
        literal, begins, ends = self._literal, self._begins, self._ends
        return [
            row
            for row, path in enumerate(paths)
            if path.endswith(ends) or path in literal or path.startswith(begins)
        ]

    @property
    def looks_inside(self) -> bool:
        """Say whether some reader wants executable files by how they begin."""
        return bool(self._magics)

    def readers_of_content(self, start: bytes) -> list[int]:
        """Return the readers that want an executable file that begins so."""
        return sorted({n for n, magic in self._magics if start.startswith(magic)})

    def readers_of(self, path: bytes) -> list[int]:
        """Return the readers that want a path, by position, each once and in order."""
        wanted = set(self._every)
        wanted.update(n for n, expression in self._expressions if expression.fullmatch(path))
        return sorted(wanted)
