"""What statements of licences mean to a list."""

from __future__ import annotations

import time

import pytest

from scantling_analyzers.risks.compliance.licences import allowed_by, denied_by, terms_of


def is_gpl(text: str) -> bool:
    return text.startswith("gpl")


@pytest.mark.parametrize(
    ("statement", "denied", "allowed"),
    [
        ("GPL-2.0-or-later", 1, 1),
        ("MIT", 0, 0),
        ("MIT OR GPL-2.0-only", 0, 1),
        ("MIT AND GPL-2.0-only", 1, 0),
        ("GPL-2.0-only or GPL-3.0-only", 1, 1),
        ("(MIT OR GPL-2.0-only) AND BSD-3-Clause", 0, 0),
        ("(MIT OR GPL-2.0-only) AND GPL-3.0-only", 1, 1),
        ("MIT OR GPL-2.0-only AND BSD-3-Clause", 0, 0),
        ("MIT AND BSD-3-Clause OR GPL-2.0-only", 0, 1),
        ("GPL-2.0-only WITH Classpath-exception-2.0", 1, 1),
        ("GPL (>= 2)", 1, 1),
        ("GPL-2.0-only AND", 1, 1),
        ("AND GPL-2.0-only", 0, 0),
        ("(GPL-2.0-only", 0, 0),
        ("GPL-2.0-only)", 1, 1),
        ("()", 0, 0),
        ("", 0, 0),
    ],
)
def test_a_choice_denies_only_without_another_and_allows_by_one(
    statement: str, denied: int, allowed: int
) -> None:
    assert (denied_by([statement], is_gpl), allowed_by([statement], is_gpl)) == (denied, allowed)


def test_of_several_statements_one_denies_and_all_must_allow() -> None:
    both = ["MIT", "GPL-2.0-only"]
    assert denied_by(both, is_gpl)
    assert not allowed_by(both, is_gpl)
    assert not allowed_by([], is_gpl)
    assert not denied_by([], is_gpl)


def test_the_licences_that_are_named_are_known() -> None:
    assert terms_of("(MIT OR ISC) AND Zlib") == ["mit", "isc", "zlib"]


@pytest.mark.parametrize(
    "statement", ["(" * 4000 + "x" + ")" * 4000, "x or " * 4000 + "x", "(" * 9000, "and " * 9000]
)
def test_statements_made_to_hurt_take_no_time(statement: str) -> None:
    begun = time.process_time()
    denied_by([statement], is_gpl)
    assert time.process_time() - begun < 2
