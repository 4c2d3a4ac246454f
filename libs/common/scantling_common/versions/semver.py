"""Semantic Versioning 2.0.0, clause 11, and the schemes that only add to it.

Forms that tools let pass are taken, too: a leading ``v`` or ``=``, missing numbers, a pre-release
without its hyphen, numbers with leading zeros.
"""

from __future__ import annotations

import re
from typing import Final

from scantling_common.versions.digits import END, number

_WHOLE: Final = re.compile(
    r"[v=]*([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?"
    r"(?:-([0-9A-Za-z.-]+)|([A-Za-z][0-9A-Za-z.-]*))?"
    r"(?:\+([0-9A-Za-z.-]+))?"
)
_LAST: Final = "\x7f"
"""In place of a pre-release: a release is above all of them."""
_GO: Final = re.compile(r"go([0-9]+(?:\.[0-9]+){0,2})(?:(beta|rc)([0-9]+))?(?:[-_+].*)?")
_REVISION: Final = re.compile(r"([0-9]+(?:\.[0-9]+){0,2})-([0-9]+)(?:\+[0-9A-Za-z.-]+)?")


def key(text: str) -> str | None:
    """Return the key; build metadata has no part in it (npm, cargo, Hex, Swift, OSV's SEMVER)."""
    found = _release(text)
    return found[0] if found else None


def go_key(text: str) -> str | None:
    """Return the key of a version of a Go module or of Go itself.

    ``go1.21rc2`` is ``1.21.0-rc.2``, as the vulnerability database of Go writes it; what a
    builder adds to it (``-custom``) has no part in the order.
    """
    if text.startswith("go"):
        match = _GO.fullmatch(text)
        if match is None:
            return None
        text = match[1] if match[2] is None else f"{match[1]}-{match[2]}.{match[3]}"
    return key(text)


def pub_key(text: str) -> str | None:
    """Return the key of a Dart package: build metadata is ordered, none before any."""
    found = _release(text)
    if found is None:
        return None
    release, build = found
    if build is None:
        return release + END
    identifiers = _identifiers(build)
    return identifiers and f"{release}\x01{identifiers}"


def bitnami_key(text: str) -> str | None:
    """Return the key of a Bitnami package: ``1.2.3-4`` is the fourth revision *after* 1.2.3."""
    revision = END
    if match := _REVISION.fullmatch(text):
        text, revision = match[1], f"\x01{number(match[2])}"
    found = key(text)
    return found and found + revision


def identifiers_key(text: str | None) -> str | None:
    """Return the piece for a pre-release, or for none; None where an identifier is empty."""
    return _LAST if text is None else _identifiers(text)


def _release(text: str) -> tuple[str, str | None] | None:
    match = _WHOLE.fullmatch(text)
    if match is None:
        return None
    major, minor, patch, marked, loose, build = match.groups()
    before = identifiers_key(marked or loose)
    if before is None:
        return None
    return number(major) + number(minor or "") + number(patch or "") + before, build


def _identifiers(text: str) -> str | None:
    pieces = []
    for each in text.split("."):
        if not each:
            return None
        pieces.append(f"\x02{number(each)}" if each.isdigit() else f"\x03{each}{END}")
    return "".join(pieces) + "\x01"
