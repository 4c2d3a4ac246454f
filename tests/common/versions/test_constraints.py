"""Constraints as people write them, and what they are told when they write them wrong."""

from __future__ import annotations

import pytest

from scantling_common.versions.constraints import MAX_CLAUSES, parse_constraint
from scantling_common.versions.errors import ConstraintInvalid
from scantling_common.versions.keys import MAX_LENGTH
from scantling_common.versions.ranges import Answer
from scantling_common.versions.schemes import Scheme


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("< 2.17", ["2.16.9", "2.17-rc1"], ["2.17", "2.17.0", "3"]),
        ("<2.17", ["2.16.9"], ["2.17"]),
        ("<= 2.17", ["2.17.0"], ["2.17.1"]),
        ("> 2.17", ["2.17.1"], ["2.17"]),
        (">= 1.0, < 2", ["1.0", "1.9"], ["0.9", "2", "2.0.0"]),
        (">=1.0 <2", ["1.0", "1.9"], ["0.9", "2"]),
        ("= 1.2", ["1.2", "1.2.0"], ["1.2.1"]),
        ("== 1.2", ["1.2"], ["1.2.1"]),
        ("1.2", ["1.2.0"], ["1.3"]),
        ("!= 1.2", ["1.3"], ["1.2.0"]),
        ("1.2.*", ["1.2", "1.2.9", "1.2-rc1"], ["1.20", "1.3", "11.2"]),
        ("= 1.2.*", ["1.2.9"], ["1.20"]),
        ("*", ["1", "anything at all"], []),
        ("< 1 || >= 2, != 3", ["0.9", "2", "4"], ["1", "1.5", "3"]),
    ],
)
def test_a_constraint_admits(text: str, yes: list[str], no: list[str]) -> None:
    constraint = parse_constraint(text)

    assert [constraint.admits(Scheme.MAVEN, each) for each in yes] == [Answer.YES] * len(yes)
    assert [constraint.admits(Scheme.MAVEN, each) for each in no] == [Answer.NO] * len(no)


def test_the_scheme_is_that_of_the_package() -> None:
    constraint = parse_constraint("< 1.0")

    assert constraint.admits(Scheme.DEB, "1.0~rc1") is Answer.YES
    assert constraint.admits(Scheme.APK, "1.0_rc1") is Answer.YES
    assert constraint.admits(Scheme.DEB, "1.0-rc1") is Answer.NO


def test_a_release_that_is_left_out_stands_for_all() -> None:
    assert parse_constraint("= 1.0").admits(Scheme.RPM, "1.0-3.el9") is Answer.YES
    assert parse_constraint("<= 1.0").admits(Scheme.RPM, "1.0-3.el9") is Answer.YES
    assert parse_constraint("> 1.0").admits(Scheme.RPM, "1.0-3.el9") is Answer.NO
    assert parse_constraint("= 1.0-2.el9").admits(Scheme.RPM, "1.0-3.el9") is Answer.NO


def test_what_can_not_be_ordered_is_unknown_where_it_matters() -> None:
    assert parse_constraint("< 1.0").admits(Scheme.SEMVER, "latest") is Answer.UNKNOWN
    assert parse_constraint("< soon").admits(Scheme.SEMVER, "1.0.0") is Answer.UNKNOWN
    assert parse_constraint("= latest").admits(Scheme.SEMVER, "latest") is Answer.YES
    assert parse_constraint("!= latest").admits(Scheme.SEMVER, "latest") is Answer.NO
    assert parse_constraint("= latest").admits(Scheme.SEMVER, "1.0.0") is Answer.NO
    assert parse_constraint(">= 1, < soon").admits(Scheme.SEMVER, "0.1.0") is Answer.NO
    assert parse_constraint("< soon || > 1").admits(Scheme.SEMVER, "2.0.0") is Answer.YES


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "at its end: a version is missing"),
        ("  ", "at its end: a version is missing"),
        ("<", "at '<'"),
        (">= 1.0,", "at ','"),
        (">= 1.0,, < 2", "at ', < 2'"),
        (", < 2", "at ', < 2'"),
        ("=> 1.0", "at '=> 1.0'"),
        ("< 1.0 ||", "at its end"),
        ("< 1.0 | > 2", "at '| > 2'"),
        ("< 1.2.*", r"at '< 1.2.*'"),
        ("!= *", "at '!= *'"),
        ("< abc def", "at 'def'"),
        ("1.0 beta", "at 'beta'"),
        ("< \x1b[31m <", r"at '<\x1b[31m'"),
        ("<= <\x1b[31m", r"at '<= <\x1b[31m'"),
    ],
)
def test_what_is_no_constraint_is_answered_with_where_and_what_to_write(
    text: str, where: str
) -> None:
    with pytest.raises(ConstraintInvalid) as caught:
        parse_constraint(text)

    assert where in caught.value.message
    assert "write for example '< 2.17'" in caught.value.hint


def test_a_constraint_has_limits() -> None:
    assert len(parse_constraint(",".join(["1"] * MAX_CLAUSES)).alternatives[0]) == MAX_CLAUSES
    with pytest.raises(ConstraintInvalid, match="over 50 clauses"):
        parse_constraint(",".join(["1"] * (MAX_CLAUSES + 1)))
    with pytest.raises(ConstraintInvalid, match="1001 characters, 1000 at most"):
        parse_constraint("1" * (MAX_LENGTH + 1))


@pytest.mark.timeout(5)
@pytest.mark.parametrize("piece", ["<", " ", ",", "1,", "| ", "= "])
def test_hostile_constraints_take_no_time(piece: str) -> None:
    with pytest.raises(ConstraintInvalid):
        parse_constraint((piece * MAX_LENGTH)[:MAX_LENGTH])


@pytest.mark.parametrize("text", ["~> 2.14", "^2.14", "@ 2.14.1", "~2.14", "< ~2", "= +1"])
def test_what_other_tools_have_as_operators_is_refused(text: str) -> None:
    with pytest.raises(ConstraintInvalid, match="can't be read at"):
        parse_constraint(text)
