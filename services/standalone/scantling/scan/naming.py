"""What an archive calls its images: the archive's own word, shown and never believed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from scantling_common.errors import ScantlingError
from scantling_common.images.reference import Reference, parse_reference

if TYPE_CHECKING:
    from scantling_common.images.models import ImageCandidate


def name_of(candidate: ImageCandidate) -> Reference | None:
    """Return the first name of an image that is a reference."""
    for name in candidate.names:
        if not {"/", ":"}.intersection(name):
            continue  # an OCI layout names its tags only
        with contextlib.suppress(ScantlingError):
            return parse_reference(name)
    return None
