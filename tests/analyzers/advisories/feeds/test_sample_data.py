"""Every record of the real feeds beside the repository is used, or refused for a reason."""

from __future__ import annotations

import time
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.advisories.feeds.catalogue import FEEDS
from scantling_analyzers.advisories.models import Advisory, Enrichment, Refused
from tests.analyzers.facts.sample_data import sample
from tests.builders.feeds.document import HeldDocument

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from scantling_analyzers.advisories.models import Said


def read(document: HeldDocument) -> Iterable[Said]:
    """Read a document as the database does, by the first feed that knows it."""
    feed = next(each for each in FEEDS if each.recognises(document.path, document.head()))
    return feed.read(document)


def entries(archive: Path) -> list[HeldDocument]:
    with zipfile.ZipFile(archive) as opened:
        return [HeldDocument(opened.read(name), name) for name in opened.namelist()]


@pytest.mark.parametrize(
    ("ecosystem", "records", "advisories", "refused"),
    [
        ("AlmaLinux", 5637, 4440, {("no_vulnerability", False): 1197}),
        ("Go", 4291, 4291, {("other_platform", True): 28}),
        ("Maven", 624, 624, {}),
        ("NuGet", 4, 4, {}),
        ("Packagist", 7, 7, {}),
        ("PyPI", 2661, 2661, {("no_versions", True): 1}),
        ("RubyGems", 4, 4, {}),
        ("crates.io", 6, 6, {}),
        ("npm", 178, 178, {}),
    ],
)
def test_osv_archives(
    ecosystem: str, records: int, advisories: int, refused: dict[tuple[str, bool], int]
) -> None:
    documents = entries(sample(f"advisories/{ecosystem}/all.zip"))
    found = [each for document in documents for each in read(document)]

    assert len(documents) == records
    assert sum(isinstance(each, Advisory) for each in found) == advisories
    assert Counter((each.code, each.part) for each in found if isinstance(each, Refused)) == refused


@pytest.mark.parametrize(
    ("name", "advisories", "refused"),
    [
        ("DSA", 5299, {("no_vulnerability", False): 91, ("names_no_package", False): 16}),
        ("DLA", 3342, {("no_vulnerability", False): 192}),
    ],
)
def test_debian_lists(name: str, advisories: int, refused: dict[tuple[str, bool], int]) -> None:
    content = sample(f"advisories/debian-tracker/{name}/list").read_bytes()
    found = list(read(HeldDocument(content, f"{name}/list")))

    assert sum(isinstance(each, Advisory) for each in found) == advisories
    assert Counter((each.code, each.part) for each in found if isinstance(each, Refused)) == refused


def test_alpine_secdb() -> None:
    folder = sample("advisories/alpine-secdb")
    files = sorted(folder.glob("*/*.yaml"))
    found = [each for file in files for each in read(HeldDocument(file.read_bytes(), file.name))]

    assert len(files) == 18
    assert [each for each in found if isinstance(each, Refused)] == []
    assert sum(isinstance(each, Advisory) for each in found) == 11454
    assert sum(len(each.statements) for each in found if isinstance(each, Advisory)) == 12005


def test_the_catalogue_of_exploited_vulnerabilities() -> None:
    found = list(read(HeldDocument(sample("advisories/kev.json").read_bytes(), "kev.json")))

    assert len(found) == 1404
    assert all(isinstance(each, Enrichment) and each.exploited_since for each in found)


def test_osv_archives_are_read_at_once() -> None:
    documents = entries(sample("advisories/AlmaLinux/all.zip"))
    begin = time.process_time()
    for document in documents:
        list(read(document))

    assert time.process_time() - begin < 10, "it takes 1.2 s where nothing else runs"
