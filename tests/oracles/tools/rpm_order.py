"""Compare versions as rpm does: two of a line of standard input, parted by a tab; a sign each.

It runs under the Python of the system, which has rpm's module. That takes an epoch, a version and
a release; a question mark stands for an epoch that is no number.
"""

from __future__ import annotations

import re
import sys

import rpm  # type: ignore[import-not-found] # a module of the distribution, not of an index


def taken_apart(text: str) -> tuple[str, str, str] | None:
    """Return the epoch, the version and the release."""
    epoch = "0"
    if match := re.match(r"([0-9]*):", text):
        epoch, text = match[1] or "0", text[match.end() :]
    version, hyphen, release = text.rpartition("-")
    if not hyphen:
        version, release = text, ""
    return None if ":" in text or not version else (epoch, version, release)


for line in sys.stdin:
    left, right = (taken_apart(each) for each in line.rstrip("\n").split("\t"))
    sys.stdout.write(f"{rpm.labelCompare(left, right) if left and right else '?'}\n")
