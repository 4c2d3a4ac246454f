"""The advisory database that is at hand, as analyzers ask for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from scantling_analyzers.advisories.database.errors import AdvisoriesError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scantling_analyzers.advisories.matching.matcher import Matcher
    from scantling_analyzers.advisories.models import Exemption

FILE_NAME: Final = "advisories.db"
"""What the database is called in a data directory."""


class Remark(NamedTuple):
    """Why a database is not all that is known: a stable code, and a sentence for people."""

    code: str
    message: str


class Provider(Protocol):
    """Gives the matcher over the database that is to be used now."""

    def matcher(self) -> Matcher | None:
        """Return it, None where there is no database.

        Raises :class:`~scantling_analyzers.advisories.database.errors.AdvisoriesError` where
        there is one that can't be used.
        """

    def remark(self) -> Remark | None:
        """Return why what is matched with it is only a part of what is known, mostly None."""


class NoAdvisories:
    """There is no database."""

    def matcher(self) -> Matcher | None:
        """Return None."""
        return None

    def remark(self) -> Remark | None:
        """Return None."""
        return None


def build_of(provider: Provider) -> str:
    """Return the build of the database at hand, empty where there is none that can be used."""
    try:
        matcher = provider.matcher()
    except AdvisoriesError:
        return ""
    return "" if matcher is None else matcher.build


class AdvisoryFile:
    """The database at one path, opened when it is first asked for.

    A new build takes the place of the file by a rename: the next to ask gets that one, and who
    still uses the old one goes on with it.
    """

    def __init__(self, path: Path, own: Sequence[Exemption] = (), *, whole: bool = False) -> None:
        """Bind the path, and the user's own VEX statements; nothing is opened.

        ``whole`` says that every byte is checked when it is opened, for those who open it seldom.
        """
        self._path, self._own, self._whole = path, own, whole
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._matcher: Matcher | None = None
        self._remark: Remark | None = None

    def matcher(self) -> Matcher | None:
        """Return the matcher over the file that is there now, None where there is none."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError:
            # Opening it tells what is wrong.
            return self._opened()
        now = (found.st_dev, found.st_ino, found.st_mtime_ns)
        with self._lock:
            if self._matcher is None or now != self._seen:
                self._matcher = self._opened()
                self._seen = now
            return self._matcher

    def remark(self) -> Remark | None:
        """Tell that the build had to leave something out that it could not read."""
        self.matcher()
        return self._remark

    def _opened(self) -> Matcher:
        # Only where there is a database: who scans without one starts sooner without these.
        from scantling_analyzers.advisories.database.reader import (  # noqa: PLC0415  # as said
            AdvisoryDatabase,
        )
        from scantling_analyzers.advisories.matching.matcher import (  # noqa: PLC0415  # as said
            Matcher,
        )

        database = AdvisoryDatabase(self._path)
        if self._whole:
            from scantling_analyzers.advisories.database.sealing import (  # noqa: PLC0415  # as said
                check_seal,
            )

            try:
                check_seal(database)
            except AdvisoriesError:
                database.close()
                raise
        self._remark = _remark_of(database.unread)
        return Matcher(database, self._own)


class WithSample:
    """A database, and until there is one a sample, which is a part of what is known."""

    def __init__(self, advisories: Provider, sample: Provider, remark: Remark) -> None:
        """Bind both; ``remark`` says what the sample is."""
        self._advisories, self._sample, self._remark = advisories, sample, remark

    def matcher(self) -> Matcher | None:
        """Return the matcher over the database where there is one, else over the sample."""
        return self._advisories.matcher() or self._sample.matcher()

    def remark(self) -> Remark | None:
        """Return what the sample is while it is used."""
        return self._advisories.remark() if self._advisories.matcher() else self._remark


def _remark_of(unread: int) -> Remark | None:
    if not unread:
        return None
    return Remark(
        "advisories_damaged",
        f"{unread:,} documents or archives could not be read when the advisories were built: "
        "what they say is not known ('scantling advisories status' names them)",
    )
