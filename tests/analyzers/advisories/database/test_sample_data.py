"""Real advisories, where they are at hand: all of them are built into one database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.advisories.database.bounds import INCOMPARABLE
from scantling_analyzers.advisories.database.builder import build
from scantling_analyzers.advisories.database.reader import AdvisoryDatabase
from scantling_analyzers.advisories.database.tally import BESIDE
from scantling_analyzers.advisories.feeds.catalogue import FEEDS
from scantling_analyzers.advisories.sources.paths import PathSource
from tests.analyzers.facts.sample_data import sample

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_all_real_advisories_are_one_database(tmp_path: Path) -> None:
    target = tmp_path / "advisories.db"
    found = build([PathSource(sample("advisories"))], FEEDS, target)

    assert (found.lost, found.unknown) == ((), ())
    assert {each.feed for each in found.sources} == {"debian-lists", "kev", "osv", "secdb"}
    assert all(each.used for each in found.sources)
    # What could not be used is known one by one: announcements without a package or versions, and
    # bounds that are no versions.
    known = {"names_no_package", "no_versions", INCOMPARABLE}
    assert {each.code for each in found.refusals} - BESIDE <= known
    assert found.unused < 100
    with AdvisoryDatabase(target) as opened:
        log4shell = opened.vulnerability("GHSA-jfh8-c2jp-5v3q")
        assert log4shell is not None
        assert log4shell.id == "CVE-2021-44228"
        assert any(each.exploited_since == "2021-12-10" for each in log4shell.enrichments)
        claims = opened.statements("Maven", "org.apache.logging.log4j:log4j-core")
        about = {name for each in claims for name in opened.vulnerabilities_of(each.advisory)}
        assert log4shell.id in about
        assert {"Maven", "npm", "almalinux:9", "alpine:3.11", "debian:11"} <= opened.streams
