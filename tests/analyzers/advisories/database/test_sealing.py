"""A database knows every byte of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.advisories.database.errors import AdvisoriesUnusable
from scantling_analyzers.advisories.database.reader import AdvisoryDatabase
from scantling_analyzers.advisories.database.sealing import check_seal, unsealed
from tests.analyzers.advisories.database.samples import advisory, built, says

if TYPE_CHECKING:
    from pathlib import Path

SAID = [advisory(f"CVE-2026-{n}", says(name=f"package-{n}")) for n in range(50)]


def test_what_was_built_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "advisories.db"
    built(path, SAID)
    with AdvisoryDatabase(path) as opened:
        check_seal(opened)
        assert unsealed(opened.build).encode() not in path.read_bytes()


def test_equal_documents_still_give_equal_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one.db", tmp_path / "other.db"
    built(one, SAID)
    built(other, SAID)
    assert one.read_bytes() == other.read_bytes()


def test_a_byte_that_only_changes_a_name_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "advisories.db"
    built(path, SAID)
    path.write_bytes(path.read_bytes().replace(b"package-7", b"package-x"))
    with AdvisoryDatabase(path) as opened:
        assert opened.statements("debian:12", "package-7") == ()
        with pytest.raises(AdvisoriesUnusable, match="not what was built"):
            check_seal(opened)


def test_any_bit_that_flips_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "advisories.db"
    built(path, SAID)
    content = path.read_bytes()
    for place in range(101, len(content), 499):
        flipped = bytes([content[place] ^ 4])
        path.write_bytes(content[:place] + flipped + content[place + 1 :])
        with pytest.raises(AdvisoriesUnusable), AdvisoryDatabase(path) as opened:
            check_seal(opened)
