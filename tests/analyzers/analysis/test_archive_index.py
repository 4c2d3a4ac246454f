"""The index of Java archives: what it names, what it leaves, and files that are none."""

from __future__ import annotations

import sqlite3
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.analysis import archive_index
from scantling_analyzers.analysis.archive_index import ArchiveIndex, JavaIndexUnusable
from scantling_analyzers.facts.models import Distribution, Package
from scantling_analyzers.facts.packages.java import evidence
from tests.analyzers.facts.sample_data import sample
from tests.analyzers.risks.content import content
from tests.builders.java_index import java_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KNOWN, OTHER = "ab" * 20, "cd" * 20


def _package(found_by: str, sha1: str = KNOWN, type_: str = "maven") -> Package:
    return Package(
        path="a.jar", name="a:guess", version="0", type=type_, sha1=sha1, found_by=found_by
    )


@pytest.fixture
def index(tmp_path: Path) -> Iterator[ArchiveIndex]:
    known = [(KNOWN, "org.example", "library", "1.0"), (OTHER, "g\x1b", "a\u202e", "\\1")]
    opened = ArchiveIndex(java_index(tmp_path / "java.db", known))
    yield opened
    opened.close()


def _named(index: ArchiveIndex, package: Package) -> Package:
    (located,) = index.name(content((package, 1, None))).facts
    assert located.layer == 1
    assert isinstance(located.fact, Package)
    return located.fact


@pytest.mark.parametrize("guess", sorted(evidence.GUESSES))
def test_a_guess_is_overruled(index: ArchiveIndex, guess: str) -> None:
    named = _named(index, _package(guess, type_="generic"))
    assert (named.name, named.version, named.type) == ("org.example:library", "1.0", "maven")
    assert (named.found_by, named.sha1, named.path) == ("sha1", KNOWN, "a.jar")


@pytest.mark.parametrize("record", ["pom.properties", "pom.xml", "shaded:pom.properties"])
def test_what_maven_itself_recorded_is_not_overruled(index: ArchiveIndex, record: str) -> None:
    package = _package(record)
    assert _named(index, package) == package


def test_what_the_index_does_not_know_stays_as_it_is(index: ArchiveIndex) -> None:
    for package in (_package("manifest", "ef" * 20), _package("manifest", "")):
        assert _named(index, package) == package
    distribution = Distribution(path="etc/os-release", id="debian")
    (located,) = index.name(content((distribution, 0, None))).facts
    assert located.fact == distribution


def test_text_of_the_index_is_escaped_as_all_text_is(index: ArchiveIndex) -> None:
    named = _named(index, _package("manifest", OTHER))
    assert (named.name, named.version) == (r"g\x1b:a\xe2\x80\xae", r"\x5c1")


def test_several_threads_may_ask(index: ArchiveIndex) -> None:
    image = content(*((_package("manifest"), 0, None) for _ in range(50)))
    with ThreadPoolExecutor(4) as pool:
        named = list(pool.map(index.name, [image] * 20))
    assert len({str(each.facts) for each in named}) == 1


def test_an_index_that_trivy_uses_is_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(sample("peers/trivy-cache.zip")) as cache:
        real = cache.extract("java-db/trivy-java.db", tmp_path)
    with closing(ArchiveIndex(Path(real))) as index:
        log4j = _named(index, _package("manifest", "9141212b8507ab50a45525b545b39d224614528b"))
    assert (log4j.name, log4j.version) == ("org.apache.logging.log4j:log4j-core", "2.14.1")


def test_an_entry_that_is_not_whole_names_nothing(tmp_path: Path) -> None:
    path = java_index(tmp_path / "java.db", [(KNOWN, "org.example", "library", "")])
    with closing(ArchiveIndex(path)) as index:
        assert _named(index, _package("manifest")).name == "a:guess"


def _text(path: Path) -> None:
    path.write_text("no database")


def _empty(path: Path) -> None:
    path.touch()


def _other_schema(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE artifacts(id)")


def _directory(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [_text, _empty, _other_schema, _directory, lambda _: None])
def test_a_file_that_is_no_index_can_not_be_opened(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path = tmp_path / "java.db"
    make(path)
    with pytest.raises(JavaIndexUnusable) as raised:
        ArchiveIndex(path)
    assert str(path) in raised.value.message
    assert "trivy-java-db" in raised.value.hint


def test_an_index_that_breaks_while_it_is_used_makes_the_content_incomplete(
    tmp_path: Path,
) -> None:
    path = java_index(tmp_path / "java.db", [(f"{n:040x}", "g", f"a{n}", "1") for n in range(2000)])
    index = ArchiveIndex(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    image = content((_package("manifest", f"{1999:040x}"), 0, None))
    found = index.name(image)
    assert found.facts == image.facts
    assert [error.error.code for error in found.errors] == ["java_index_unusable"]
    index.close()


def test_another_index_has_another_mark(tmp_path: Path) -> None:
    marks = []
    for name, version in (("a", "1"), ("b", "1"), ("c", "2")):
        path = java_index(tmp_path / name, [(KNOWN, "g", "a", version)])
        with closing(ArchiveIndex(path)) as opened:
            marks.append(opened.mark)
    assert marks[0] == marks[1] != marks[2]


def test_an_index_that_can_not_be_sampled_is_unusable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanished(_: Path) -> str:
        raise FileNotFoundError

    path = java_index(tmp_path / "a", [(KNOWN, "g", "a", "1")])
    monkeypatch.setattr(archive_index, "_mark_of", vanished)
    with pytest.raises(JavaIndexUnusable):
        ArchiveIndex(path)
