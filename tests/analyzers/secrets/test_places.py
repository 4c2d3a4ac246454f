"""Rules for some paths: which are asked for, whether they are ours or a user's."""

from __future__ import annotations

import re

import pytest

from scantling_analyzers.secrets.places import RulesOfPlaces
from scantling_analyzers.secrets.rule import Kind, Rule
from scantling_analyzers.secrets.rules import packaged_rules


def rule(identifier: str, path: str, kind: Kind = "token") -> Rule:
    return Rule(id=identifier, title="x", severity="low", pattern="x", path=path, kind=kind)


RULES = RulesOfPlaces(
    [
        rule("everywhere", ""),
        rule("by-name", r"(?:^|/)\.?pgpass$"),
        rule("by-part-of-a-name", r"passwd[^/]{0,20}$"),
        rule("by-folder", r"(?:^|/)ppp/(?:chap|pap)-secrets$"),
        rule("of-a-user", "(?i)^SRV/", kind="custom"),
    ]
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("pgpass", ["by-name"]),
        ("home/bob/.pgpass", ["by-name"]),
        ("home/pgpass/notes", []),
        ("etc/apache2/htpasswd-2", ["by-part-of-a-name"]),
        ("htpasswd/notes", []),
        ("etc/ppp/chap-secrets", ["by-folder"]),
        ("etc/chap-secrets", []),
        ("srv/pgpass", ["by-name", "of-a-user"]),
        ("srv/notes", ["of-a-user"]),
        ("notes", []),
        ("", []),
    ],
)
def test_a_path_has_the_rules_that_are_for_it(path: str, expected: list[str]) -> None:
    assert [found.id for found in RULES.at(path)] == expected


def test_a_pattern_of_the_product_that_begins_with_a_name_has_nothing_else_beside_that() -> None:
    for found in packaged_rules():
        nested = re.sub(r"\[\^?[^\]]*\]|\\.", "", found.path)
        while nested != (nested := re.sub(r"\([^()]*\)", "", nested)):
            pass
        assert "|" not in nested, found.id


def test_without_rules_for_places_no_path_has_any() -> None:
    assert list(RulesOfPlaces([rule("everywhere", "")]).at("home/bob/.pgpass")) == []
