"""A database is made whole or not at all, and the same of the same, byte by byte."""

from __future__ import annotations

import fcntl
import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.advisories.database import builder, summing
from scantling_analyzers.advisories.database.builder import READER_FAILED, build
from scantling_analyzers.advisories.database.errors import BuildEmpty, BuildUnwritable
from scantling_analyzers.advisories.database.reader import AdvisoryDatabase
from scantling_analyzers.advisories.database.schema import MAX_REFUSALS
from scantling_analyzers.advisories.database.status import status_of
from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.vendor_table import VendorTableFeed
from scantling_analyzers.advisories.models import Coverage, Enrichment, Refused, Score
from scantling_analyzers.advisories.sources.document import of_bytes
from scantling_analyzers.advisories.sources.errors import SourceUnknown
from scantling_analyzers.advisories.sources.found import Found, Lost
from scantling_analyzers.advisories.sources.paths import PathSource
from tests.analyzers.advisories.database.samples import (
    Scripted,
    ScriptedFeed,
    advisory,
    built,
    database,
    says,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scantling_analyzers.advisories.database.tally import Build, Tally
    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.models import Said

FIRST: list[Said] = [
    advisory("CVE-2026-1", says(), says(name="curl"), title="one", details="text " * 400),
    advisory("GHSA-a", says("npm", "left-pad", "2.0"), aliases=("CVE-2026-1",)),
    Coverage(feed="scripted", stream="alpine:3.18"),
]
SECOND: list[Said] = [
    advisory("CVE-2026-2", says(fixed="3.1"), title="two"),
    Enrichment(id="CVE-2026-1", feed="kev", exploited_since="2026-02-01"),
]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def refused(code: str, record: str = "r", *, part: bool = False) -> Refused:
    return Refused(feed="scripted", record=record, code=code, message=f"{record} is bad", part=part)


def test_the_same_input_gives_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    one, other = tmp_path / "one.db", tmp_path / "elsewhere" / "other.db"

    first = build([Scripted(FIRST), Scripted(SECOND)], [ScriptedFeed()], one)
    second = build([Scripted(SECOND), Scripted(FIRST)], [ScriptedFeed()], other)

    assert first.id == second.id
    assert sha256(one) == sha256(other)


def test_what_is_said_twice_is_there_once(tmp_path: Path) -> None:
    once = built(tmp_path / "once.db", FIRST)
    twice = built(tmp_path / "twice.db", FIRST, FIRST)

    assert once.id == twice.id
    assert once.advisories == twice.advisories == 2


def test_other_input_is_another_build(tmp_path: Path) -> None:
    ids = {
        built(tmp_path / "a.db", FIRST).id,
        built(tmp_path / "b.db", FIRST, SECOND).id,
        built(tmp_path / "c.db", SECOND).id,
        build([Scripted(FIRST)], [ScriptedFeed("other")], tmp_path / "d.db").id,
    }

    assert len(ids) == 4


def test_a_feed_that_reads_the_same_otherwise_makes_another_build(tmp_path: Path) -> None:
    class Renaming(ScriptedFeed):
        def read(self, document: Document) -> Iterator[Said]:
            del document
            yield advisory("CVE-2026-3", says())

    first = built(tmp_path / "a.db", FIRST)
    second = build([Scripted(FIRST)], [Renaming()], tmp_path / "b.db")

    assert first.id != second.id


def test_the_old_one_stays_while_nothing_can_be_used(tmp_path: Path) -> None:
    target = tmp_path / "advisories.db"
    built(target, FIRST)
    before = sha256(target)

    with pytest.raises(BuildEmpty):
        built(target, [refused("malformed")])

    assert sha256(target) == before
    assert names(tmp_path) == ["advisories.db"]


def test_an_interrupted_build_leaves_nothing_and_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "advisories.db"
    built(target, FIRST)
    before = sha256(target)

    with pytest.raises(KeyboardInterrupt):
        built(target, [*SECOND, KeyboardInterrupt()])

    assert sha256(target) == before
    assert names(tmp_path) == ["advisories.db"]


def test_a_build_that_is_not_wanted_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "advisories.db"
    built(target, FIRST)
    before = sha256(target)

    def refuse(built: Build) -> None:
        raise BuildEmpty(built.id)

    with pytest.raises(BuildEmpty):
        build([Scripted(SECOND)], [ScriptedFeed()], target, check=refuse)

    assert sha256(target) == before


def test_what_a_killed_build_left_is_removed_and_one_that_runs_is_not(tmp_path: Path) -> None:
    killed, running = tmp_path / ".advisories.db-dead", tmp_path / ".advisories.db-live"
    others = tmp_path / ".other.db-dead"
    for each in (killed, running, others):
        each.mkdir()
        (each / "stage").write_bytes(b"x")
    lock = os.open(running, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built(tmp_path / "advisories.db", FIRST)
    finally:
        os.close(lock)

    assert names(tmp_path) == [
        ".advisories.db-live",
        ".other.db-dead",
        "advisories.db",
    ]


def test_a_link_to_the_database_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.db", tmp_path / "link.db"
    built(real, FIRST)
    link.symlink_to(real)

    built(link, SECOND)

    assert link.is_symlink()
    with AdvisoryDatabase(real) as opened:
        assert opened.vulnerability("CVE-2026-2") is not None


def test_a_place_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(BuildUnwritable) as caught:
        built(tmp_path / "file" / "advisories.db", FIRST)

    assert str(tmp_path / "file") in caught.value.message
    assert caught.value.hint


def test_a_source_that_holds_nothing_known_is_an_error(tmp_path: Path) -> None:
    class Readme:
        name = "readme"

        def __iter__(self) -> Iterator[Found]:
            yield Found("README", of_bytes("README", b"read me"))

    with pytest.raises(SourceUnknown, match="readme holds nothing"):
        build([Scripted(FIRST), Readme()], [ScriptedFeed()], tmp_path / "advisories.db")

    assert not names(tmp_path)


def test_documents_of_no_feed_are_counted_and_named(tmp_path: Path) -> None:
    class Mixed(Scripted):
        def __iter__(self) -> Iterator[Found | Lost]:
            yield Found("README", of_bytes("README", b"read me"))
            yield from super().__iter__()

    found = build([Mixed(FIRST)], [ScriptedFeed()], tmp_path / "advisories.db")

    assert (found.unknown, found.unknown_count) == (("README",), 1)


def test_a_document_that_breaks_off_counts_as_far_as_it_went(tmp_path: Path) -> None:
    broken: list[Said | BaseException] = [
        advisory("CVE-2026-5", says()),
        FeedUnreadable("it breaks off"),
    ]
    found = built(tmp_path / "advisories.db", broken, FIRST)

    assert [(each.code, each.message) for each in found.refusals] == [
        ("feed_unreadable", "it breaks off")
    ]
    with AdvisoryDatabase(tmp_path / "advisories.db") as opened:
        assert opened.vulnerability("CVE-2026-5") is not None
        assert opened.vulnerability("CVE-2026-1") is not None


def test_a_reader_that_fails_costs_its_document_alone(tmp_path: Path) -> None:
    found = built(tmp_path / "advisories.db", [KeyError("x")], FIRST)

    assert [(each.code, each.document) for each in found.refusals] == [(READER_FAILED, "0.said")]
    assert found.advisories == 2


def test_what_a_source_can_not_read_is_among_the_refusals(tmp_path: Path) -> None:
    lost = Lost("a.zip", "a.zip!/b", "source_damaged", "it is broken")
    found = built(tmp_path / "advisories.db", lost, FIRST)

    assert (found.lost, found.lost_count) == (("a.zip!/b",), 1)
    (only,) = found.refusals
    assert (only.feed, only.code, only.document) == (builder.NO_FEED, "source_damaged", "a.zip!/b")


def test_refusals_are_counted_by_reason_and_the_first_are_named(tmp_path: Path) -> None:
    many = [refused("malformed", f"r{n:05}") for n in range(MAX_REFUSALS + 5)]
    parts = [
        refused("malformed", "p", part=True),
        refused("no_vulnerability"),
        refused("other_platform", part=True),
    ]
    found = built(tmp_path / "advisories.db", [*reversed(many), *parts, *FIRST])

    assert [(each.code, each.part, each.records, each.record) for each in found.refusals] == [
        ("malformed", False, MAX_REFUSALS + 5, "r00000"),
        ("malformed", True, 1, "p"),
        ("no_vulnerability", False, 1, "r"),
        ("other_platform", True, 1, "r"),
    ]
    assert found.unused == MAX_REFUSALS + 6
    with AdvisoryDatabase(tmp_path / "advisories.db") as opened:
        assert opened.rows("SELECT count(*) FROM refusals") == [(MAX_REFUSALS + 2,)]
        assert status_of(opened).refusals == found.refusals


def test_every_error_of_a_vendor_table_is_named_for_somebody_wrote_it_by_hand(
    tmp_path: Path,
) -> None:
    wrong = [f"euleros,2.0-SP9,CVE-2024-{n},b d,1-1" for n in range(11)]
    header = "distribution,release,vulnerabilities,package,fixed_version"
    (tmp_path / "t.csv").write_text("\n".join([header, *wrong, "euleros,2.0-SP9,CVE-1-1,bash,1-1"]))

    found = build([PathSource(tmp_path / "t.csv")], [VendorTableFeed()], tmp_path / "advisories.db")

    assert [(each.record, each.records) for each in found.refusals] == [
        (f"line {n + 2}", 1) for n in range(11)
    ]
    assert all(each.message.startswith(f"{each.record}, column") for each in found.refusals)
    with AdvisoryDatabase(tmp_path / "advisories.db") as opened:
        assert status_of(opened).refusals == found.refusals


def test_of_very_many_errors_of_vendor_tables_the_rest_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summing, "MAX_REFUSALS", 2)
    many = [
        Refused(feed="vendor-table", record=f"line {n}", code="malformed", message="wrong")
        for n in range(5)
    ]
    found = built(tmp_path / "advisories.db", [*many, *FIRST])

    assert [(each.record, each.records, each.message) for each in found.refusals] == [
        ("line 0", 1, "wrong"),
        ("line 1", 1, "wrong"),
        ("", 3, "further ones"),
    ]


def test_each_source_says_what_was_used_of_it(tmp_path: Path) -> None:
    one = [*FIRST, refused("malformed"), refused("malformed", part=True)]
    found = built(tmp_path / "advisories.db", one, SECOND)

    (only,) = found.sources
    assert (only.path, only.feed, only.documents) == ("./", "scripted", 2)
    assert (only.records, only.used, only.refused, only.parts) == (5, 4, 1, 1)
    assert only.newest == "2026-02-01"


def test_a_single_file_goes_by_its_name(tmp_path: Path) -> None:
    assert [each.path for each in built(tmp_path / "a.db", FIRST).sources] == ["0.said"]


def test_progress_is_told_after_each_document(tmp_path: Path) -> None:
    seen = []

    def note(tally: Tally) -> None:
        seen.append((tally.documents, tally.file))

    build([Scripted(FIRST, SECOND)], [ScriptedFeed()], tmp_path / "a.db", note)

    assert seen == [(1, "0.said"), (2, "1.said")]


def test_the_first_feed_that_knows_a_document_reads_it(tmp_path: Path) -> None:
    found = build(
        [Scripted(FIRST)], [ScriptedFeed("first"), ScriptedFeed("second")], tmp_path / "a.db"
    )

    assert [each.feed for each in found.sources] == ["first"]


@pytest.mark.parametrize("feed", ["osv", "nvd", "suse-csaf", "openeuler-cvrf"])
def test_of_a_record_that_is_whole_the_newest_state_counts(tmp_path: Path, feed: str) -> None:
    old = advisory("GHSA-a", says("npm", "a"), says("npm", "b"), feed=feed, modified="2026-01-01")
    new = advisory("GHSA-a", says("npm", "a", "9"), feed=feed, modified="2026-02-01")
    with database(tmp_path, new, old) as opened:
        (claim,) = opened.statements("npm", "a")

        assert claim.ranges == ((("introduced", "0"), ("fixed", "9")),)
        assert opened.statements("npm", "b") == ()


def test_a_record_of_osv_that_is_withdrawn_later_says_nothing_any_more(tmp_path: Path) -> None:
    old = advisory("GHSA-a", says("npm", "a"), feed="osv", modified="2026-01-01")
    new = advisory("GHSA-a", feed="osv", modified="2026-02-01", withdrawn="2026-02-01")
    with database(tmp_path, old, new, advisory("CVE-1", says())) as opened:
        assert opened.statements("npm", "a") == ()


def test_records_of_other_feeds_are_spread_over_documents(tmp_path: Path) -> None:
    one = advisory("ALSA-1", says("almalinux:9", "a"), modified="2026-01-01")
    two = advisory("ALSA-1", says("almalinux:9", "b"), modified="2026-02-01")
    with database(tmp_path, one, two) as opened:
        assert len(opened.statements("almalinux:9", "a")) == 1
        assert len(opened.statements("almalinux:9", "b")) == 1


def test_an_advisory_that_stands_in_several_documents_is_one(tmp_path: Path) -> None:
    target = tmp_path / "advisories.db"
    found = built(
        target,
        [advisory("CVE-2026-1", says("alpine:3.17", "a"))],
        [advisory("CVE-2026-1", says("alpine:3.18", "a"))],
    )

    assert found.advisories == 1
    with AdvisoryDatabase(target) as opened:
        numbers = {opened.statements(f"alpine:3.{n}", "a")[0].advisory for n in (17, 18)}
        assert len(numbers) == 1


def test_the_scores_of_vectors_are_computed_once_for_all(tmp_path: Path) -> None:
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    bare = Score(source="ghsa", kind="cvss_v3", text=vector)
    given = Score(source="nvd", kind="cvss_v3", text=vector, value=7.0)
    wrong = Score(source="nvd", kind="cvss_v3", text="CVSS:3.1/AV:X")
    said: list[Said] = [
        advisory("CVE-2026-1", says(), scores=(bare, Score(source="a", kind="word", text="High"))),
        Enrichment(id="CVE-2026-1", feed="nvd", scores=(given, wrong)),
    ]

    with database(tmp_path, *said) as found:
        known = found.vulnerability("CVE-2026-1")
        assert [each.value for each in found.advisory(1).scores] == [9.8, None]
        assert known is not None
        assert [each.value for each in known.enrichments[0].scores] == [7.0, None]


def test_bounds_that_can_not_be_ordered_are_told_and_kept(tmp_path: Path) -> None:
    target = tmp_path / "advisories.db"
    said = [
        advisory("GHSA-a", says("PyPI", "a", "no version"), says("PyPI", "b", "1.0")),
        advisory("GHSA-b", says("PyPI", "a", "2 0"), withdrawn="2026-01-01"),
    ]
    finished = built(target, said)

    (refused,) = finished.refusals
    assert (refused.code, refused.part, refused.records) == ("version_invalid", True, 1)
    assert refused.record == "GHSA-a"
    assert "PyPI a" in refused.message
    assert "'no version'" in refused.message
    assert [(each.used, each.refused, each.parts) for each in finished.sources] == [(2, 0, 1)]
    with AdvisoryDatabase(target) as opened:
        assert opened.statements("PyPI", "a")
