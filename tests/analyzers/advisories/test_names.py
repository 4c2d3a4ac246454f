"""Names are compared as their ecosystem compares them."""

from __future__ import annotations

import pytest

from scantling_analyzers.advisories.names import normalised_name


@pytest.mark.parametrize(
    ("stream", "name", "expected"),
    [
        ("PyPI", "Zope.Interface__x-", "zope-interface-x-"),
        ("crates.io", "Serde_JSON", "serde-json"),
        ("SwiftURL", "https://github.com/Apple/Swift-NIO.git", "github.com/apple/swift-nio"),
        ("SwiftURL", "github.com/apple/swift-nio/", "github.com/apple/swift-nio"),
        ("NuGet", "Newtonsoft.Json", "newtonsoft.json"),
        ("Packagist", "Symfony/Http-Kernel", "symfony/http-kernel"),
        ("cpe", "Apache:Tomcat", "apache:tomcat"),
        ("Maven", "org.Example:A_b", "org.Example:A_b"),
        ("npm", "@Scope/Name", "@scope/name"),
        ("Go", "github.com/Masterminds/semver", "github.com/Masterminds/semver"),
        ("RubyGems", "RedCloth", "RedCloth"),
        ("debian:12", "libssl3", "libssl3"),
    ],
)
def test_names_have_one_form(stream: str, name: str, expected: str) -> None:
    assert normalised_name(stream, name) == expected
    assert normalised_name(stream, expected) == expected
