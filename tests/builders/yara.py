"""YARA rules from parts, and packs of them as directories and zips."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def rule(
    name: str = "r", condition: str = "true", *strings: str, meta: str = "", modifiers: str = ""
) -> str:
    """Return a rule; ``strings`` are lines such as ``$a = "x"``."""
    sections = (("meta", (meta,) if meta else ()), ("strings", strings))
    body = "".join(
        f"{title}:\n{''.join(f'  {x}{chr(10)}' for x in part)}" for title, part in sections if part
    )
    return f"{modifiers} rule {name} {{\n{body}condition:\n  {condition}\n}}\n".lstrip()


def pack(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write a pack as a directory and return it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def zipped(path: Path, files: Mapping[str, str]) -> Path:
    """Write a pack as a zip and return it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path
