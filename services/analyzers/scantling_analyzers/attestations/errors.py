"""Why a document beside an image can't be used.

The codes are those of readers (:mod:`scantling_analyzers.facts.reading`), and
``subject_mismatch`` for one that is about something else.
"""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class ClaimUnusable(ScantlingError):
    """The document can't be used; nothing of it is."""

    code = "claim_unusable"

    def __init__(self, message: str = "", *, code: str = "malformed") -> None:
        """Make the error with the stable code of its ``reason``."""
        super().__init__(message)
        self.reason = code
