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
        ("rpm", "kernel6.12"),
        ("rpm", "kernel6.12-headers"),
        ("rpm", "kernel-livepatch-6.1.10-15.42"),
        ("rpm", "kernel-mshv"),
        ("rpm", "linux"),
        ("rpm", "linux-esx"),
        ("rpm", "linux-esx-devel"),
        ("rpm", "linux-drivers-sound"),
        ("rpm", "linux-api-headers"),
        ("deb", "linux-aws-headers-5.15.0-1030"),
        ("deb", "linux-aws-5.15-headers-5.15.0-1030"),
        ("deb", "linux-hwe-6.8-headers-6.8.0-40"),
        ("deb", "linux-modules-nvidia-535-generic"),
        ("deb", "linux-aws"),
        ("deb", "linux-generic-hwe-22.04"),
        ("deb", "proxmox-kernel-6.8.12-1-pve"),
        ("alpm", "linux-lts-headers"),
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
        ("rpm", "kernel6.12-tools"),
        ("rpm", "kernel-uek-tools"),
        ("rpm", "kernel-rpm-macros"),
        ("rpm", "linux-firmware"),
        ("rpm", "linux-tools"),
        ("rpm", "linux-python3-perf"),
        ("deb", "linux-aws-tools-5.15.0-1030"),
        ("deb", "linux-azure-cloud-tools-5.15.0-1030"),
        ("deb", "linux-firmware"),
        ("rpm", "perf"),
        ("apk", "linux-pam"),
        ("npm", "kernel"),
    ],
)
def test_programs_beside_the_kernel_do_run(type_: str, name: str) -> None:
    assert not is_kernel(package(type_, name, "1"))
