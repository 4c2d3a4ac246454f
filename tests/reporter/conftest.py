"""The world that the reporter's tests happen in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reporter.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Give a world without any image."""
    made = World(tmp_path)
    await made.prepare()
    yield made
    await made.close()
