"""Versions of RPM packages (rpm-version(7), rpmvercmp of rpm 4.15 and later).

An advisory may name a version without a release. As a key it is the lowest of that version; as the
end of a range it covers every release (see ``ceiling`` in ``keys.py``), as in RPM's dependencies.
"""

from __future__ import annotations

import re
from typing import Final

from scantling_common.versions.digits import END, number

_SEGMENT: Final = re.compile(r"[0-9]+|[A-Za-z]+|[~^]")
_EPOCH: Final = re.compile(r"(?:([0-9]*)|\(none\)):")
_END: Final = "\x02"
_MARKS: Final = {"~": "\x01", "^": "\x03"}
"""A tilde is before the end, a caret after it and before any segment."""
_NO_RELEASE: Final = "\x00"
"""Below every release, a pre-release of the packager (tilde) too."""


def key(text: str) -> str | None:
    """Return the key of ``[epoch:]version[-release]``; ``(none)`` is how rpm prints no epoch.

    None is returned for an epoch that is no number, and where no letter or digit is left.
    """
    first = "0"
    if match := _EPOCH.match(text):
        first, text = match[1] or "0", text[match.end() :]
    if ":" in text:
        return None
    version, hyphen, release = text.rpartition("-")
    if not hyphen:
        version, release = text, ""
    written = _segments(version)
    if written == _END:
        return None
    return number(first) + written + (_segments(release) if release else _NO_RELEASE)


def _segments(text: str) -> str:
    pieces = []
    for segment in _SEGMENT.findall(text):
        if segment.isdigit():
            pieces.append(f"\x05{number(segment)}")
        elif mark := _MARKS.get(segment):
            pieces.append(mark)
        else:
            pieces.append(f"\x04{segment}{END}")
    return "".join(pieces) + _END
