"""Which scheme orders what: package types, ecosystems of advisories, types of ranges."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scantling_common.versions.schemes import (
    BY_ECOSYSTEM,
    BY_TYPE,
    Scheme,
    scheme_of_ecosystem,
    scheme_of_type,
)


@pytest.mark.parametrize(
    ("ecosystem", "range_type", "scheme"),
    [
        ("Debian:12", "ECOSYSTEM", Scheme.DEB),
        ("Ubuntu:Pro:22.04:LTS", "ECOSYSTEM", Scheme.DEB),
        ("Alpine:v3.20", "ECOSYSTEM", Scheme.APK),
        ("Red Hat:enterprise_linux:9::baseos", "ECOSYSTEM", Scheme.RPM),
        ("openEuler:24.03-LTS", "ECOSYSTEM", Scheme.RPM),
        ("npm", "SEMVER", Scheme.SEMVER),
        ("Go", "SEMVER", Scheme.GO),
        ("Maven", "ECOSYSTEM", Scheme.MAVEN),
        ("SomethingNew", "SEMVER", Scheme.SEMVER),
        ("SomethingNew", "ECOSYSTEM", None),
        ("PyPI", "GIT", None),
        ("", "ECOSYSTEM", None),
    ],
)
def test_an_ecosystem_and_a_type_of_range_have_a_scheme(
    ecosystem: str, range_type: str, scheme: Scheme | None
) -> None:
    assert scheme_of_ecosystem(ecosystem, range_type) is scheme


def test_a_type_of_packages_has_a_scheme() -> None:
    assert scheme_of_type("deb") is Scheme.DEB
    assert scheme_of_type("alpm") is Scheme.ALPM
    assert scheme_of_type("unheard-of") is None


def test_every_scheme_is_used() -> None:
    assert {*BY_TYPE.values(), *BY_ECOSYSTEM.values()} == set(Scheme)


def test_what_orders_versions_is_imported_at_once() -> None:
    code = (
        "import sys, scantling_common.versions.constraints;"
        "print(len(sys.modules), 'pydantic' in sys.modules, 'packaging' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )

    modules, *heavy = done.stdout.split()
    assert heavy == ["False", "False"]
    assert int(modules) < 150
