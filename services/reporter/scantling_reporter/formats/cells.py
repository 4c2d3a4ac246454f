"""Text in the cell of a spreadsheet."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from scantling_reporter.formats.terminal import safe

_FORMULA: Final = frozenset("=+-@|%")
"""What a formula, or an exchange of data with a program, begins with in some spreadsheet."""
_SEPARATED: Final = re.compile(r"([;,][ '\"`]*)(?=[=+\-@|%\uff1d\uff0b\uff0d\uff20])")
"""Where another cell would begin for a spreadsheet that takes another separator than ours."""


def cell(text: str) -> str:
    """Return text on one line that no spreadsheet takes for a formula.

    Text that could be one is put behind an apostrophe, as people do it by hand. Wide forms of the
    characters, and white space or quotes before them, protect nobody.
    """
    line = safe(" ".join(text.split()))
    first = unicodedata.normalize("NFKC", line.lstrip("'\"` ")[:1])[:1]
    guarded = _SEPARATED.sub(r"\1'", line)
    return f"'{guarded}" if first in _FORMULA and first else guarded
