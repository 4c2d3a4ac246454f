"""The source tree, read once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.house.sources import MEMBERS, Module, read_members

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REPOSITORY: Final = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def repository() -> Path:
    """Give the root of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def modules(repository: Path) -> list[Module]:
    """Give every module of every member."""
    return read_members(repository)


@pytest.fixture
def made(tmp_path: Path) -> Callable[[Mapping[str, str]], list[Module]]:
    """Give a function that makes a tree from texts by dotted module name, and reads it."""

    def make(texts: Mapping[str, str]) -> list[Module]:
        for name, text in texts.items():
            package = name.partition(".")[0]
            path = (tmp_path / MEMBERS[package]).joinpath(*name.split(".")).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return read_members(tmp_path)

    return make
