"""Names in the National Vulnerability Database."""

from __future__ import annotations

import pytest

from scantling_analyzers.inventory.cpe import cpe_of

ANY = ":*" * 7


@pytest.mark.parametrize(
    ("name", "version", "cpe"),
    [
        ("f5:nginx", "1.25.3", "cpe:2.3:a:f5:nginx:1.25.3"),
        ("F5:NGINX", "", "cpe:2.3:a:f5:nginx:*"),
        ("a:b", "1.0+x~y", "cpe:2.3:a:a:b:1.0\\+x\\~y"),
        ("a:b", "-", "cpe:2.3:a:a:b:\\-"),
        ("a:b", "*:?", "cpe:2.3:a:a:b:\\*\\:\\?"),
        ("a:b/c", "1", "cpe:2.3:a:a:b\\/c:1"),
    ],
)
def test_names_are_formatted_strings(name: str, version: str, cpe: str) -> None:
    assert cpe_of(name, version) == cpe + ANY


@pytest.mark.parametrize(
    ("name", "version"), [("", "1"), ("a", "1"), (":b", "1"), ("a:b", "é"), ("a:b", "1 2")]
)
def test_what_is_no_name_has_none(name: str, version: str) -> None:
    assert cpe_of(name, version) == ""
