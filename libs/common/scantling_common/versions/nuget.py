"""Versions of .NET packages (NuGet package versioning; ``NuGet.Versioning``).

As Semantic Versioning, with a fourth number and without regard to case.
"""

from __future__ import annotations

import re
from typing import Final

from scantling_common.versions.digits import number
from scantling_common.versions.semver import identifiers_key

_WHOLE: Final = re.compile(
    r"([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:\.([0-9]+))?"
    r"(?:-([0-9a-z.-]+))?(?:\+[0-9a-z.-]+)?"
)


def key(text: str) -> str | None:
    """Return the key, None for what NuGet does not take for a version."""
    match = _WHOLE.fullmatch(text.lower())
    if match is None:
        return None
    *numbers, before = match.groups()
    written = identifiers_key(before)
    return written and "".join([number(each or "") for each in numbers]) + written
