"""Fixtures of sync's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sync.scripted import ScriptedRegistry
from tests.sync.world import World, open_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Give sync with a SQLite store and the local bus."""
    async with open_world(tmp_path / "world") as opened:
        yield opened


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedRegistry]:
    """Give a registry that can be made to misbehave."""
    async with ScriptedRegistry() as registry:
        yield registry
