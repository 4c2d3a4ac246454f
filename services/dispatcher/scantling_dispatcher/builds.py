"""Which build of the advisories is the newest: of those that were heard of, and by the store.

Who announces a build writes it down first. So the store knows of it before anybody can hear of it,
and before the packages are looked through for which it says something else: what ends in between
is late all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.announcements import Announcement
from scantling_common.records.extractor import CURRENT_BUILD

if TYPE_CHECKING:
    from scantling_common.announcements import Announcements
    from scantling_dispatcher.repositories import Repositories


class Builds:
    """Reads ``advisory_builds``, and what was announced."""

    def __init__(self, repositories: Repositories, announcements: Announcements) -> None:
        """Write nothing."""
        self._builds = repositories.builds
        self._announcements = announcements

    @property
    def heard(self) -> Announcement:
        """Return the newest that was heard of."""
        return self._announcements.newest

    async def newest(self) -> Announcement:
        """Return the newest that is announced or being announced."""
        known = await self._builds.get(CURRENT_BUILD)
        if known is None or known.sequence <= self.heard.sequence:
            return self.heard
        return Announcement(known.build, known.sequence)

    def is_older(self, build: str) -> bool:
        """Tell whether a build was announced, and a newer one since."""
        return self._announcements.is_older(build)

    def is_unheard(self, build: str) -> bool:
        """Tell whether nobody announced a build, or so long ago that it is forgotten."""
        return not self._announcements.sequence_of(build)
