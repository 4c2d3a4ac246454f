"""Package URLs are those that packageurl-python writes."""

from __future__ import annotations

import re
import time
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from scantling_analyzers.facts.models import Distribution, Package
from scantling_analyzers.inventory.purl import purl_of, written

TYPES: Final = (
    *("alpm", "apk", "bitnami", "cargo", "composer", "conda", "cran", "deb", "ebuild", "gem"),
    *("generic", "github", "golang", "hex", "maven", "npm", "nuget", "opkg", "pypi", "rpm"),
)
TEXT: Final = st.text(max_size=12) | st.from_regex(r"[A-Za-z0-9._~:+@/% -]{0,12}", fullmatch=True)


def of_the_library(
    type_: str, namespace: str, name: str, version: str, qualifiers: dict[str, str]
) -> str:
    """Return what packageurl-python writes, empty where it has nothing to name."""
    if type_ == "pypi":
        name = re.sub(r"[-_.]+", "-", name)
    if not name.strip().strip("/"):
        return ""
    given_ = {key: text for key, text in qualifiers.items() if text}
    return PackageURL(type_, namespace or None, name, version or None, given_ or None).to_string()


@given(
    type_=st.sampled_from(TYPES),
    namespace=TEXT,
    name=TEXT,
    version=TEXT,
    arch=TEXT,
    upstream=TEXT,
)
def test_package_urls_are_those_of_the_library(
    type_: str, namespace: str, name: str, version: str, arch: str, upstream: str
) -> None:
    qualifiers = {"arch": arch, "upstream": upstream}
    ours = written(type_, namespace, name, version, qualifiers)
    assert ours == of_the_library(type_, namespace, name, version, qualifiers)


@pytest.mark.parametrize("name", ["", " ", "/", "//"])
def test_a_package_without_a_name_has_no_package_url(name: str) -> None:
    assert written("npm", "a", name, "1", {}) == ""


@pytest.mark.parametrize(
    ("type_", "name", "more", "expected"),
    [
        ("bitnami", "redis", {"arch": "arm64"}, "bitnami/redis@1?arch=arm64&distro=debian-12"),
        ("composer", "Acme/Log", {}, "composer/acme/log@1"),
        ("conda", "numpy", {"arch": "linux-64"}, "conda/numpy@1?subdir=linux-64"),
        ("cpan", "libwww-perl", {"maintainer": "ETHER"}, "cpan/ETHER/libwww-perl@1"),
        ("cpan", "libwww-perl", {}, "cpan/libwww-perl@1"),
        ("cran", "MASS", {"maintainer": "Me"}, "cran/MASS@1"),
        ("gem", "pg", {"arch": "x86_64-linux"}, "gem/pg@1?platform=x86_64-linux"),
        ("generic", "wordpress-plugin/akismet", {}, "generic/wordpress-plugin/akismet@1"),
        ("luarocks", "LPeg", {}, "luarocks/lpeg@1"),
        ("nuget", "Newtonsoft.Json", {}, "nuget/Newtonsoft.Json@1"),
        ("otp", "Elixir", {}, "otp/elixir@1"),
        ("pear", "pecl.php.net/APCu", {}, "pear/pecl.php.net/APCu@1"),
    ],
)
def test_each_ecosystem_s_own_way(
    type_: str, name: str, more: dict[str, str], expected: str
) -> None:
    package = Package(path="a", name=name, version="1", type=type_, **more)  # type: ignore[arg-type]  # mypy takes text for any field
    distribution = Distribution(path="etc/os-release", id="debian", version_id="12")
    assert purl_of(package, distribution) == f"pkg:{expected}"


def test_the_package_urls_of_a_large_image_take_no_time_worth_mentioning() -> None:
    distribution = Distribution(path="etc/os-release", id="debian", version_id="12")
    packages = [
        Package(
            path="var/lib/dpkg/status",
            name=f"libthing{number}-dev",
            version=f"1:{number}.2+dfsg-1~deb12u1",
            type="deb",
            arch="amd64",
            source_name=f"thing{number}",
        )
        for number in range(20_000)
    ]
    begun = time.process_time()
    for package in packages:
        purl_of(package, distribution)
    assert time.process_time() - begun < 2
