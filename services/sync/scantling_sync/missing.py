"""Which placements that a complete listing lacks may go now: pure.

Each still needs a 404 of its own. A listing that lacks over a fifth of a repository's
placements, and at least ten, may be the registry's mistake: those need a second listing that
lacks them, begun an hour later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.records.sync import Placement

if TYPE_CHECKING:
    from collections.abc import Sequence

MASS_COUNT: Final = 10
MASS_SHARE: Final = 0.2
CONFIRM_AFTER_MS: Final = 3_600_000


class Verdict(msgspec.Struct, frozen=True):
    """Which placements may go.

    ``missing_since`` is when the listing that waits for a second one began, in milliseconds
    since the epoch, 0 where none waits.
    """

    may_go: tuple[Placement, ...]
    missing_since: int

    @property
    def confirm_at(self) -> int:
        """Return when the second listing may begin, 0 for none."""
        return self.missing_since + CONFIRM_AFTER_MS if self.missing_since else 0


def judge(missing: Sequence[Placement], live: int, *, missing_since: int, began_at: int) -> Verdict:
    """Return what becomes of the placements that a listing lacks.

    ``live`` is how many placements the repository has, those missing included;
    ``missing_since`` is what the verdict before said; ``began_at`` is when the listing began.
    """
    confirms = bool(missing_since) and began_at - missing_since >= CONFIRM_AFTER_MS
    twice = tuple(each for each in missing if confirms and each.last_seen_at < missing_since)
    if not is_mass(live, len(missing) - len(twice)):
        return Verdict(tuple(missing), 0)
    waiting_since = missing_since if missing_since and not confirms else began_at
    return Verdict(twice, waiting_since)


def is_mass(live: int, missing: int) -> bool:
    """Tell whether so many missing of so many live placements must be confirmed."""
    return missing >= MASS_COUNT and missing > live * MASS_SHARE
