"""Regular expressions that are compiled when they are first used."""

from __future__ import annotations

import re
from functools import cached_property


class Expression:
    """A regular expression; what is never searched for takes no time to compile."""

    def __init__(self, text: str, flags: int = 0) -> None:
        """Keep the text; that it is one is found at its first use."""
        self._text, self._flags = text, flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The expression, compiled; several threads may compile it at once, to the same."""
        return re.compile(self._text, self._flags)
