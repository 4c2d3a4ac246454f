"""What the errors of a partial outcome cover."""

from __future__ import annotations

import pytest

from scantling_reporter.merge.carry import carried_over, left_out
from tests.reporter.builders import a_package, an_error, an_outcome, digest


@pytest.mark.parametrize(
    ("error", "covered", "not_covered"),
    [
        (an_error("etc/a"), [("etc/a", "")], [("etc/ab", ""), ("etc", ""), ("srv/etc/a", "")]),
        (an_error("srv"), [("srv/x/y", "")], [("srv2/x", "")]),
        (an_error("a.war"), [("a.war!/b.jar", "")], [("a.war2!/b.jar", "")]),
        (an_error("", layer=digest("L")), [("x", digest("L"))], [("x", digest("M"))]),
        (an_error("x", layer=digest("L")), [("x", digest("L")), ("x", "")], [("x", digest("M"))]),
        (an_error(""), [("x", digest("L")), ("", "")], []),
    ],
)
def test_an_error_covers_its_place_and_what_is_beneath(
    error: object, covered: list[tuple[str, str]], not_covered: list[tuple[str, str]]
) -> None:
    errors = (error,)
    assert all(left_out(path, layer, errors) for path, layer in covered)  # type: ignore[arg-type]
    assert not any(left_out(path, layer, errors) for path, layer in not_covered)  # type: ignore[arg-type]


def test_a_partial_outcome_that_names_no_error_looked_at_nothing() -> None:
    assert left_out("etc/a", "", ())


def test_packages_are_carried_over_like_findings() -> None:
    earlier = an_outcome("software", packages=[a_package("a"), a_package("b", path="opt/lib.jar")])
    partial = an_outcome("software", "partial", errors=[an_error("opt/lib.jar")])
    carried = carried_over(earlier, partial)
    assert [package.name for package in carried.packages] == ["b"]
    assert carried.status == "partial"


def test_nothing_new_is_made_where_nothing_is_carried() -> None:
    partial = an_outcome("software", "partial", errors=[an_error("opt/lib.jar")])
    assert carried_over(an_outcome("software", packages=[a_package("a")]), partial) is partial
