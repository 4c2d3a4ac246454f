"""The passwords that everybody tries: a list of our own."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

_FILE: Final = "common-passwords.list"
_COMMENT: Final = "# "
_MARK_LENGTH: Final = 16


@cache
def common_passwords() -> tuple[str, ...]:
    """Return the list, the most likely one first."""
    lines = _text().splitlines()
    return tuple(line for line in lines if line and not line.startswith(_COMMENT))


@cache
def common_mark() -> str:
    """Return a short text that is another one for another list."""
    return f"passwords:{hashlib.sha256(_text().encode()).hexdigest()[:_MARK_LENGTH]}"


@cache
def _text() -> str:
    return files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
