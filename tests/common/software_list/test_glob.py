"""Patterns of names, paths and licences."""

from __future__ import annotations

import re
import time

import pytest

from scantling_common.software_list.glob import any_of, expression, is_plain

LONG = "a" * 100_000
SECONDS = 2.0


@pytest.mark.parametrize(
    ("pattern", "fitting", "others"),
    [
        ("nmap", ["nmap"], ["nmap-common", "xnmap", ""]),
        ("NMap", ["nmap"], []),
        ("nmap*", ["nmap", "nmap-common"], ["anmap"]),
        ("*map", ["nmap", "map"], ["maps"]),
        ("*ab*c", ["xxabyybc", "abc"], ["abcd", "cab"]),
        ("gcc-??", ["gcc-12"], ["gcc-12-base", "gcc-9"]),
        ("a*b*c", ["a-b-b-c-c", "abc"], ["a-c-b"]),
        ("*", ["", "x"], []),
        ("**", ["", "x"], []),
        ("a.c", ["a.c"], ["abc"]),
        ("[a]*", ["[a]b"], ["ab"]),
        ("/opt/*", ["/opt/a/b", "/opt/"], ["/opt", "/x/opt/a"]),
        ("a*", ["a\nb"], []),
    ],
)
def test_a_star_is_any_text_and_a_question_mark_one_character(
    pattern: str, fitting: list[str], others: list[str]
) -> None:
    glob = any_of([pattern])
    assert all(map(glob.match, fitting))
    assert not any(map(glob.match, others))


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 100 + "*b", "a*" * 128, "?" * 200 + "*" + "?a" * 20 + "b", "*" * 256, "*aaaaab" * 30],
)
def test_time_is_linear_in_the_text_whatever_the_pattern(pattern: str) -> None:
    begun = time.process_time()

    any_of([pattern]).match(LONG)

    assert time.process_time() - begun < SECONDS


def test_without_patterns_nothing_fits() -> None:
    assert not any_of([]).match("")


def test_any_of_several_fits() -> None:
    either = any_of(["a*", "*z", "A*"])
    assert [bool(either.match(text)) for text in ("ab", "yz", "b")] == [True, True, False]


def test_what_has_no_wildcard_stands_for_itself() -> None:
    assert is_plain("lib[a].so")
    assert not is_plain("lib?")
    assert re.fullmatch(expression("lib[a].so"), "lib[a].so")
