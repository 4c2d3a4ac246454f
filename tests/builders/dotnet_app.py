"""Dependencies of .NET applications."""

from __future__ import annotations

import json
from typing import Any

TARGET = ".NETCoreApp,Version=v8.0/linux-x64"


def dependencies(
    libraries: dict[str, str],
    *,
    without_files: tuple[str, ...] = (),
    target: str = TARGET,
    files: dict[str, dict[str, Any]] | None = None,
    **more: object,
) -> bytes:
    """Return a ``deps.json``: the type of each ``NAME/VERSION``, and which have no file."""
    default: dict[str, dict[str, Any]] = {
        name: {"runtime": {f"lib/net8.0/{name.partition('/')[0]}.dll": {}}}
        for name in libraries
        if name not in without_files
    }
    targets = default | {name: {"dependencies": {}} for name in without_files} | (files or {})
    document = {
        "runtimeTarget": {"name": TARGET, "signature": ""},
        "compilationOptions": {},
        "targets": {".NETCoreApp,Version=v8.0": {}, target: targets},
        "libraries": {
            name: {"type": kind, "serviceable": True, "sha512": ""}
            for name, kind in libraries.items()
        },
        **more,
    }
    return json.dumps(document).encode()
