"""Ranges as the OSV schema evaluates them, and what can't be told."""

from __future__ import annotations

import pytest

from scantling_common.versions.keys import find
from scantling_common.versions.ranges import (
    Answer,
    Event,
    affected,
    any_of,
    is_listed,
)
from scantling_common.versions.schemes import Scheme
from tests.builders.versions import pairs

NPM = Scheme.SEMVER
YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


def made(text: str) -> tuple[Event, ...]:
    """Return the events of ``introduced 1.0, fixed 2.0``."""
    events = []
    for part in filter(None, text.split(", ")):
        kind, version = part.split(" ")
        assert kind in {"introduced", "fixed", "last_affected", "limit"}
        events.append(Event(kind, version))  # type: ignore[arg-type] # asserted above
    return tuple(events)


@pytest.mark.parametrize(
    ("version", "events", "answer"),
    [
        ("1.5.0", "introduced 1.0.0, fixed 2.0.0", YES),
        ("1.0.0", "introduced 1.0.0, fixed 2.0.0", YES),
        ("2.0.0", "introduced 1.0.0, fixed 2.0.0", NO),
        ("0.9.0", "introduced 1.0.0, fixed 2.0.0", NO),
        ("2.0.0-rc.1", "introduced 1.0.0, fixed 2.0.0", YES),
        ("0.0.0-0", "introduced 0, fixed 2.0.0", YES),
        ("99.0.0", "introduced 0", YES),
        ("99.0.0", "introduced 1.0.0", YES),
        ("2.0.0", "introduced 0, last_affected 2.0.0", YES),
        ("2.0.1", "introduced 0, last_affected 2.0.0", NO),
        ("1.5.0", "introduced 0, fixed 1.0.0, introduced 2.0.0, fixed 3.0.0", NO),
        ("2.5.0", "introduced 0, fixed 1.0.0, introduced 2.0.0, fixed 3.0.0", YES),
        ("2.5.0", "fixed 3.0.0, introduced 2.0.0, fixed 1.0.0, introduced 0", YES),
        ("1.0.0", "introduced 0, fixed 1.0.0, introduced 1.0.0", YES),
        ("1.0.0", "introduced 0, fixed 0", NO),
        ("1.5.0", "introduced 0, limit 2.0.0", YES),
        ("2.0.0", "introduced 0, limit 2.0.0", NO),
        ("2.5.0", "introduced 0, limit 2.0.0, limit 3.0.0", YES),
        ("9.0.0", "introduced 0, limit 2.0.0, limit *", YES),
        ("1.0.0", "", NO),
        ("1.0.0", "fixed 2.0.0", NO),
    ],
)
def test_a_range_is_walked_in_order(version: str, events: str, answer: Answer) -> None:
    assert affected(NPM, version, made(events)) is answer


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_listed_version_is_found_in_every_form(scheme: Scheme) -> None:
    same: dict[str, set[str]] = {}
    for text in {text for pair in pairs(scheme, 1_000, 19) for text in pair}:
        for form in (
            text,
            f"0{text}",
            text.replace("1", "01"),
            f"{text}.0",
            f"0:{text}",
            text.replace(".", "+", 1),
        ):
            if (key := find(scheme, form)) is not None:
                same.setdefault(key, set()).add(form)
    compared = 0
    for forms in same.values():
        listed = sorted(forms)
        compared += len(listed) - 1
        assert all(is_listed(scheme, form, listed[:1]) for form in listed)
    assert compared > 50


def test_a_listed_version_is_affected_outside_every_range() -> None:
    events = made("introduced 1.0.0, fixed 2.0.0")

    assert affected(NPM, "3.0.0", events, ["0.1.0", "3.0.0"]) is YES
    assert affected(NPM, "v3.0.0", events, ["0.1.0", "3.0.0"]) is YES
    assert affected(NPM, "3.0.1", events, ["0.1.0", "3.0.0"]) is NO


def test_what_can_not_be_ordered_is_unknown_and_never_a_no() -> None:
    assert affected(NPM, "latest", made("introduced 1.0.0, fixed 2.0.0")) is UNKNOWN
    assert affected(NPM, "1.5.0", made("introduced 1.0.0, fixed soon")) is UNKNOWN
    assert affected(NPM, "1.5.0", made("introduced then, fixed 2.0.0")) is UNKNOWN
    assert affected(NPM, "1.5.0", made("introduced 0, limit soon")) is UNKNOWN


def test_what_does_not_depend_on_an_order_is_known() -> None:
    assert affected(NPM, "latest", made("introduced 0")) is YES
    assert affected(NPM, "latest", (), ["1.0.0", "latest"]) is YES
    assert affected(NPM, "latest", made("introduced 1.0.0, fixed x"), ["latest"]) is YES
    assert affected(NPM, "latest", (), ["1.0.0"]) is NO
    assert affected(NPM, "1.0.0", (), ["latest"]) is NO


def test_the_end_of_a_range_without_a_release_covers_every_release() -> None:
    events = made("introduced 0, last_affected 1.0")

    assert affected(Scheme.RPM, "1.0-3.el9", events) is YES
    assert affected(Scheme.RPM, "1.0.1-1.el9", events) is NO
    assert affected(Scheme.RPM, "1.0-3.el9", made("introduced 0, fixed 1.0")) is NO
    assert affected(Scheme.RPM, "1.0-3.el9", (), ["1.0"]) is YES
    assert affected(Scheme.RPM, "1.0-3.el9", (), ["1.0-2.el9"]) is NO


def test_a_local_version_is_affected_with_its_public_one() -> None:
    assert affected(Scheme.PYPI, "2.0.0+cu118", made("introduced 0, last_affected 2.0")) is YES
    assert affected(Scheme.PYPI, "2.0.0+cu118", (), ["2.0.0"]) is YES
    assert affected(Scheme.PYPI, "2.0.0+cu118", (), ["2.0.0+cpu"]) is NO


def test_answers_are_joined_to_the_worst() -> None:
    assert any_of([NO, UNKNOWN, YES]) is YES
    assert any_of([NO, UNKNOWN, NO]) is UNKNOWN
    assert any_of([NO]) is NO
    assert any_of([]) is NO


def test_a_fix_before_what_it_fixes_is_walked_like_any_other_range() -> None:
    events = made("introduced 2.0.0, fixed 1.0.0")

    assert affected(NPM, "2.5.0", events) is YES
    assert affected(NPM, "1.5.0", events) is NO


def test_a_listed_version_that_leaves_out_its_release_stands_for_all_beside_others() -> None:
    listed = ["0.9", "1.0-2.el9", "1.0", "1.1-1.el9", "no version"]

    assert is_listed(Scheme.RPM, "1.0-3.el9", listed)
    assert is_listed(Scheme.RPM, "0:1.0-2.el9", listed)
    assert is_listed(Scheme.RPM, "no version", listed)
    assert not is_listed(Scheme.RPM, "1.1-2.el9", listed)
    assert not is_listed(Scheme.RPM, "0.8-1.el9", listed)
    assert not is_listed(Scheme.RPM, "1.0.1-1.el9", listed)
    assert not is_listed(Scheme.RPM, "another", listed)
