"""The advisory database of a scan, and the VEX documents that a user gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling.advisories.place import advisories_file
from scantling.cli.errors import UsageError
from scantling.scan.given_file import content_of
from scantling_analyzers.advisories.database.errors import AdvisoriesError
from scantling_analyzers.advisories.provider import AdvisoryFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scantling_analyzers.advisories.feeds.contract import Feed
    from scantling_analyzers.advisories.matching.matcher import Matcher
    from scantling_analyzers.advisories.models import Exemption
    from scantling_analyzers.advisories.provider import Remark

MAX_VEX: Final = 64 * 1024 * 1024
_SHOWN: Final = 3
_HINT: Final = "a VEX document is OpenVEX, CycloneDX or CSAF, as JSON"


class AdvisoriesGiven(UsageError):
    """The advisory database that was named can't be used."""

    code = "advisories_unusable"


class VexUnusable(UsageError):
    """A VEX document can't be used."""

    code = "vex_unusable"


class AdvisoriesOfUser:
    """The database that a user means: that it can't be used is the user's mistake."""

    def __init__(self, file: Path, own: Sequence[Exemption] = ()) -> None:
        """Bind the file, and the user's own VEX statements; nothing is opened."""
        self._file, self._advisories = file, AdvisoryFile(file, own)

    def matcher(self) -> Matcher:
        """Return the matcher over the database; raises :class:`AdvisoriesGiven`."""
        try:
            matcher = self._advisories.matcher()
        except AdvisoriesError as error:
            raise AdvisoriesGiven(error.message, hint=error.hint) from error
        if matcher is None:
            hint = "build it: scantling advisories build SOURCE… -o FILE"
            raise AdvisoriesGiven(f"{self._file} is not there", hint=hint)
        return matcher

    def remark(self) -> Remark | None:
        """Tell that the build had to leave something out that it could not read."""
        return self._advisories.remark()


def advisories_of(given: Path | None, vex: Sequence[Path]) -> AdvisoriesOfUser | None:
    """Return the database that a user names, else that of the data directory; None without one.

    It is opened when it is asked for. Raises :class:`VexUnusable`.
    """
    file = advisories_file(given)
    # Read in any case: a mistake in them must not show only once there is a database.
    own = read_vex(vex)
    return None if given is None and not file.exists() else AdvisoriesOfUser(file, own)


def read_vex(files: Sequence[Path]) -> tuple[Exemption, ...]:
    """Return the statements of VEX documents, in their order.

    Raises :class:`VexUnusable` for a file that is none, or that has a statement that can't be used:
    what a user means to set aside must not be left out in silence.
    """
    if not files:
        return ()
    # Most scans have none.
    from scantling_analyzers.advisories.feeds.catalogue import VEX  # noqa: PLC0415  # as said

    return tuple(each for file in files for each in _statements(file, VEX))


def _statements(file: Path, feeds: Sequence[Feed]) -> list[Exemption]:
    from scantling_analyzers.advisories.feeds.contract import (  # noqa: PLC0415  # as above
        FeedUnreadable,
    )
    from scantling_analyzers.advisories.models import (  # noqa: PLC0415  # as above
        Exemption,
        Refused,
    )
    from scantling_analyzers.advisories.sources.document import of_bytes  # noqa: PLC0415  # as above

    document = of_bytes(file.name, _content(file))
    feed = next((each for each in feeds if each.recognises(file.name, document.head())), None)
    if feed is None:
        raise VexUnusable(f"{file} is no VEX document that is known", hint=_HINT)
    found, refused = [], []
    try:
        for said in feed.read(document):
            if isinstance(said, Exemption):
                found.append(said)
            elif isinstance(said, Refused):
                refused.append(f"{said.record}: {said.message}")
    except FeedUnreadable as error:
        raise VexUnusable(f"{file}: {error.message}", hint=_HINT) from error
    if refused:
        more = f" and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
        raise VexUnusable(f"{file}: {'; '.join(refused[:_SHOWN])}{more}")
    if not found:
        raise VexUnusable(f"{file} holds no VEX statement", hint=_HINT)
    return found


def _content(file: Path) -> bytes:
    data = content_of(file, MAX_VEX, VexUnusable)
    if len(data) > MAX_VEX:
        raise VexUnusable(f"{file} has more than {MAX_VEX:,} bytes")
    return data
