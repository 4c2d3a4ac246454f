"""Paths inside a layer: bytes, relative to the root, without ``.``, ``..`` and empty segments."""

from __future__ import annotations

from enum import Enum
from typing import Final

_DOTTED: Final = frozenset({".", "/"})


class PathProblem(Enum):
    """Why a name in an archive addresses nothing inside the layer."""

    EMPTY = "empty_name"
    TRAVERSAL = "path_traversal"
    TOO_LONG = "name_too_long"
    NUL = "nul_in_name"
    BAD_WHITEOUT = "bad_whiteout"
    UNKNOWN_TYPE = "unknown_entry_type"
    BAD_LINK = "bad_link"
    BAD_SPARSE = "bad_sparse_map"


def normalise(name: bytes) -> bytes | None:
    """Return the path that ``name`` addresses, ``b""`` for the root, None if it leads out of it.

    A leading ``/`` and ``./``, doubled slashes and a trailing slash are dropped, and ``..`` takes
    the segment before it away as it is written, links or not: so do container runtimes, and a
    package database may be named in that way.
    """
    if name[:2] == b"./":
        name = name[2:]
    if name[-1:] == b"/":
        name = name[:-1]
    # What has a segment that is empty, "." or ".." shows one of these. To look into text is much
    # faster than to look into bytes, whose "in" first tries to take the operand for a number.
    text = name.decode("latin-1")
    if "./" not in text and "//" not in text and text[:1] != "/" and text[-1:] not in _DOTTED:
        return name
    segments = [segment for segment in name.split(b"/") if segment not in {b"", b"."}]
    return b"/".join(segments) if b".." not in segments else _climbing(segments)


def _climbing(segments: list[bytes]) -> bytes | None:
    kept: list[bytes] = []
    for segment in segments:
        if segment != b"..":
            kept.append(segment)
        elif kept:
            kept.pop()
        else:
            return None
    return b"/".join(kept)


def parent(path: bytes) -> bytes:
    """Return the directory of ``path``; the root is ``b""``."""
    return path.rpartition(b"/")[0]


def ancestors(path: bytes) -> list[bytes]:
    """Return all directories above ``path``, nearest first, the root last; the root has none."""
    found = []
    while path:
        path = path.rpartition(b"/")[0]
        found.append(path)
    return found
