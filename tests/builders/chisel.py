"""Chisel's manifest of what it cut."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MANIFEST = "var/lib/chisel/manifest.wall"


def package(name: str, version: str) -> dict[str, object]:
    """Return the line of a package."""
    return {
        "kind": "package",
        "name": name,
        "version": version,
        "sha256": "0" * 64,
        "arch": "amd64",
    }


def path(name: str, *slices: str) -> dict[str, object]:
    """Return the line of a file or a folder."""
    return {"kind": "path", "path": name, "mode": "0644", "slices": slices}


def wall(lines: Iterable[Mapping[str, object]], *, count: int | None = None) -> bytes:
    """Return a jsonwall before it is compressed, that claims ``count`` lines."""
    rest = list(lines)
    head = {"jsonwall": "1.0", "schema": "1.0", "count": count or len(rest) + 1}
    return "".join(f"{json.dumps(line)}\n" for line in [head, *rest]).encode()


def manifest(lines: Iterable[Mapping[str, object]]) -> bytes:
    """Return a whole manifest."""
    return zstandard.ZstdCompressor().compress(wall(lines))
