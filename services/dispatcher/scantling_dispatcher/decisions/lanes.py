"""Lanes of waiting images, and which one is next.

A lane is (class, task, registry); its rows are served oldest first. The oldest row of the
highest class goes first, but every eighth pick takes the oldest of all, so that nothing starves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CLASSES: Final = {"push": 0, "manual": 1, "scheduled": 2, "rematch": 3}
"""The classes of lanes, the first before the others.

Lanes of the last class need no registry: their scans take no slot and are debited from no limit.
"""

FREE: Final = CLASSES["rematch"]
"""The class of such lanes."""

FAIR: Final = 8
"""Every pick of this number takes the oldest row whatever its class."""


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """A lane, and the earliest instant (ms) at which its first row may be due."""

    name: str
    rank: int
    task: str
    registry: str
    due_at: int = 0


def lane_name(priority: str, task: str, registry: str) -> str:
    """Return the name of a lane: ``{digit of the class}/{task}/{registry}``."""
    return f"{CLASSES[priority]}/{task}/{registry}"


def lane_of(name: str, due_at: int) -> Lane:
    """Return the lane of a name that :func:`lane_name` made."""
    rank, task, registry = name.split("/", 2)
    return Lane(name=name, rank=int(rank), task=task, registry=registry, due_at=due_at)


def is_free(name: str) -> bool:
    """Tell whether what a lane begins takes no slot and is debited from no limit."""
    return lane_of(name, 0).rank == FREE


def behind(name: str) -> str:
    """Return a text after a lane's name and before that of any other lane behind it.

    ``!`` sorts before every character that tasks and registries are named with.
    """
    return f"{name}!"


def next_lane(
    lanes: Iterable[Lane], *, picks: int, now: int, is_open: Callable[[Lane], bool]
) -> Lane | None:
    """Return the lane whose first row is taken, None where nothing is due in an open lane.

    ``picks`` is how many rows were taken before this one.
    """
    fair = picks % FAIR == FAIR - 1
    best: Lane | None = None
    for lane in lanes:
        if lane.due_at > now or (best is not None and _order(lane, fair) >= _order(best, fair)):
            continue
        if is_open(lane):
            best = lane
    return best


def _order(lane: Lane, fair: bool) -> tuple[int, int, str]:  # noqa: FBT001  # a private key
    return (0 if fair else lane.rank, lane.due_at, lane.name)
