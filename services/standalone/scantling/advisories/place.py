"""Where the advisory database of this machine is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from scantling_analyzers.advisories.provider import FILE_NAME

DATA: Final = "scantling-data"


FEEDS: Final = "feeds"


def feeds_folder() -> Path:
    """Return the directory of what is fetched: ``feeds`` in the data directory."""
    return Path(os.environ.get("SCANTLING_DATA") or DATA) / FEEDS


def advisories_file(given: Path | None) -> Path:
    """Return the file that a user gives, else that of the data directory (``SCANTLING_DATA``)."""
    return given or Path(os.environ.get("SCANTLING_DATA") or DATA) / FILE_NAME
