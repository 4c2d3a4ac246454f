"""Compare versions as pip does: two of a line of standard input, parted by a tab; a sign each."""

from __future__ import annotations

import sys

from packaging.version import InvalidVersion, Version


def sign(left: str, right: str) -> str:
    """Return the sign, or a question mark where either is no version."""
    try:
        ours, theirs = Version(left), Version(right)
    except InvalidVersion:
        return "?"
    return str((ours > theirs) - (ours < theirs))


for line in sys.stdin:
    sys.stdout.write(f"{sign(*line.rstrip(chr(10)).split(chr(9)))}\n")
