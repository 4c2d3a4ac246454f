"""Whether text in which secrets were masked had one; pure.

What is stored of an image's configuration is masked where a name sounds secret. Some names sound so
and hold what is public: fingerprints of keys by which downloads are checked.
"""

from __future__ import annotations

import re
from typing import Final

from scantling_common.telemetry.redaction import MASK

_NAMED: Final = re.compile(
    rf"([\w.-]{{1,64}}+)[\"']?\s{{0,8}}+(?:[=:]\s{{0,8}}+)?[\"']?{re.escape(MASK)}"
)
_PUBLIC: Final = re.compile(
    r"(?:^|[_.-])(?:GPG|PGP|PUBLIC|PUB|SIGNING|RELEASE)_?KEYS?(?:$|_)|KEY_?IDS?$|FINGERPRINTS?$",
    re.IGNORECASE,
)


def has_secret(text: str) -> bool:
    """Say whether something was masked whose name is not that of something public."""
    if MASK not in text:
        return False
    names = _NAMED.findall(text)
    return len(names) < text.count(MASK) or not all(map(_PUBLIC.search, names))
