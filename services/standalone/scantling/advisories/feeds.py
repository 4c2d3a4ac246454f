"""Which feeds are fetched: those of the product, or a file of the user's."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.fetching.publications import (
    FeedsInvalid,
    default_publications,
    read_publications,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scantling_analyzers.advisories.fetching.publications import Publication
    from scantling_common.clock import Clock

_MOST: Final = 1024 * 1024


def feeds_of(file: Path | None, only: Sequence[str], clock: Clock) -> tuple[Publication, ...]:
    """Return the publications to fetch, of a TOML file where one is given.

    ``only`` are names, or beginnings of names that end in ``*``; each must name at least one.
    Raises :class:`FeedsInvalid`.
    """
    if file is None:
        year = datetime.fromtimestamp(clock.now_ms() / 1000, UTC).year
        publications = default_publications(year)
    else:
        publications = _of_file(file)
    if not only:
        return publications
    for pattern in only:
        if not any(_is_meant(each.name, pattern) for each in publications):
            known = ", ".join(each.name for each in publications)
            raise FeedsInvalid(f"there is no feed {pattern[:100]!r}", hint=f"there are {known}")
    return tuple(p for p in publications if any(_is_meant(p.name, each) for each in only))


def _of_file(file: Path) -> tuple[Publication, ...]:
    try:
        if file.stat().st_size > _MOST:
            raise FeedsInvalid(f"{file} is over {_MOST:,} bytes")
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise FeedsInvalid(f"{file} can't be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise FeedsInvalid(f"{file} is not TOML: {error}") from error
    try:
        return read_publications(data)
    except FeedsInvalid as error:
        raise FeedsInvalid(f"{file}: {error.message}", hint=error.hint) from error


def _is_meant(name: str, pattern: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
