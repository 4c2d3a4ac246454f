"""Times in the forms that feeds of XML write them; pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from scantling_analyzers.advisories.times import instant

_SECONDS: Final = re.compile(r"\d{9,10}", re.ASCII)
_DAY: Final = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)


def loose_instant(text: str) -> str:
    """Return a time as :func:`instant` does, also of seconds, ``20230911`` and ``… UTC``."""
    text = text.strip().removesuffix(" UTC")
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if day := _DAY.fullmatch(text):
        text = "-".join(day.groups())
    return instant(text)
