"""Names of packages as they are compared: of advisories and of images alike; pure."""

from __future__ import annotations

import re
from typing import Final

_SEPARATORS: Final = re.compile(r"[-_.]+")
_SCHEME: Final = re.compile(r"[a-z]{1,10}://")
_FOLDED: Final = frozenset(
    {"Bitnami", "ConanCenter", "GitHub Actions", "Hex", "NuGet", "Packagist", "Pub", "cpe", "npm"}
)
"""Ecosystems that make no difference between upper and lower case.

npm takes no new name with a capital, and advisories don't always write names as it does
(GHSA-8hc4-vh64-cxmj speaks of *Axios*).
"""


def normalised_name(stream: str, name: str) -> str:
    """Return a package's name in the form in which the names of its stream are compared.

    PyPI's as PEP 503 (Normalized Names) says; those of crates.io with ``-`` for ``_``, between
    which Cargo makes no difference; SwiftURL's without scheme and ``.git``; others in lower case
    where their ecosystem makes no difference; all else as it is.
    """
    if stream == "PyPI":
        return _SEPARATORS.sub("-", name).lower()
    if stream == "crates.io":
        return name.replace("_", "-").lower()
    if stream == "SwiftURL":
        return _SCHEME.sub("", name.lower(), count=1).removesuffix("/").removesuffix(".git")
    return name.lower() if stream in _FOLDED else name
