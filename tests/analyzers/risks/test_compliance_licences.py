"""What statements of licences mean to a list."""

from __future__ import annotations

import time

import pytest

from scantling_analyzers.risks.compliance.licences import Standing, terms_of


def is_gpl(text: str) -> bool:
    return text.startswith("gpl")


def denied_by(*statements: str) -> bool:
    return Standing(statements).decided_by(is_gpl, denies=True)


def allowed_by(*statements: str) -> bool:
    return Standing(statements).decided_by(is_gpl, denies=False)


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
    assert (denied_by(statement), allowed_by(statement)) == (denied, allowed)


def test_of_several_statements_one_denies_and_all_must_allow() -> None:
    assert denied_by("MIT", "GPL-2.0-only")
    assert not allowed_by("MIT", "GPL-2.0-only")
    assert allowed_by("GPL-3.0-only", "GPL-2.0-only")
    assert not allowed_by()
    assert not denied_by()


@pytest.mark.parametrize(
    ("statement", "entries", "deciding"),
    [
        ("MIT OR GPL-3.0", ("deny mit", "deny gpl-3.0"), 1),
        ("MIT OR GPL-3.0", ("deny gpl-3.0", "deny mit"), 1),
        ("MIT OR GPL-3.0 OR ISC", ("deny gpl-3.0", "deny mit"), None),
        ("(MIT OR GPL-3.0) AND (ISC OR 0BSD)", ("deny isc", "deny mit", "deny gpl-3.0"), 2),
        ("(MIT AND ISC) OR GPL-3.0", ("deny gpl-3.0", "deny isc"), 1),
        ("MIT OR GPL-3.0", ("deny mit", "allow gpl-3.0", "deny gpl-3.0"), 1),
        ("MIT OR GPL-3.0", ("deny mit", "allow mit", "deny gpl-3.0"), 2),
        ("MIT AND ISC", ("allow mit", "allow isc", "deny isc"), 1),
        ("MIT AND ISC", ("allow mit", "deny isc"), 1),
        ("MIT AND ISC", ("allow mit", "deny mit"), None),
    ],
)
def test_each_licence_is_decided_by_the_first_entry_and_all_of_them_make_the_verdict(
    statement: str, entries: tuple[str, ...], deciding: int | None
) -> None:
    standing = Standing([statement])
    said = [each.partition(" ") for each in entries]
    decided = [
        standing.decided_by(licence.__eq__, denies=action == "deny") for action, _, licence in said
    ]
    assert next((n for n, each in enumerate(decided) if each), None) == deciding


def test_the_licences_that_are_named_are_known() -> None:
    assert terms_of("(MIT OR ISC) AND Zlib") == ["mit", "isc", "zlib"]


@pytest.mark.parametrize(
    "statement", ["(" * 4000 + "x" + ")" * 4000, "x or " * 4000 + "x", "(" * 9000, "and " * 9000]
)
def test_statements_made_to_hurt_take_no_time(statement: str) -> None:
    begun = time.process_time()
    denied_by(statement)
    assert time.process_time() - begun < 2
