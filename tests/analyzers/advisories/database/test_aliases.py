"""Names of one vulnerability are joined; two CVEs never are, whatever records say."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from scantling_analyzers.advisories.database.aliases import AliasGraph, preference, subjects
from scantling_analyzers.advisories.models import Advisory


def record(id_: str, *aliases: str, **fields: Any) -> Advisory:
    return Advisory(id=id_, feed="f", aliases=aliases, **fields)


def graph(*records: Advisory, rejected: tuple[str, ...] = ()) -> AliasGraph:
    made = AliasGraph()
    for each in records:
        made.add(each)
    for name in rejected:
        made.reject(name)
    made.join()
    return made


def test_a_cve_goes_before_github_before_others() -> None:
    names = ["PYSEC-2021-1", "GHSA-aaaa", "CVE-2021-2", "CVE-2021-1"]

    assert sorted(names, key=preference) == [
        "CVE-2021-1",
        "CVE-2021-2",
        "GHSA-aaaa",
        "PYSEC-2021-1",
    ]


def test_all_names_of_a_vulnerability_have_one_front() -> None:
    made = graph(record("PYSEC-2021-1", "GHSA-a"), record("GHSA-a", "CVE-2021-1"))

    assert {made.canonical(name) for name in ("PYSEC-2021-1", "GHSA-a", "CVE-2021-1")} == {
        "CVE-2021-1"
    }
    assert made.aliases("CVE-2021-1") == ("GHSA-a", "PYSEC-2021-1")


def test_a_name_that_nobody_joins_stands_for_itself() -> None:
    made = graph(record("GHSA-a"))

    assert made.canonical("GHSA-a") == "GHSA-a"
    assert made.canonical("never-seen") == "never-seen"
    assert made.aliases("GHSA-a") == ()


def test_a_record_that_names_two_cves_is_about_each_and_joins_nothing() -> None:
    sloppy = record("GHSA-a", "CVE-2021-1", "CVE-2021-2", "PYSEC-1")
    made = graph(sloppy)

    assert subjects(sloppy) == ("CVE-2021-1", "CVE-2021-2")
    assert made.canonical("CVE-2021-1") != made.canonical("CVE-2021-2")
    assert made.canonical("GHSA-a") == "GHSA-a"
    assert made.canonical("PYSEC-1") == "PYSEC-1"


def test_a_cve_record_that_names_another_cve_joins_nothing() -> None:
    made = graph(record("CVE-2021-1", "CVE-2021-2"))

    assert made.canonical("CVE-2021-2") == "CVE-2021-2"


def test_a_chain_of_other_names_never_joins_two_cves() -> None:
    made = graph(
        record("GHSA-a", "CVE-2021-1"),
        record("PYSEC-1", "CVE-2021-2", "GHSA-a"),
        record("GO-1", "GHSA-a"),
        record("GO-1", "PYSEC-1"),
    )

    assert made.canonical("GHSA-a") == "CVE-2021-1"
    assert made.canonical("PYSEC-1") == "CVE-2021-2"


def test_what_is_said_of_a_cve_itself_outweighs_a_chain() -> None:
    # In the order of names GHSA-a and PYSEC-1 would come first, and take PYSEC-1 away.
    made = graph(record("GHSA-a", "CVE-2021-9", "PYSEC-1"), record("PYSEC-1", "CVE-2021-1"))

    assert made.canonical("PYSEC-1") == "CVE-2021-1"
    assert made.canonical("GHSA-a") == "CVE-2021-9"


def test_the_order_of_records_changes_nothing() -> None:
    records = [
        record("GHSA-a", "CVE-2021-1"),
        record("PYSEC-1", "CVE-2021-2", "GHSA-a"),
        record("GO-1", "GHSA-a", "PYSEC-1"),
        record("OSV-1", "GO-1"),
    ]
    names = ["GHSA-a", "PYSEC-1", "GO-1", "OSV-1", "CVE-2021-1", "CVE-2021-2"]

    answers = {tuple(map(graph(*order).canonical, names)) for order in permutations(records)}

    assert len(answers) == 1


def test_an_announcement_is_about_its_cves_and_is_no_name_of_them() -> None:
    erratum = record("DSA-1", vulnerabilities=("CVE-2021-1", "CVE-2021-2", "CVE-2021-1"))
    made = graph(erratum)

    assert subjects(erratum) == ("CVE-2021-1", "CVE-2021-2")
    assert made.aliases("CVE-2021-1") == ()


@pytest.mark.parametrize("field", ["upstream", "related"])
def test_what_is_merely_related_joins_nothing(field: str) -> None:
    made = graph(record("GHSA-a", **{field: ("CVE-2021-1",)}))

    assert made.canonical("GHSA-a") == "GHSA-a"


def test_a_rejected_name_is_no_front_while_there_is_another() -> None:
    made = graph(record("GHSA-a", "CVE-2021-1"), rejected=("CVE-2021-1", "CVE-2021-2"))

    assert made.canonical("CVE-2021-1") == "GHSA-a"
    assert not made.is_rejected("CVE-2021-1")
    assert made.is_rejected("CVE-2021-2")


def test_a_record_that_is_its_own_alias_is_no_alias() -> None:
    assert graph(record("GHSA-a", "GHSA-a", "")).aliases("GHSA-a") == ()


def test_a_chain_of_a_hundred_thousand_names_is_one_vulnerability() -> None:
    made = graph(*(record(f"X-{n:06}", f"X-{n + 1:06}") for n in range(100_000)))

    assert made.canonical("X-100000") == "X-000000"
