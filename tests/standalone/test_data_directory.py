"""The data directory: whose it is, and what is made in it."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from scantling.embedded.data_directory import data_directory
from scantling.embedded.errors import DataInUse, DataUnusable
from scantling_common.crypto import Sealer

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_one_product_s_at_a_time(tmp_path: Path) -> None:
    with data_directory(tmp_path), pytest.raises(DataInUse), data_directory(tmp_path):
        pass  # pragma: no cover - never reached

    with data_directory(tmp_path) as again:
        assert again.path == tmp_path


def test_secrets_are_made_once(tmp_path: Path) -> None:
    with data_directory(tmp_path) as data:
        assert data.make_secrets()
        token = data.admin_token_file.read_text()
        keys = [path.read_bytes() for path in (data.credential_key_file, data.fact_key_file)]

        assert not data.make_secrets()

        assert data.admin_token_file.read_text() == token
        for path, key in zip((data.credential_key_file, data.fact_key_file), keys, strict=True):
            assert path.read_bytes() == key
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            Sealer.from_file(path)
        assert len(set(keys)) == len(keys)


def test_a_lost_key_is_noticed(tmp_path: Path) -> None:
    with data_directory(tmp_path) as data:
        assert not data.has_lost_key
        data.make_secrets()
        (tmp_path / "store.db").touch()
        assert not data.has_lost_key

        data.credential_key_file.unlink()

        assert data.has_lost_key


def test_a_directory_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(DataUnusable, match="file"), data_directory(file / "data"):
        pass  # pragma: no cover - never reached
