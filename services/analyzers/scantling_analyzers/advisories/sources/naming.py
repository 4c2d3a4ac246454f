"""Which names of archive entries are taken; pure."""

from __future__ import annotations

from typing import Final

MAX_NAME: Final = 4096


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
