"""The list ``approved-bases``: which base images a project allows.

An entry is a digest (``sha256:…``), or a reference with optional globs: ``*`` stands for any
characters, ``registry/repository`` without a tag for all its tags.
"""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scantling_analyzers.contract import KnownBase


def approves(entries: Sequence[str]) -> Callable[[KnownBase], bool]:
    """Return the predicate that says whether a base is on the list."""
    exact = {entry for entry in entries if entry.startswith(("sha256:", "sha512:"))}
    globs = [re.compile(translate(_with_tag(entry))) for entry in entries if entry not in exact]

    def approved(base: KnownBase) -> bool:
        if base.digest in exact or base.chain_id in exact:
            return True
        return any(glob.match(reference) for glob in globs for reference in base.references)

    return approved


def _with_tag(entry: str) -> str:
    last = entry.rsplit("/", 1)[-1]
    return entry if ":" in last or "@" in last or last.endswith("*") else f"{entry}:*"
