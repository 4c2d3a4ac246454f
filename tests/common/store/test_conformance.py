"""Every adapter under the one suite."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest

from scantling_common.store.mongodb import MongoStore
from scantling_common.store.sqlite import SqliteStore
from tests.common.store.conformance import OTHERS, THINGS, StoreConformance

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from scantling_common.store.port import Store


class TestSqliteInAFile(StoreConformance):
    """SQLite, on disk."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        store = SqliteStore(tmp_path / "store" / "store.db", readers=2)
        await store.ensure([THINGS, OTHERS])
        yield store
        await store.close()


class TestSqliteInMemory(StoreConformance):
    """SQLite, in memory."""

    @pytest.fixture
    async def store(self) -> AsyncIterator[Store]:
        store = SqliteStore(":memory:")
        await store.ensure([THINGS, OTHERS])
        yield store
        await store.close()


@pytest.mark.mongodb
class TestMongoDB(StoreConformance):
    """MongoDB's protocol."""

    # mongo-java-server compares Java strings; MongoDB itself compares bytes.
    orders_by_code_point: ClassVar[bool] = False

    @pytest.fixture
    async def store(self, mongodb_url: str, mongodb_database: str) -> AsyncIterator[Store]:
        store = MongoStore(mongodb_url, mongodb_database)
        await store.ensure([THINGS, OTHERS])
        yield store
        await store.close()
