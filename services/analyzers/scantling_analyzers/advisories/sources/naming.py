"""Which names of archive entries are taken, and how they are shown; pure."""

from __future__ import annotations

from typing import Final

from scantling_common.layers.escape import escape

MAX_NAME: Final = 4096
_SHOWN: Final = 500
"""How many characters of a path are shown."""


def problem_of(name: str) -> str:
    """Return why a name is not taken, empty where it is.

    Nothing is ever written under a name. But one that leads out of its archive is somebody's
    attempt, and is told of.
    """
    if not name or "\0" in name:
        return "has no name that can be read"
    if len(name) > MAX_NAME:
        return "has a name that is too long"
    if name.startswith(("/", "\\")) or name[1:2] == ":":
        return "has an absolute name"
    if ".." in name.replace("\\", "/").split("/"):
        return "has a name that leads out of the archive"
    return ""


def shown(name: str) -> str:
    """Return a path of a source as it may be shown; of a long one the end, which tells more."""
    text = escape(name.encode("utf-8", "surrogateescape"))
    return text if len(text) <= _SHOWN else f"…{text[1 - _SHOWN :]}"
