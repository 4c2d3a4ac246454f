"""opkg databases."""

from __future__ import annotations

STATUS = "usr/lib/opkg/status"
CONTROL = "usr/lib/opkg/info/{}.control"


def record(name: str, version: str, **more: str) -> bytes:
    """Return one record; ``more`` are further fields, an empty one is left out."""
    fields = {"Package": name, "Version": version, "Architecture": "x86_64", **more}
    return "".join(f"{key}: {text}\n" for key, text in fields.items() if text).encode() + b"\n"
