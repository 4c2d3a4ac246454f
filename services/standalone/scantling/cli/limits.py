"""The limits that a command is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling.cli.errors import UsageError
from scantling_analyzers.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from pathlib import Path

    from scantling_analyzers.limits import Limits


def file_limits(file: Path | None) -> Limits:
    """Return the limits of a file, the default ones without it; raises :class:`UsageError`."""
    if file is None:
        return DEFAULT_LIMITS
    # Most scans read no TOML.
    from scantling_analyzers.limits_file import LimitsInvalid, read_limits

    try:
        return read_limits(file)
    except LimitsInvalid as error:
        raise UsageError(error.message, hint=error.hint) from error
