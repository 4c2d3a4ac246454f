"""Patterns of paths, as people write them: ``usr/lib/*.jar``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from scantling_common.errors import ScantlingError

MAX_PATTERN: Final = 256
"""How many characters a pattern may have that is no plain path."""

MAX_STARS: Final = 16

_WILD: Final = re.compile(r"[*?]")


class PatternInvalid(ScantlingError):
    """The pattern is longer, or has more stars, than anybody needs."""

    code = "pattern_invalid"


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A path, in which ``*`` stands for any text, with slashes too, and ``?`` for a character."""

    text: str
    _expression: re.Pattern[str] | None = field(compare=False, repr=False)

    @property
    def beginning(self) -> str:
        """Return what every path that matches begins with."""
        return _WILD.split(self.text, maxsplit=1)[0]

    @property
    def exact(self) -> bool:
        """Tell whether it is a path and no pattern."""
        return self._expression is None

    def matches(self, path: str) -> bool:
        """Tell whether a path matches; takes at most the product of both lengths."""
        if self._expression is None:
            return path == self.text
        return self._expression.fullmatch(path) is not None


def path_pattern(text: str) -> PathPattern:
    """Return a pattern of paths in an image, which have no slash at their beginning.

    Raises :class:`PatternInvalid`.
    """
    text = text.lstrip("/")
    if not _WILD.search(text):
        return PathPattern(text, None)
    if len(text) > MAX_PATTERN or text.count("*") > MAX_STARS:
        message = f"a pattern has at most {MAX_PATTERN} characters and {MAX_STARS} stars"
        raise PatternInvalid(message, hint="write the beginning of the path, then a star")
    first, *rest = (re.escape(part).replace(r"\?", ".") for part in text.split("*"))
    if not rest:
        return PathPattern(text, re.compile(first, re.DOTALL))
    # What a star took is never given back, but for the last one: so this can't take for ever.
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1])
    return PathPattern(text, re.compile(f"{first}{middle}.*{rest[-1]}", re.DOTALL))
