"""Platforms in their usual words, and which of those offered a user gets."""

from __future__ import annotations

import pytest

from scantling_common.images.errors import PlatformInvalid
from scantling_common.images.platform import (
    Platform,
    best,
    host_platform,
    normalise,
    parse_platform,
)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("linux/amd64", "linux/amd64"),
        ("Linux/x86_64", "linux/amd64"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm64/v9", "linux/arm64/v9"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/arm/6", "linux/arm/v6"),
        ("linux/armhf", "linux/arm/v7"),
        ("linux/i686", "linux/386"),
        ("linux/amd64/v1", "linux/amd64"),
        ("windows/amd64", "windows/amd64"),
        ("linux/s390x", "linux/s390x"),
    ],
)
def test_a_platform_is_normalised(text: str, normal: str) -> None:
    assert str(parse_platform(text)) == normal


@pytest.mark.parametrize(
    "text", ["", "linux", "linux/", "/amd64", "a/b/c/d", "linux/a b", "linux/\x1b"]
)
def test_what_is_no_platform_is_refused(text: str) -> None:
    with pytest.raises(PlatformInvalid):
        parse_platform(text)


def test_a_config_without_a_platform_is_for_linux() -> None:
    assert normalise("", "") == Platform("linux", "unknown")


def test_the_same_platform_is_best_and_arm_runs_lower_variants() -> None:
    offered = [parse_platform(text) for text in ("linux/amd64", "linux/arm/v5", "linux/arm/v6")]

    assert best(offered, parse_platform("linux/amd64")) == offered[0]
    assert best(offered, parse_platform("linux/arm/v7")) == offered[2]
    assert best(offered, parse_platform("linux/arm/v5")) == offered[1]
    assert best(offered, parse_platform("linux/arm64")) is None
    assert best(offered[2:], parse_platform("linux/arm/v5")) is None


def test_the_host_runs_linux_images() -> None:
    assert host_platform().os == "linux"
    assert host_platform() == parse_platform(str(host_platform()))
