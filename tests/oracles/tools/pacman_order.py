"""Compare versions as pacman does: two of a line of standard input, parted by a tab; a sign each.

``vercmp`` takes one pair per process, so its library is called. A question mark stands for two of
which only one has a release: pacman then leaves it out, which orders nothing.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys

alpm = ctypes.CDLL(ctypes.util.find_library("alpm") or "libalpm.so.13")

for line in sys.stdin:
    left, right = line.rstrip("\n").encode().split(b"\t")
    if (b"-" in left) is (b"-" in right):
        order = alpm.alpm_pkg_vercmp(left, right)
        sys.stdout.write(f"{(order > 0) - (order < 0)}\n")
    else:
        sys.stdout.write("?\n")
