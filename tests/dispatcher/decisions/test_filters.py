"""Why an image is not scanned."""

from __future__ import annotations

from typing import Any

import pytest

from scantling_common.records.dispatcher import TaskBody
from scantling_dispatcher.decisions.filters import (
    FILTERS,
    Analysis,
    Candidate,
    Wish,
    skipped_by,
)
from tests.dispatcher.samples import NOW, PROJECT, a_placement, a_registry, digest

IMAGE = digest("a")
NEW = Analysis("2", "", "")
OLD = Analysis("1", "", "")


def reason(placement: dict[str, Any], body: dict[str, Any], **candidate: Any) -> str:
    found = skipped_by(
        Candidate(
            placement=a_placement(IMAGE, **placement),
            registry=candidate.pop("registry", a_registry()),
            **candidate,
        ),
        Wish(project=PROJECT, body=TaskBody(**body), risks=("software",), anew=True),
    )
    return found.name if found else ""


def test_every_filter_has_a_name_of_its_own() -> None:
    assert len({each.name for each in FILTERS}) == len(FILTERS)


def test_an_image_without_a_reason_is_scanned() -> None:
    assert reason({}, {}) == ""


@pytest.mark.parametrize(
    ("placement", "body", "expected"),
    [
        ({"project": "other"}, {}, "other_project"),
        ({"gone": True}, {}, "moved"),
        ({}, {"scope": {"registry": "r2"}}, "out_of_scope"),
        ({}, {"scope": {"registry": "r1"}}, ""),
        ({}, {"scope": {"repository": "lib*"}}, "out_of_scope"),
        ({}, {"scope": {"repository": "a*"}}, ""),
        ({}, {"scope": {"tag": "2"}}, "out_of_scope"),
        ({}, {"scope": {"placement": "x"}}, "out_of_scope"),
        ({}, {"images": (digest("b"),)}, "out_of_scope"),
        ({}, {"images": (IMAGE,)}, ""),
        ({}, {"scope": {"repository_kind": "private"}}, "repository_kind"),
        ({}, {"scope": {"repository_kind": "third-party"}}, ""),
        ({}, {"platforms": ("linux/arm64",)}, "platform"),
        ({}, {"platforms": ("linux/amd64",)}, ""),
        ({"updated_at": NOW}, {"updated_after": NOW}, ""),
        ({"updated_at": NOW - 1}, {"updated_after": NOW}, "update_time"),
        ({"updated_at": NOW - 1}, {"updated_before": NOW}, ""),
        ({"updated_at": NOW}, {"updated_before": NOW}, "update_time"),
        ({}, {"updated_after": NOW}, ""),
        (
            {},
            {"updated_after": NOW, "unknown_updated": False},
            "update_time_unknown",
        ),
        ({}, {"unknown_updated": False}, ""),
    ],
)
def test_a_placement_has_its_reason(
    placement: dict[str, Any], body: dict[str, Any], expected: str
) -> None:
    assert reason(placement, body) == expected


def test_only_the_latest_where_that_is_asked_for() -> None:
    assert reason({}, {"latest_only": True}, latest=False) == "not_latest"
    assert reason({}, {"latest_only": True}, latest=True) == ""
    assert reason({}, {}, latest=False) == ""


def test_a_registry_that_is_gone_or_going_scans_nothing() -> None:
    assert reason({}, {}, registry=None) == "registry_gone"
    assert reason({}, {}, registry=a_registry(deleting=True)) == "registry_gone"


def test_an_image_that_nothing_shows_has_moved() -> None:
    wish = Wish(project=PROJECT, body=TaskBody(), risks=(), anew=False)
    found = skipped_by(Candidate(placement=None, registry=None), wish)

    assert found is not None
    assert found.name == "moved"


@pytest.mark.parametrize(
    ("known", "current", "anew", "skipped"),
    [
        ({"software": NEW, "file": NEW}, {"software": NEW, "file": NEW}, False, True),
        ({"software": NEW, "file": OLD}, {"software": NEW, "file": NEW}, False, False),
        ({"software": NEW}, {"software": NEW, "file": NEW}, False, False),
        ({"software": NEW, "file": NEW}, {"software": NEW}, False, False),
        ({"software": NEW, "file": NEW}, {"software": NEW, "file": NEW}, True, False),
        (
            {"software": NEW, "file": NEW},
            {"software": Analysis("2", "", "lists"), "file": NEW},
            False,
            False,
        ),
    ],
)
def test_the_same_analysis_is_not_made_twice_unless_it_is_asked_for(
    known: dict[str, Analysis], current: dict[str, Analysis], *, anew: bool, skipped: bool
) -> None:
    wish = Wish(
        project=PROJECT,
        body=TaskBody(),
        risks=("software", "file"),
        anew=anew,
        current=current,
    )
    candidate = Candidate(placement=a_placement(IMAGE), registry=a_registry(), analyses=known)
    found = skipped_by(candidate, wish)

    assert (found.name if found else "") == ("already_analysed" if skipped else "")


def test_what_was_never_of_the_task_is_not_recorded() -> None:
    assert [each.name for each in FILTERS if not each.recorded] == [
        "other_project",
        "out_of_scope",
        "never_analysed",
        "never_asked",
        "matched_at_all",
    ]
