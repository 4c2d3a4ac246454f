"""The check items that come with the product; they are read when they are first asked for."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from scantling_analyzers.checks.loading import read_baselines, read_items

if TYPE_CHECKING:
    from scantling_analyzers.checks.models import Baseline, Item

_FOLDER: Final = "data"
_BASELINES: Final = "baselines.yaml"
_MARK_LENGTH: Final = 16


@cache
def texts() -> tuple[tuple[str, str], ...]:
    """Return name and text of each file, in the order of their names."""
    folder = files(__package__).joinpath(_FOLDER)
    found = sorted(each.name for each in folder.iterdir() if each.name.endswith(".yaml"))
    return tuple((name, folder.joinpath(name).read_text(encoding="utf-8")) for name in found)


@cache
def mark() -> str:
    """Return a short text that is another one for other items."""
    digest = hashlib.sha256("\0".join(part for text in texts() for part in text).encode())
    return f"checks:{digest.hexdigest()[:_MARK_LENGTH]}"


@cache
def baselines() -> tuple[Baseline, ...]:
    """Return the baselines."""
    return read_baselines(dict(texts())[_BASELINES], _BASELINES)


@cache
def items() -> tuple[Item, ...]:
    """Return all check items."""
    return read_items((each for each in texts() if each[0] != _BASELINES), baselines())
