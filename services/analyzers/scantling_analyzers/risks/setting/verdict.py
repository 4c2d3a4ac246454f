"""What the examination of one check item says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN: Final = 900
"""How much of several things seen is shown, in characters: what is beyond is counted."""

Status = Literal["passed", "failed", "not_applicable", "unknown"]


class Verdict(NamedTuple):
    """A status and what was seen: at which path (escaped) and line, in which layer.

    Of what is *not_applicable* or *unknown* ``observed`` is the reason. ``layer`` is None and
    ``path`` empty where nothing is there.
    """

    status: Status
    observed: str
    path: str = ""
    line: int = 0
    layer: int | None = None


def passed(observed: str, path: str = "", line: int = 0, layer: int | None = None) -> Verdict:
    """Return that it is as expected."""
    return Verdict("passed", observed, path, line, layer)


def failed(observed: str, path: str = "", line: int = 0, layer: int | None = None) -> Verdict:
    """Return that it is not as expected."""
    return Verdict("failed", observed, path, line, layer)


def not_applicable(reason: str) -> Verdict:
    """Return that there is nothing to judge, and why."""
    return Verdict("not_applicable", reason)


def listed(seen: Iterable[str]) -> str:
    """Return all that was seen, once each, as one text; empty where nothing was."""
    shown: list[str] = []
    more = room = 0
    for each in dict.fromkeys(seen):
        room += len(each)
        if shown and room > SHOWN:
            more += 1
        else:
            shown.append(each)
    return " ; ".join((*shown, f"and {more} more") if more else shown)


class Unreadable(Exception):
    """A file that must be looked at can't be read: nothing is known of what it says."""

    def __init__(self, path: str) -> None:
        """Name the file."""
        super().__init__(path)
        self.path = path
