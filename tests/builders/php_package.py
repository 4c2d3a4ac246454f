"""Installed PHP packages: Composer's lists, PEAR's records, WordPress headers."""

from __future__ import annotations

import json
from typing import Any

PACKAGE = {"name": "acme/log", "version": "v1.2.0", "license": ["MIT"], "type": "library"}


def installed(*packages: dict[str, Any], old: bool = False) -> bytes:
    """Return ``installed.json``; ``old`` is the form of Composer 1."""
    new = {"packages": packages, "dev": False, "dev-package-names": []}
    return json.dumps(list(packages) if old else new).encode()


def serialized(value: object) -> bytes:
    """Return a value as PHP's ``serialize`` writes it."""
    if value is None:
        return b"N;"
    if isinstance(value, bool):
        return b"b:%d;" % value
    if isinstance(value, int):
        return b"i:%d;" % value
    if isinstance(value, float):
        return b"d:%s;" % repr(value).encode()
    if isinstance(value, str):
        raw = value.encode()
        return b's:%d:"%s";' % (len(raw), raw)
    assert isinstance(value, dict | list)
    items = value.items() if isinstance(value, dict) else enumerate(value)
    parts = [serialized(part) for item in items for part in item]
    return b"a:%d:{%s}" % (len(parts) // 2, b"".join(parts))


def record(
    name: str,
    version: str,
    channel: str = "pecl.php.net",
    license: object = "PHP",  # noqa: A002 - the field's word
) -> bytes:
    """Return the record of a package in PEAR's registry."""
    return serialized(
        {
            "attribs": {"version": "2.0"},
            "name": name,
            "channel": channel,
            "lead": [{"name": "Me", "active": True, "share": 0.5, "email": None}],
            "version": {"release": version, "api": "1.0"},
            "license": license,
            "filelist": {"a;b.php": {"name": 'x"};}', "size": 7}},
        }
    )


def plugin(name: str, version: str, **more: str) -> bytes:
    """Return the main file of a WordPress plugin."""
    fields = {"Plugin Name": name, "Version": version, **more}
    lines = [f" * {key}: {text}" for key, text in fields.items()]
    return "\n".join(("<?php", "/**", *lines, " */", "$version = 1;")).encode()
