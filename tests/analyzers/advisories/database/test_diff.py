"""What a new build changes is what a finding would show otherwise, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.advisories.database.diff import differences
from scantling_analyzers.advisories.database.errors import AdvisoriesUnusable
from scantling_analyzers.advisories.models import (
    Coverage,
    Enrichment,
    Exemption,
    RepositoryCpe,
    Score,
)
from tests.analyzers.advisories.database.samples import advisory, built, says

if TYPE_CHECKING:
    from pathlib import Path

    from scantling_analyzers.advisories.models import Said

BASE = (
    advisory("CVE-2026-1", says(), says(name="curl")),
    advisory("CVE-2026-2", says(name="zlib"), title="a title"),
)


def changes(folder: Path, old: tuple[Said, ...], new: tuple[Said, ...]) -> set[str]:
    built(folder / "old.db", old)
    built(folder / "new.db", new)
    return {
        " ".join(filter(None, (each.change, each.kind, each.stream, each.name)))
        for each in differences(folder / "old.db", folder / "new.db")
    }


def test_the_same_differs_in_nothing(tmp_path: Path) -> None:
    assert changes(tmp_path, BASE, BASE) == set()


def test_packages_come_go_and_change(tmp_path: Path) -> None:
    new = (
        advisory("CVE-2026-1", says(fixed="3.1")),
        advisory("CVE-2026-2", says(name="zlib"), title="a title"),
        advisory("CVE-2026-3", says(name="bash")),
    )

    assert changes(tmp_path, BASE, new) == {
        "changed package debian:12 openssl",
        "removed package debian:12 curl",
        "added package debian:12 bash",
    }


def test_ids_that_move_change_nothing(tmp_path: Path) -> None:
    # CVE-2026-0 takes the first number, so that those of all others are new.
    new = (advisory("CVE-2026-0", says(name="aaa")), *BASE)

    assert changes(tmp_path, BASE, new) == {"added package debian:12 aaa"}


@pytest.mark.parametrize(
    "more",
    [
        Enrichment(id="CVE-2026-2", feed="kev", exploited_since="2026-01-01"),
        Enrichment(id="CVE-2026-2", feed="epss", epss=0.02),
        Enrichment(
            id="CVE-2026-2",
            feed="nvd",
            scores=(Score(source="nvd", kind="word", text="HIGH"),),
        ),
        Exemption(vulnerability="CVE-2026-2", status="not_affected", feed="vex"),
        advisory("GHSA-a", aliases=("CVE-2026-2",), title="told elsewhere"),
    ],
)
def test_what_becomes_known_of_a_vulnerability_touches_its_packages(
    tmp_path: Path, more: Said
) -> None:
    assert changes(tmp_path, BASE, (*BASE, more)) == {"changed package debian:12 zlib"}


def test_a_title_that_changes_touches_its_packages(tmp_path: Path) -> None:
    new = (BASE[0], advisory("CVE-2026-2", says(name="zlib"), title="another"))

    assert changes(tmp_path, BASE, new) == {"changed package debian:12 zlib"}


def test_a_record_that_is_withdrawn_takes_its_packages_away(tmp_path: Path) -> None:
    new = (BASE[0], advisory("CVE-2026-2", says(name="zlib"), withdrawn="2026-03-01"))

    assert changes(tmp_path, BASE, new) == {"removed package debian:12 zlib"}


@pytest.mark.parametrize(
    ("before", "after", "touched"),
    [(0.011, 0.019, False), (0.011, 0.021, True), (0.5, 0.5001, False), (0.3, 0.31, True)],
)
def test_a_probability_counts_in_steps_of_a_hundredth(
    tmp_path: Path, before: float, after: float, *, touched: bool
) -> None:
    def epss(probability: float, day: str) -> Enrichment:
        return Enrichment(
            id="CVE-2026-2",
            feed="epss",
            epss=probability,
            epss_percentile=probability / 2,
            epss_date=day,
            modified=day,
        )

    old, new = (*BASE, epss(before, "2026-01-01")), (*BASE, epss(after, "2026-01-02"))

    assert bool(changes(tmp_path, old, new)) is touched


def test_a_stream_that_a_feed_begins_to_speak_for_is_told(tmp_path: Path) -> None:
    new = (*BASE, Coverage(feed="scripted", stream="alpine:3.20"))

    assert changes(tmp_path, BASE, new) == {"added stream alpine:3.20"}
    assert changes(tmp_path, new, BASE) == {"removed stream alpine:3.20"}


def test_a_second_feed_of_a_stream_is_no_change_of_the_stream(tmp_path: Path) -> None:
    new = (*BASE, Coverage(feed="another", stream="debian:12"))

    assert changes(tmp_path, BASE, new) == set()


def test_repositories_that_change_are_told(tmp_path: Path) -> None:
    old = (*BASE, RepositoryCpe(feed="f", repository="r", cpes=("a",)))
    new = (*BASE, RepositoryCpe(feed="f", repository="r", cpes=("a", "b")))

    assert changes(tmp_path, old, new) == {"changed repository r"}
    assert changes(tmp_path, BASE, new) == {"added repository r"}


def test_what_is_no_database_can_not_be_compared(tmp_path: Path) -> None:
    built(tmp_path / "old.db", BASE)
    (tmp_path / "new.db").write_bytes(b"x")

    with pytest.raises(AdvisoriesUnusable):
        list(differences(tmp_path / "old.db", tmp_path / "new.db"))
