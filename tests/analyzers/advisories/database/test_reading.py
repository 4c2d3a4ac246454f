"""A package is judged by one row; names, exemptions and repositories are found by key."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.advisories.database.builder import build
from scantling_analyzers.advisories.database.errors import AdvisoriesNewer, AdvisoriesUnusable
from scantling_analyzers.advisories.database.packing import BodyDamaged, Packer, Unpacker
from scantling_analyzers.advisories.database.reader import AdvisoryDatabase
from scantling_analyzers.advisories.database.schema import VERSION
from scantling_analyzers.advisories.database.status import status_of
from scantling_analyzers.advisories.feeds.catalogue import FEEDS
from scantling_analyzers.advisories.models import (
    Advisory,
    Coverage,
    Enrichment,
    Exemption,
    Reference,
    RepositoryCpe,
    Score,
    Statement,
)
from scantling_analyzers.advisories.sources.paths import PathSource
from scantling_common.versions.ranges import Answer, affected
from scantling_common.versions.schemes import Scheme
from tests.analyzers.advisories.database.samples import advisory, built, database, says
from tests.builders.advisories import advisory_database, osv_record

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = Statement(
    stream="rhel:9",
    name="nodejs",
    name_of="source",
    ranges=((("introduced", "0"), ("fixed", "1:18.0-1.el9")), (("introduced", "1:20"),)),
    versions=("1:19.0-1.el9",),
    state="will_not_fix",
    arches=("x86_64",),
    module="nodejs:18",
    repositories=("cpe:/a:redhat:enterprise_linux:9::appstream",),
    severity="Important",
)


def test_a_claim_is_the_whole_statement(tmp_path: Path) -> None:
    with database(tmp_path, advisory("CVE-2026-1", WHOLE)) as opened:
        (claim,) = opened.statements("rhel:9", "nodejs")

    fields = ("ranges", "versions", "state", "name_of", "arches", "module", "severity")
    assert [getattr(claim, each) for each in fields] == [getattr(WHOLE, each) for each in fields]
    assert claim.repositories == WHOLE.repositories


def test_the_bounds_of_a_claim_are_evaluated_as_they_come(tmp_path: Path) -> None:
    with database(tmp_path, advisory("CVE-2026-1", says(fixed="3.0.2-1"))) as opened:
        (bounds,) = opened.statements("debian:12", "openssl")[0].ranges

    assert affected(Scheme.DEB, "3.0.1-1", bounds) is Answer.YES
    assert affected(Scheme.DEB, "3.0.2-1", bounds) is Answer.NO


def test_an_advisory_is_as_its_feed_wrote_it(tmp_path: Path) -> None:
    wrote = advisory(
        "GHSA-a",
        says(),
        aliases=("CVE-2026-1",),
        title="a title",
        details="long " * 1000,
        scores=(Score(source="nvd", kind="cvss_v3", text="CVSS:3.1/AV:N", value=9.8),),
        references=(Reference(url="https://example.org/a", kind="FIX"),),
        weaknesses=("CWE-79",),
        published="2026-01-01",
    )
    others = [advisory(f"CVE-2026-9{n:03}", says(), details=f"{n} long " * 99) for n in range(200)]
    with database(tmp_path, wrote, *others) as opened:
        number = next(
            each.advisory
            for each in opened.statements("debian:12", "openssl")
            if opened.advisory(each.advisory).id == "GHSA-a"
        )
        found = opened.advisory(number)

        assert found == Advisory(
            **{name: getattr(wrote, name) for name in wrote.__struct_fields__} | {"statements": ()}
        )
        assert opened.vulnerabilities_of(number) == ("CVE-2026-1",)


def test_a_package_that_nothing_is_said_of_has_no_claims(tmp_path: Path) -> None:
    with database(tmp_path, advisory("CVE-2026-1", says())) as opened:
        assert opened.statements("debian:12", "curl") == ()
        assert opened.statements("debian:11", "openssl") == ()


def test_a_stream_is_covered_where_a_feed_says_so_or_speaks_of_it(tmp_path: Path) -> None:
    clean = Coverage(feed="scripted", stream="alpine:3.20")
    gone = advisory("CVE-2026-2", says("debian:11"), withdrawn="2026-01-01")
    with database(tmp_path, advisory("CVE-2026-1", says()), clean, gone) as opened:
        assert opened.streams == {"debian:12", "debian:11", "alpine:3.20"}
        assert opened.covers("alpine:3.20")
        assert not opened.covers("alpine:3.21")


def test_a_withdrawn_record_matches_nothing_and_is_found(tmp_path: Path) -> None:
    gone = advisory("GHSA-a", says(), aliases=("CVE-2026-1",), withdrawn="2026-01-01")
    with database(tmp_path, gone, advisory("CVE-2026-2", says(name="curl"))) as opened:
        assert opened.statements("debian:12", "openssl") == ()
        found = opened.vulnerability("GHSA-a")

        assert found is not None
        assert opened.advisory(found.advisories[0]).withdrawn == "2026-01-01"


def test_a_rejected_id_matches_nothing_and_is_found(tmp_path: Path) -> None:
    rejected = Enrichment(id="CVE-2026-1", feed="nvd", rejected=True, modified="2026-02-01")
    earlier = Enrichment(id="CVE-2026-1", feed="nvd", modified="2026-01-01")
    both = advisory("DSA-1", says(name="curl"), vulnerabilities=("CVE-2026-1", "CVE-2026-2"))
    records = (advisory("CVE-2026-1", says()), both, rejected, earlier)
    with database(tmp_path, *records) as opened:
        assert opened.statements("debian:12", "openssl") == ()
        (claim,) = opened.statements("debian:12", "curl")
        assert opened.vulnerabilities_of(claim.advisory) == ("CVE-2026-2",)
        found = opened.vulnerability("CVE-2026-1")

        assert found is not None
        assert found.rejected


def test_an_id_that_was_restored_is_not_rejected(tmp_path: Path) -> None:
    rejected = Enrichment(id="CVE-2026-1", feed="nvd", rejected=True, modified="2026-01-01")
    restored = Enrichment(id="CVE-2026-1", feed="nvd", modified="2026-02-01")
    with database(tmp_path, advisory("CVE-2026-1", says()), rejected, restored) as opened:
        assert len(opened.statements("debian:12", "openssl")) == 1


def test_an_id_that_lives_on_by_the_word_of_nvd_is_not_rejected(tmp_path: Path) -> None:
    elsewhere = Enrichment(id="CVE-2026-1", feed="debian-lists", rejected=True)
    other = Enrichment(id="CVE-2026-2", feed="debian-lists", rejected=True)
    alive = Enrichment(id="CVE-2026-1", feed="nvd", modified="2026-02-01")
    said = (advisory("CVE-2026-1", says()), advisory("CVE-2026-2", says(name="curl")))
    with database(tmp_path, *said, elsewhere, other, alive) as opened:
        assert len(opened.statements("debian:12", "openssl")) == 1
        assert opened.statements("debian:12", "curl") == ()


def test_what_github_knows_stays_where_its_cve_was_rejected(tmp_path: Path) -> None:
    rejected = Enrichment(id="CVE-2026-1", feed="nvd", rejected=True)
    record = advisory("GHSA-a", says("npm", "a"), aliases=("CVE-2026-1",))
    with database(tmp_path, record, rejected) as opened:
        (claim,) = opened.statements("npm", "a")

        assert opened.vulnerabilities_of(claim.advisory) == ("GHSA-a",)


def test_all_that_is_known_of_a_vulnerability_is_under_one_id(tmp_path: Path) -> None:
    with database(
        tmp_path,
        advisory("GHSA-a", says("npm", "a"), aliases=("CVE-2026-1",)),
        advisory("CVE-2026-1", says()),
        advisory("DSA-1", says(name="curl"), vulnerabilities=("CVE-2026-1",)),
        Enrichment(id="CVE-2026-1", feed="kev", exploited_since="2026-02-01"),
        Enrichment(id="CVE-2026-1", feed="nvd", modified="2026-01-01", title="old"),
        Enrichment(id="CVE-2026-1", feed="nvd", modified="2026-02-01", title="new"),
    ) as opened:
        found = opened.vulnerability("GHSA-a")

        assert found is not None
        assert (found.id, found.aliases) == ("CVE-2026-1", ("GHSA-a",))
        assert sorted(opened.advisory(each).id for each in found.advisories) == [
            "CVE-2026-1",
            "DSA-1",
            "GHSA-a",
        ]
        assert [(each.feed, each.title) for each in found.enrichments] == [
            ("kev", ""),
            ("nvd", "new"),
        ]


def test_an_announcement_is_a_name_of_each_of_its_vulnerabilities(tmp_path: Path) -> None:
    erratum = advisory("DSA-1", says(), vulnerabilities=("CVE-2026-1", "CVE-2026-2"))
    with database(tmp_path, erratum) as opened:
        assert opened.named("DSA-1") == ("CVE-2026-1", "CVE-2026-2")
        assert opened.vulnerability("DSA-1") is None
        assert opened.named("CVE-2026-1") == ("CVE-2026-1",)
        assert opened.named("CVE-2026-9") == ()
        assert opened.vulnerability("CVE-2026-9") is None


def test_a_record_of_two_cves_is_attached_to_each(tmp_path: Path) -> None:
    sloppy = advisory("GHSA-a", says("npm", "a"), aliases=("CVE-2026-1", "CVE-2026-2"))
    with database(tmp_path, sloppy) as opened:
        (claim,) = opened.statements("npm", "a")

        assert opened.vulnerabilities_of(claim.advisory) == ("CVE-2026-1", "CVE-2026-2")
        assert opened.named("GHSA-a") == ("CVE-2026-1", "CVE-2026-2")


def test_exemptions_are_found_by_any_name_of_their_vulnerability(tmp_path: Path) -> None:
    exemption = Exemption(
        vulnerability="GHSA-a", aliases=("CVE-2026-1",), status="not_affected", feed="vex"
    )
    two = Exemption(vulnerability="CVE-2026-2", aliases=("CVE-2026-3",), status="fixed", feed="vex")
    with database(tmp_path, exemption, two, advisory("CVE-2026-1", says())) as opened:
        assert opened.exemptions("CVE-2026-1") == (exemption,)
        assert opened.exemptions("CVE-2026-2") == (two,)
        assert opened.exemptions("CVE-2026-3") == ()


def test_repositories_are_of_all_products_that_are_named(tmp_path: Path) -> None:
    said = [
        RepositoryCpe(feed="f", repository="rhel-9-appstream", cpes=("cpe:/b", "cpe:/a")),
        RepositoryCpe(feed="f", repository="rhel-9-appstream", cpes=("cpe:/c",)),
    ]
    with database(tmp_path, *said) as opened:
        assert opened.repositories("rhel-9-appstream") == ("cpe:/a", "cpe:/b", "cpe:/c")
        assert opened.repositories("unknown") == ()


def test_a_probability_of_what_nothing_speaks_of_is_left_out(tmp_path: Path) -> None:
    said = [Enrichment(id=f"CVE-2026-{n}", feed="epss", epss=0.5) for n in (1, 2)]
    with database(tmp_path, advisory("CVE-2026-1", says()), *said) as opened:
        assert opened.vulnerability("CVE-2026-1") is not None
        assert opened.vulnerability("CVE-2026-2") is None


def test_several_threads_may_ask(tmp_path: Path) -> None:
    said = [advisory(f"CVE-2026-{n}", says(name=f"p{n}"), details="x" * 999) for n in range(50)]
    wrong: list[str] = []
    with database(tmp_path, *said) as opened:

        def ask() -> None:
            for n in range(50):
                (claim,) = opened.statements("debian:12", f"p{n}")
                if opened.advisory(claim.advisory).id != f"CVE-2026-{n}":
                    wrong.append(f"p{n}")

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    assert wrong == []


def test_opening_reads_next_to_nothing(tmp_path: Path) -> None:
    with database(tmp_path, advisory("CVE-2026-1", says())):
        pass
    fastest = 1.0
    for _ in range(20):
        begun = time.perf_counter()
        AdvisoryDatabase(tmp_path / "advisories.db").close()
        fastest = min(fastest, time.perf_counter() - begun)

    assert fastest < 0.002


def test_reading_loads_neither_models_of_services_nor_the_network() -> None:
    heavy = ("aiohttp", "asyncio", "pydantic", "cryptography")
    code = (
        "import sys, scantling_analyzers.advisories.database.reader; "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )

    assert done.stdout.strip() == "[]"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(AdvisoriesUnusable, match="No such file"):
        AdvisoryDatabase(tmp_path / "advisories.db")


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + bytes(84)])
def test_another_file_is_no_database_of_ours(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "advisories.db"
    path.write_bytes(content)

    with pytest.raises(AdvisoriesUnusable, match="is not an advisory database"):
        AdvisoryDatabase(path)


def test_a_database_of_somebody_else_is_none_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "advisories.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE meta (key, value)")

    with pytest.raises(AdvisoriesUnusable, match="is not an advisory database"):
        AdvisoryDatabase(path)


def test_a_newer_schema_is_not_guessed_at(tmp_path: Path) -> None:
    path = tmp_path / "advisories.db"
    built(path, [advisory("CVE-2026-1", says())])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")

    with pytest.raises(AdvisoriesNewer, match=f"schema {VERSION + 1}"):
        AdvisoryDatabase(path)


def test_a_file_that_was_cut_is_seen_at_once(tmp_path: Path) -> None:
    path = tmp_path / "advisories.db"
    built(path, [advisory("CVE-2026-1", says())])
    path.write_bytes(path.read_bytes()[:-4096])

    with pytest.raises(AdvisoriesUnusable, match="is damaged"):
        AdvisoryDatabase(path)


@pytest.mark.parametrize("filling", [b"\0", b"\xff", b"{"])
def test_pages_that_were_overwritten_are_an_error_and_no_answer(
    tmp_path: Path, filling: bytes
) -> None:
    path = tmp_path / "advisories.db"
    built(path, [advisory(f"CVE-2026-{n}", says(name=f"p{n}")) for n in range(300)])
    content = path.read_bytes()
    path.write_bytes(content[:4096] + filling * (len(content) - 4096))

    with pytest.raises(AdvisoriesUnusable), AdvisoryDatabase(path) as opened:
        opened.statements("debian:12", "p1")


@pytest.mark.parametrize(
    ("table", "body"),
    [
        ("statements", b"\xc1"),
        ("statements", b"\x28\xb5\x2f\xfd\0"),
        ("statements", "text"),
        ("advisories", b"\x81\xa2id"),
        ("advisories", b"\x82\xa2id\xa2\xff\xff\xa4feed\xa1f"),
    ],
)
def test_a_body_that_makes_no_sense_is_an_error(
    tmp_path: Path, table: str, body: bytes | str
) -> None:
    path = tmp_path / "advisories.db"
    built(path, [advisory("CVE-2026-1", says())])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE {table} SET body = ?", (body,))  # noqa: S608  # of this test

    with AdvisoryDatabase(path) as opened, pytest.raises(AdvisoriesUnusable, match="damaged"):
        opened.advisory(opened.statements("debian:12", "openssl")[0].advisory)


def test_an_advisory_that_is_not_there_is_damage(tmp_path: Path) -> None:
    with database(tmp_path, advisory("CVE-2026-1", says())) as opened:
        with pytest.raises(AdvisoriesUnusable, match="no advisory 99"):
            opened.advisory(99)
        with pytest.raises(AdvisoriesUnusable, match="no advisory 99"):
            opened.vulnerabilities_of(99)


def test_a_database_without_its_id_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "advisories.db"
    built(path, [advisory("CVE-2026-1", says())])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM meta")

    with pytest.raises(AdvisoriesUnusable, match="does not say its build"):
        AdvisoryDatabase(path)


@pytest.mark.parametrize("change", ["DELETE FROM dictionaries", "UPDATE dictionaries SET body = 1"])
def test_an_advisory_without_its_dictionary_is_damage(tmp_path: Path, change: str) -> None:
    path = tmp_path / "advisories.db"
    built(path, [advisory("CVE-2026-1", says())])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(change)

    with AdvisoryDatabase(path) as opened, pytest.raises(AdvisoriesUnusable, match="packed with"):
        opened.advisory(1)


def test_what_is_no_text_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "advisories.db"
    built(path, [advisory("CVE-2026-1", says())])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE coverage SET stream = CAST(x'ff' AS TEXT)")

    with AdvisoryDatabase(path) as opened, pytest.raises(AdvisoriesUnusable):
        assert opened.streams


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM meta WHERE key = 'packages'",
        "UPDATE meta SET value = 'many' WHERE key = 'packages'",
        "UPDATE sources SET used = x'00'",
        "UPDATE coverage SET statements = 'many'",
    ],
)
def test_a_status_that_makes_no_sense_is_damage(tmp_path: Path, change: str) -> None:
    path = tmp_path / "advisories.db"
    built(path, [advisory("CVE-2026-1", says())])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(change)

    with AdvisoryDatabase(path) as opened, pytest.raises(AdvisoriesUnusable, match="damaged"):
        status_of(opened)


def test_packed_is_what_it_was(tmp_path: Path) -> None:
    bodies = [b"", b"x", b"abc" * 1000, bytes(range(256)) * 3]
    for dictionary in (b"", b"abc" * 200):
        packer, unpacker = Packer(dictionary), Unpacker(dictionary)
        assert [unpacker.unpack(packer.pack(body)) for body in bodies] == bodies


def test_a_body_that_claims_to_be_huge_is_not_unpacked() -> None:
    huge = b"\x28\xb5\x2f\xfd\xe0" + (1 << 60).to_bytes(8, "little") + b"\x01\0\0"

    with pytest.raises(BodyDamaged):
        Unpacker().unpack(huge)


def test_a_language_that_is_spoken_of_by_the_way_is_not_covered(tmp_path: Path) -> None:
    records = [osv_record(f"CVE-2030-{n}", "npm", f"package-{n}", "1.0.0") for n in range(40)]
    both = osv_record("CVE-2031-1", "npm", "both", "1.0.0")
    both["affected"] += osv_record("CVE-2031-1", "Maven", "org.webjars:both", "1.0.0")["affected"]
    advisory_database(tmp_path / "a.db", *records, both)

    with AdvisoryDatabase(tmp_path / "a.db") as database:
        assert database.statements("Maven", "org.webjars:both")
        assert database.streams == {"npm"}


def test_a_language_with_records_of_its_own_is_covered_however_few(tmp_path: Path) -> None:
    records = [osv_record(f"CVE-2030-{n}", "npm", f"package-{n}", "1.0.0") for n in range(40)]
    advisory_database(tmp_path / "npm.db", *records)
    (tmp_path / "maven").mkdir()
    record = osv_record("CVE-2031-1", "Maven", "org.example:one", "1.0.0")
    (tmp_path / "maven/one.json").write_text(json.dumps(record))
    sources = [PathSource(tmp_path / "npm.db.feeds"), PathSource(tmp_path / "maven/one.json")]
    build(sources, FEEDS, tmp_path / "a.db")

    with AdvisoryDatabase(tmp_path / "a.db") as database:
        assert database.streams == {"npm", "Maven"}


def test_a_record_from_the_future_is_as_new_as_now(tmp_path: Path) -> None:
    late = advisory("CVE-2026-1", says(), modified="2999-01-01T00:00:00Z")
    with database(tmp_path, late) as opened:
        assert "2026-01-01" < opened.newest < "2999-01-01"
