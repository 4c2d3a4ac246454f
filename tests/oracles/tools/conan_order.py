"""Compare versions as Conan does: two of a line of standard input, parted by a tab; a sign each."""

from __future__ import annotations

import sys

from conan.internal.model.version import (  # type: ignore[import-not-found] # it has its own environment
    Version,
)

for line in sys.stdin:
    left, right = (Version(each) for each in line.rstrip("\n").split("\t"))
    sys.stdout.write(f"{(left > right) - (left < right)}\n")
