"""Which packages are the kernel, and which only share its source."""

from __future__ import annotations

import pytest

from scantling_analyzers.advisories.matching.kernel import is_kernel
from tests.analyzers.advisories.matching.asking import package


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("deb", "linux-image-6.1.0-18-amd64"),
        ("deb", "linux-libc-dev"),
        ("deb", "linux-headers-generic"),
        ("rpm", "kernel"),
        ("rpm", "kernel-core"),
        ("rpm", "kernel-headers"),
        ("rpm", "kernel-uek-core"),
        ("rpm", "kernel-default-devel"),
        ("apk", "linux-lts"),
        ("apk", "linux-headers"),
    ],
)
def test_a_kernel_runs_in_no_container(type_: str, name: str) -> None:
    assert is_kernel(package(type_, name, "1"))


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("deb", "linux-perf"),
        ("deb", "linux-base"),
        ("rpm", "kernel-tools-libs"),
        ("rpm", "perf"),
        ("apk", "linux-pam"),
        ("npm", "kernel"),
    ],
)
def test_programs_beside_the_kernel_do_run(type_: str, name: str) -> None:
    assert not is_kernel(package(type_, name, "1"))
