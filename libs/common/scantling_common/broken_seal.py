"""What is said of a sealed value that can't be opened; to know it loads no cryptography."""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class SealBroken(ScantlingError):
    """A sealed value was damaged, moved from its place, or sealed with another key."""

    code = "seal_broken"
