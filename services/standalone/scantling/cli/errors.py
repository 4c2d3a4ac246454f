"""What a command line can ask for in vain."""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class UsageError(ScantlingError):
    """The command line asks for something that does not exist."""

    code = "usage"
