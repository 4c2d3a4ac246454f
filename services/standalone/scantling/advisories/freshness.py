"""Whether a database has in it what was fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.advisories.database.errors import AdvisoriesError
from scantling_analyzers.advisories.database.reader import AdvisoryDatabase

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from scantling_analyzers.advisories.fetching.publications import Publication


def is_fresh(database: Path, folder: Path, publications: Iterable[Publication]) -> bool:
    """Tell whether a database can be read and was built after the last file came.

    What was fetched by a run that then failed to build, was killed, or only fetched, is in none.
    """
    try:
        with AdvisoryDatabase(database):
            built = database.stat().st_mtime_ns
        return all(_came(folder / each.path) < built for each in publications)
    except (AdvisoriesError, OSError):
        return False


def _came(file: Path) -> int:
    """Return when a file was written, 0 where it never came."""
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
