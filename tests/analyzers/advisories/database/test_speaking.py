"""A stream counts as loaded where a feed speaks for it, and not where one mentions it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from scantling_analyzers.advisories.database.builder import build
from scantling_analyzers.advisories.database.reader import AdvisoryDatabase
from scantling_analyzers.advisories.database.status import status_of
from scantling_analyzers.advisories.feeds.catalogue import FEEDS
from scantling_analyzers.advisories.sources.paths import PathSource
from tests.builders.advisories import advisory_database, osv_record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def named(id_: str, *ecosystems: str) -> dict[str, Any]:
    """Return a record that is about packages of these ecosystems."""
    records = [osv_record(id_, each, "org.example:one", "1.0.0") for each in ecosystems]
    return {**records[0], "affected": [part for each in records for part in each["affected"]]}


def streams(tmp_path: Path, *records: dict[str, Any]) -> set[str]:
    advisory_database(tmp_path / "a.db", *records)
    with AdvisoryDatabase(tmp_path / "a.db") as database:
        return set(database.streams)


OWN = [named(f"GHSA-{n:04}-aaaa-aaaa", "npm") for n in range(20)]


def test_what_the_archive_of_another_ecosystem_mentions_is_not_loaded(tmp_path: Path) -> None:
    mentions = [named(f"GHSA-{n:04}-bbbb-bbbb", "npm", "Maven") for n in range(11)]

    assert streams(tmp_path, *OWN, *mentions) == {"npm"}
    with AdvisoryDatabase(tmp_path / "a.db") as database:
        told = {each.stream: (each.speaks, each.missing) for each in status_of(database).streams}
    assert told == {"npm": (True, ""), "Maven": (False, "all but mentions")}


def test_what_is_mentioned_by_the_way_is_of_a_distribution_as_well(tmp_path: Path) -> None:
    suse = "SUSE:Linux Enterprise Server 15 SP5"
    own = [named(f"openSUSE-SU-2024:{n}-1", "openSUSE:Leap 15.5") for n in range(3)]
    both = [named(f"SUSE-SU-2024:{n}-1", suse, "openSUSE:Leap 15.6") for n in range(9)]

    assert streams(tmp_path, *own, *both) == {"opensuse-leap:15.5", "opensuse-leap:15.6"}


def test_a_few_records_that_differ_do_not_make_mentions_the_archives_own(tmp_path: Path) -> None:
    mentions = [named(f"GHSA-{n:04}-bbbb-bbbb", "npm", "Maven") for n in range(19)]
    odd = named("GHSA-9999-cccc-cccc", "Maven")

    assert streams(tmp_path, *OWN, *mentions, odd) == {"npm"}


def test_an_ecosystem_with_records_of_its_own_in_a_mixture_is_loaded(tmp_path: Path) -> None:
    mixed = [named(f"GHSA-{n:04}-bbbb-bbbb", "Maven") for n in range(3)]
    both = named("GHSA-0000-cccc-cccc", "npm", "Maven")

    assert streams(tmp_path, *OWN, *mixed, both) == {"npm", "Maven"}
    assert streams(tmp_path, both) == {"npm", "Maven"}


def test_whoever_tells_of_malicious_packages_alone_tells_nothing_of_vulnerabilities(
    tmp_path: Path,
) -> None:
    malicious = named("MAL-2024-1", "PyPI")

    assert streams(tmp_path, *OWN, malicious) == {"npm"}
    assert "PyPI" in streams(tmp_path, malicious, named("GHSA-0000-cccc-cccc", "PyPI"))


DSA = "[{}] DSA-4000-1 a - security update\n\t{{CVE-2019-1}}\n\t[buster] - a 1-2\n"
DLA = "[01 Mar 2023] DLA-3300-1 a - security update\n\t{CVE-2023-1}\n\t[buster] - a 1-3\n"


@pytest.mark.parametrize(
    ("lists", "loaded", "missing"),
    [
        ([DSA.format("01 Mar 2023"), DLA], True, ""),
        ([DSA.format("01 Mar 2023")], True, "DLA"),
        ([DSA.format("01 Mar 2020")], True, ""),
        ([DLA], False, "DSA"),
        ([DSA.format("01 Mar 2020"), DLA], True, ""),
    ],
)
def test_of_debian_both_lists_are_needed_once_there_are_two(
    tmp_path: Path, lists: list[str], *, loaded: bool, missing: str
) -> None:
    for number, text in enumerate(lists):
        (tmp_path / f"{number}").write_text(text)
    build([PathSource(tmp_path)], FEEDS, tmp_path.with_suffix(".db"))

    with AdvisoryDatabase(tmp_path.with_suffix(".db")) as database:
        (told,) = status_of(database).streams
    assert (told.stream, told.speaks, told.missing) == ("debian:10", loaded, missing)


def of_alpine(tmp_path: Path, release: str, repositories: Sequence[str]) -> AdvisoryDatabase:
    folder = tmp_path / "_".join((release, *repositories))
    folder.mkdir()
    for each in repositories:
        (folder / f"{each}.json").write_text(
            json.dumps(
                {
                    "distroversion": release,
                    "reponame": each,
                    "urlprefix": "https://alpine.example/alpine",
                    "packages": [{"pkg": {"name": each, "secfixes": {"1-r1": ["CVE-2024-1"]}}}],
                }
            )
        )
    build([PathSource(folder)], FEEDS, folder / "a.db")
    return AdvisoryDatabase(folder / "a.db")


@pytest.mark.parametrize(
    ("release", "repositories", "loaded", "missing"),
    [
        ("v3.18", ["main", "community"], True, ""),
        ("v3.18", ["main"], True, "community"),
        ("v3.18", ["community"], False, "main"),
        ("v3.18", ["testing"], False, "main community"),
        ("v3.2", ["main"], True, ""),
        ("edge", ["main", "community"], True, ""),
        ("edge", ["main"], True, "community"),
    ],
)
def test_of_alpine_main_is_needed_and_community_is_missed(
    tmp_path: Path, release: str, repositories: list[str], *, loaded: bool, missing: str
) -> None:
    stream = f"alpine:{release.removeprefix('v')}"
    with of_alpine(tmp_path, release, repositories) as database:
        (told,) = status_of(database).streams
        assert (told.speaks, told.missing) == (loaded, missing)
        assert database.covers(stream) is loaded
        assert database.incomplete == ({stream: missing} if loaded and missing else {})
