"""Whether the advisories at hand are as new as a job wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.announcements import Announcements

if TYPE_CHECKING:
    from collections.abc import Callable


class Builds(Announcements):
    """The builds that were announced, and the one at hand."""

    def __init__(self, at_hand: Callable[[], str]) -> None:
        """``at_hand`` returns the build that analyses are made with, empty where there is none."""
        super().__init__()
        self._at_hand = at_hand

    def is_behind(self, at_least: str | None) -> bool:
        """Tell whether a job must wait for newer advisories than those at hand.

        What was never announced can't be told to be newer, and is waited with until it is. A
        build that is wanted and was forgotten since is older than any that is remembered. Where
        it was announced that there is none any more, nobody waits for those before.
        """
        if not at_least:
            return False
        build = self._at_hand()
        return build != at_least and self.sequence_of(build) < self.sequence_of(at_least)
