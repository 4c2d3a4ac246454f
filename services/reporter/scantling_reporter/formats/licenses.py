"""Licences as the SBOM formats want them: SPDX identifiers where they are some."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from cyclonedx.spdx import fixup_id

_IDENTIFIER = re.compile(r"[^A-Za-z0-9.-]+")


@lru_cache(maxsize=4096)
def spdx_id(text: str) -> str | None:
    """Return the identifier of the SPDX licence list that a text is, in its proper case."""
    return fixup_id(text.strip())


def license_reference(text: str) -> str:
    """Return the ``LicenseRef-`` for a text that is no identifier (SPDX 2.3, 10.1)."""
    name = _IDENTIFIER.sub("-", text).strip("-.")[:60]
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"LicenseRef-{name}-{digest}" if name else f"LicenseRef-{digest}"
