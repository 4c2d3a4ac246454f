"""The source package of an rpm, which is told by the name of its file."""

from __future__ import annotations

from typing import Final

_PARTS: Final = 3
"""Name, version and release."""


def source_of(file_name: str) -> tuple[str, str]:
    """Split ``bash-5.1.8-6.el9.src.rpm`` into name and version; the file name has no epoch."""
    stem = file_name.removesuffix(".rpm").removesuffix(".src").removesuffix(".nosrc")
    parts = stem.rsplit("-", 2)
    if len(parts) != _PARTS or not parts[0]:
        return "", ""
    return parts[0], f"{parts[1]}-{parts[2]}"
