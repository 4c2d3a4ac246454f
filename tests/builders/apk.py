"""apk databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

INSTALLED = "lib/apk/db/installed"


def record(
    name: str, version: str, *, origin: str = "", licence: str = "MIT", files: Iterable[str] = ()
) -> str:
    """Return one record with its files."""
    lines = [
        "C:Q1Jz3Wq3Yh3Xo1Ew2yVdPkaHZGJ+8=",
        f"P:{name}",
        f"V:{version}",
        "A:x86_64",
        "S:100",
        "I:400",
        "T:a package",
        f"L:{licence}",
        f"o:{origin}" if origin else "",
        "m:A Maintainer <maintainer@example.org>",
        *(line for path in files for line in _file(path)),
    ]
    return "".join(f"{line}\n" for line in lines if line)


def installed(records: Iterable[str]) -> bytes:
    """Return a whole ``installed`` file."""
    return "\n".join(records).encode() + b"\n"


def _file(path: str) -> tuple[str, str, str]:
    folder, _, name = path.rpartition("/")
    return f"F:{folder}", f"R:{name}", "Z:Q1Jz3Wq3Yh3Xo1Ew2yVdPkaHZGJ+8="
