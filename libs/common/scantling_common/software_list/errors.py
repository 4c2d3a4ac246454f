"""What can be wrong with a line of the list."""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class EntryInvalid(ScantlingError):
    """A line of the list disallowed-software can't be understood.

    ``column`` counts from 1, in the line as it was given.
    """

    code = "list_entry_invalid"

    def __init__(self, message: str, *, column: int, hint: str) -> None:
        """Say what is wrong, where, and what to write."""
        super().__init__(message, hint=hint)
        self.column = column
