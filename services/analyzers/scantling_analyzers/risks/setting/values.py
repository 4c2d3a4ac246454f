"""Values of keys in files that are read one after the other; pure.

Lines are ``KEY value``, ``KEY=value`` or a word alone, which is a flag: ``yes``. Sections are those
of ini files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.risks.setting.system import Config

FLAG: Final = "yes"
"""The value of a key that stands alone."""
_LINE: Final = re.compile(r"([^\s=\[\]#;]{1,256}+)(?:\s*+=\s*+|\s++)?(.*)")
_SECTION: Final = re.compile(r"\[\s*+([^\]]{1,256}+)\]")
_COMMENT: Final = re.compile(r"\s++#.*")


class Value(NamedTuple):
    """A value and where it stands."""

    key: str
    value: str
    path: str
    line: int
    layer: int

    @property
    def observed(self) -> str:
        """Return what is shown."""
        return f"{self.key} {self.value}".rstrip()


def values(files: Iterable[Config], key: str, section: str = "") -> Iterator[Value]:
    """Yield every value of a key, in the order in which it is read."""
    wanted, inside = key.lower(), section.lower()
    for file in files:
        current = ""
        for number, text in file.lines:
            if text.startswith(("#", ";")):
                continue
            if head := _SECTION.match(text):
                current = head[1].strip().lower()
                continue
            match = _LINE.match(text)
            if match is None or match[1].lower() != wanted or (inside and current != inside):
                continue
            value = _COMMENT.sub("", match[2]).strip()
            yield Value(match[1], value or FLAG, file.path, number, file.layer)
