"""Installed Node packages."""

from __future__ import annotations

import json


def manifest(name: object, version: str, **more: object) -> bytes:
    """Return a ``package.json``."""
    return json.dumps({"name": name, "version": version, "main": "index.js", **more}).encode()


def installed(name: str, version: str, *, folder: str = "app", **more: object) -> dict[str, bytes]:
    """Return the files of a package in ``node_modules`` under ``folder``."""
    base = f"{folder}/node_modules/{name}"
    return {
        f"{base}/package.json": manifest(name, version, **more),
        f"{base}/index.js": b"module.exports = {};\n",
    }
