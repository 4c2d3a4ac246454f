"""Configurations of the National Vulnerability Database say which versions of what are affected."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from scantling_analyzers.advisories.feeds.nvd_products import Configuration, Left, statements_of
from scantling_analyzers.advisories.models import Statement
from tests.builders.feeds.nvd import match, node

WINDOWS = match("o:microsoft:windows:-", vulnerable=False)
LINUX = match("o:linux:linux_kernel:-", vulnerable=False)


def read(*configurations: dict[str, Any]) -> tuple[dict[str, Statement], list[Left]]:
    left: dict[Left, None] = {}
    given = msgspec.convert(configurations, list[Configuration])
    found = statements_of(given, left)
    return {each.name: each for each in found}, list(left)


def alone(*nodes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"nodes": list(nodes), **fields}


def together(*nodes: dict[str, Any]) -> dict[str, Any]:
    return alone(*nodes, operator="AND", negate=False)


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({}, (("introduced", "0"),)),
        ({"versionEndExcluding": "2"}, (("introduced", "0"), ("fixed", "2"))),
        ({"versionEndIncluding": "2"}, (("introduced", "0"), ("last_affected", "2"))),
        (
            {"versionStartIncluding": "1", "versionEndExcluding": "2"},
            (("introduced", "1"), ("fixed", "2")),
        ),
        (
            {"versionStartExcluding": "1", "versionEndIncluding": "2"},
            (("introduced", "1"), ("last_affected", "2")),
        ),
        ({"versionStartIncluding": "1"}, (("introduced", "1"),)),
    ],
)
def test_bounds_are_a_range(bounds: dict[str, Any], expected: tuple[Any, ...]) -> None:
    found, left = read(alone(node(match("a:v:p:*", **bounds))))

    assert found["v:p"] == Statement(stream="cpe", name="v:p", ranges=(expected,))
    assert left == []


@pytest.mark.parametrize(
    ("name", "versions"),
    [
        ("a:v:p:1.0", ("1.0",)),
        ("a:v:p:1.0:-", ("1.0",)),
        ("a:v:p:9.0.0:milestone1", ("9.0.0milestone1", "9.0.0-milestone1")),
        ("a:openbsd:openssh:7.2:p2", ("7.2p2", "7.2-p2")),
    ],
)
def test_a_version_in_a_name_is_one(name: str, versions: tuple[str, ...]) -> None:
    (found,) = read(alone(node(match(name))))[0].values()

    assert (found.versions, found.ranges) == (versions, ())


def test_all_that_is_said_of_a_product_is_one_statement() -> None:
    found, _ = read(
        alone(node(match("a:v:p:1"), match("a:v:p:*", versionEndExcluding="3"), match("a:v:q:2"))),
        alone(node(match("a:v:p:1"), match("a:v:p:4"))),
    )

    assert found["v:p"].versions == ("1", "4")
    assert len(found["v:p"].ranges) == 1
    assert set(found) == {"v:p", "v:q"}


def test_quoted_names_are_unquoted() -> None:
    found, _ = read(alone(node(match(r"a:themeisle:wp_mode_\&_soon:1"))))

    assert set(found) == {"themeisle:wp_mode_&_soon"}


def test_only_what_is_vulnerable_is_affected() -> None:
    found, left = read(
        together(node(match("a:v:p:1")), node(LINUX, match("a:w:x:1", vulnerable=False)))
    )

    assert (set(found), left) == ({"v:p"}, [])


@pytest.mark.parametrize(
    "platform",
    [
        "o:microsoft:windows_10:-",
        "o:apple:macos:*",
        "o:google:android:*",
        "o:ibm:aix:7.1",
        "o:oracle:solaris:11",
    ],
)
def test_what_is_affected_on_another_system_only_is_left_out_and_named(platform: str) -> None:
    foreign = match(platform, vulnerable=False)

    found, left = read(together(node(match("a:v:p:1")), node(foreign)))
    assert (found, [each.code for each in left]) == ({}, ["other_platform"])

    found, left = read(together(node(match("a:v:p:1")), node(foreign, LINUX)))
    assert (set(found), left) == ({"v:p"}, [])

    found, left = read(alone(node(match("a:v:p:1"), foreign, operator="AND")))
    assert (found, [each.code for each in left]) == ({}, ["other_platform"])


def test_several_platforms_of_which_all_are_needed() -> None:
    found, left = read(together(node(match("a:v:p:1")), node(LINUX, WINDOWS, operator="AND")))

    assert (found, [each.code for each in left]) == ({}, ["other_platform"])


def test_programs_for_another_system_are_left_out_and_named() -> None:
    found, left = read(
        alone(node(match("a:v:p:1:*:*:*:*:windows"), match("a:v:q:1:*:*:*:*:node.js")))
    )

    assert set(found) == {"v:q"}
    assert left == [Left("other_platform", "v:p is for windows")]


def test_operating_systems_and_hardware_are_not_programs() -> None:
    assert read(alone(node(match("o:linux:linux_kernel:5.1"), match("h:intel:xeon:-")))) == ({}, [])


@pytest.mark.parametrize(
    ("configuration", "code"),
    [
        (alone(node(match("a:v:p:-"))), "no_versions"),
        (alone(node(match("a:v:p:*", versionEndExcluding="9" * 2_000))), "no_versions"),
        (alone(node(match("a:v:p:1"), negate=True)), "negated"),
        (alone(node(match("a:v:p:1")), negate=True), "negated"),
        (alone(node({"vulnerable": True, "criteria": "cpe:/a:v:p:1"})), "malformed"),
        (
            alone(node({"vulnerable": True, "criteria": "cpe:2.3:a:v:*:1:*:*:*:*:*:*:*"})),
            "malformed",
        ),
        (alone(node({"vulnerable": True, "criteria": "x" * 2_000})), "malformed"),
    ],
)
def test_what_can_not_be_used_is_named(configuration: dict[str, Any], code: str) -> None:
    found, left = read(configuration, alone(node(match("a:v:q:1"))))

    assert ([each.code for each in left], set(found)) == ([code], {"v:q"})


def test_a_vulnerability_of_more_names_than_any_has_is_cut_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.nvd_products.MAX_MATCHES", 1)
    found, left = read(alone(node(match("a:v:p:1"))), alone(node(match("a:v:q:1"))))

    assert ([each.code for each in left], set(found)) == (["too_many"], {"v:p"})


def test_empty_configurations_say_nothing() -> None:
    assert read({}, {"nodes": []}, {"nodes": [{}], "operator": "AND"}) == ({}, [])
