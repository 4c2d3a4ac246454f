"""The database that is at hand: opened once, replaced by a rename, never half."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.advisories.database.builder import build
from scantling_analyzers.advisories.database.errors import AdvisoriesError
from scantling_analyzers.advisories.feeds.catalogue import FEEDS
from scantling_analyzers.advisories.provider import AdvisoryFile, NoAdvisories
from scantling_analyzers.advisories.sources.paths import PathSource
from tests.builders.advisories import advisory_database, osv_record

if TYPE_CHECKING:
    from pathlib import Path


def test_where_there_is_no_file_there_are_no_advisories(tmp_path: Path) -> None:
    assert AdvisoryFile(tmp_path / "advisories.db").matcher() is None
    assert NoAdvisories().matcher() is None


def test_a_file_is_opened_once(tmp_path: Path) -> None:
    file = tmp_path / "advisories.db"
    build = advisory_database(file, osv_record("GHSA-a", "npm", "a", "2.0.0"))
    advisories = AdvisoryFile(file)
    first = advisories.matcher()
    assert first is not None
    assert first.build == build
    assert advisories.matcher() is first


def test_a_new_build_is_used_by_who_asks_next_and_the_old_one_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "advisories.db"
    advisory_database(file, osv_record("GHSA-a", "npm", "a", "2.0.0"))
    advisories = AdvisoryFile(file)
    old = advisories.matcher()
    later = advisory_database(tmp_path / "new.db", osv_record("GHSA-b", "npm", "b", "2.0.0"))
    (tmp_path / "new.db").rename(file)
    new = advisories.matcher()
    assert old is not None
    assert new is not None
    assert new.build == later != old.build


def test_a_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "advisories.db"
    file.write_bytes(b"not a database")
    with pytest.raises(AdvisoriesError):
        AdvisoryFile(file).matcher()


def test_what_can_not_even_be_looked_at_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(AdvisoriesError):
        AdvisoryFile(tmp_path / "file" / "advisories.db").matcher()


def test_a_build_that_could_not_read_something_says_so(tmp_path: Path) -> None:
    advisory_database(tmp_path / "whole.db", osv_record("GHSA-a", "npm", "a", "2.0.0"))
    folder = tmp_path / "whole.db.feeds"
    (folder / "damaged.zip").write_bytes(b"PK\x03\x04 and nothing more")
    build([PathSource(folder)], FEEDS, tmp_path / "part.db")

    assert AdvisoryFile(tmp_path / "whole.db").remark() is None
    remark = AdvisoryFile(tmp_path / "part.db").remark()
    assert remark is not None
    assert remark.code == "advisories_damaged"
    assert remark.message.startswith("1 documents or archives could not be read")


def test_who_asks_for_the_whole_file_gets_no_damaged_one(tmp_path: Path) -> None:
    file = tmp_path / "advisories.db"
    advisory_database(file, osv_record("GHSA-a", "npm", "some-package", "2.0.0"))
    assert AdvisoryFile(file, whole=True).matcher() is not None
    file.write_bytes(file.read_bytes().replace(b"some-package", b"same-package"))
    assert AdvisoryFile(file).matcher() is not None
    with pytest.raises(AdvisoriesError):
        AdvisoryFile(file, whole=True).matcher()
