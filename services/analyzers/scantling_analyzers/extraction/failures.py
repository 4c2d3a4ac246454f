"""The code of a *failed* outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.extraction.layer import LayerFailed

if TYPE_CHECKING:
    from scantling_common.errors import ScantlingError


def code_of(error: ScantlingError) -> str:
    """Return the stable code of a failure."""
    return error.reason if isinstance(error, LayerFailed) else error.code
