"""Licences as SPDX writes them."""

from __future__ import annotations

import pytest
from cyclonedx.spdx import fixup_id, is_expression
from hypothesis import given
from hypothesis import strategies as st

from scantling_reporter.formats.licenses import (
    cyclonedx_licenses,
    license_reference,
    spdx_declared,
)
from scantling_reporter.licenses import MAX_EXPRESSION, normalised, spdx_expression, spdx_id

WORDS = (
    "MIT",
    "apache-2.0",
    "GPL-2.0-only",
    "AND",
    "or",
    "WITH",
    "(",
    ")",
    "nothing",
    "LLVM-exception",
)


@pytest.mark.parametrize("text", ["MIT", "mit", " Apache-2.0 ", "gpl-2.0+", "zlib"])
def test_identifiers_are_those_of_the_library(text: str) -> None:
    assert spdx_id(text) == fixup_id(text.strip()) is not None


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("mit", "MIT"),
        ("mit or apache-2.0", "MIT OR Apache-2.0"),
        ("(MIT)", "(MIT)"),
        ("mit AND (bsd-3-clause or Zlib)", "MIT AND (BSD-3-Clause OR Zlib)"),
        ("gpl-2.0-or-later with classpath-exception-2.0 AND MIT", None),
        ("GPL-2.0-only WITH Linux-syscall-note", "GPL-2.0-only WITH Linux-syscall-note"),
    ],
)
def test_expressions_come_out_in_their_canonical_form(text: str, expression: str | None) -> None:
    wanted = expression or "GPL-2.0-or-later WITH Classpath-exception-2.0 AND MIT"
    assert spdx_expression(text) == wanted
    assert is_expression(wanted)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GPLv2+",
        "MIT/Apache-2.0",
        "MIT AND",
        "AND MIT",
        "MIT MIT",
        "(MIT",
        "MIT)",
        "()",
        "MIT WITH",
        "MIT WITH MIT",
        "Classpath-exception-2.0",
        "(MIT OR Zlib) WITH Classpath-exception-2.0",
        "LicenseRef-ours",
        "MIT OR nothing",
        "MIT\x1b[31m",
        "(" * 10_000 + "MIT" + ")" * 10_000,
        "MIT OR " * MAX_EXPRESSION + "MIT",
    ],
)
def test_what_is_no_expression_is_left_alone(text: str) -> None:
    assert spdx_expression(text) is None
    assert normalised((text,)) == (text,)


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_whatever_is_taken_for_an_expression_is_one(text: str) -> None:
    expression = spdx_expression(text)
    assert expression is None or is_expression(expression)
    assert expression is None or spdx_expression(expression) == expression


@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_has_a_reference(text: str) -> None:
    assert spdx_expression(text) is None or is_expression(text)
    assert license_reference(text).startswith("LicenseRef-")


def test_licences_stay_in_their_order_and_come_once() -> None:
    assert normalised(("mit", "our own", "MIT", "zlib")) == ("MIT", "our own", "Zlib")


def test_cyclonedx_has_licences_or_one_expression() -> None:
    assert cyclonedx_licenses(()) == []
    assert cyclonedx_licenses(("MIT", " ")) == [{"license": {"id": "MIT"}}]
    assert cyclonedx_licenses(("MIT OR Zlib",)) == [{"expression": "MIT OR Zlib"}]
    assert cyclonedx_licenses(("MIT OR Zlib", "ISC")) == [{"expression": "(MIT OR Zlib) AND ISC"}]
    assert cyclonedx_licenses(("MIT OR Zlib", "ours", "ISC")) == [
        {"license": {"name": "MIT OR Zlib"}},
        {"license": {"name": "ours"}},
        {"license": {"id": "ISC"}},
    ]


def test_spdx_has_one_expression_for_all_licences() -> None:
    assert spdx_declared(()) == ""
    assert spdx_declared(("MIT OR Zlib", "ISC", "ISC")) == "(MIT OR Zlib) AND ISC"
    assert spdx_declared(("ours",)) == license_reference("ours")
