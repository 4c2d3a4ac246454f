"""References and the forms of the IMAGE argument."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scantling_common.images.errors import DigestInvalid, ImageError, NotFound, ReferenceInvalid
from scantling_common.images.reference import (
    AnyArchive,
    DockerArchive,
    InRegistry,
    OciArchive,
    OciLayout,
    parse_location,
    parse_reference,
)

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("alpine", "docker.io/library/alpine:latest"),
        ("alpine:3.10", "docker.io/library/alpine:3.10"),
        ("docker.io/alpine", "docker.io/library/alpine:latest"),
        ("team/app", "docker.io/team/app:latest"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app:v1", "localhost:5000/app:v1"),
        ("reg.example.com/a/b/c:V_1.2-x", "reg.example.com/a/b/c:V_1.2-x"),
        (f"reg.example.com/app@{DIGEST}", f"reg.example.com/app@{DIGEST}"),
        (f"reg.example.com/app:v1@{DIGEST}", f"reg.example.com/app:v1@{DIGEST}"),
        ("[::1]:5000/app", "[::1]:5000/app:latest"),
        ("host:5000/a__b/c-d.e", "host:5000/a__b/c-d.e:latest"),
    ],
)
def test_a_reference_is_completed(text: str, complete: str) -> None:
    reference = parse_reference(text)

    assert str(reference) == complete
    assert parse_reference(complete) == reference


def test_the_digest_decides_over_the_tag() -> None:
    assert parse_reference(f"r.example/app:v1@{DIGEST}").target == DIGEST
    assert parse_reference("r.example/app:v1").target == "v1"


@pytest.mark.parametrize(
    "text",
    ["", ":", "/", "App", "a//b", "a/", "a:b:c", "a:", "-a", "a..b", "a___b", "a b", "a\n",
     "host:port/a", "host:999999/a", "-host.x/a", "a" * 256, "x/" * 600, "é", "a:" + "t" * 129,
     "../../etc", "user:password@host.example/app"],
)  # fmt: skip
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises((ReferenceInvalid, DigestInvalid)):
        parse_reference(text)


@pytest.mark.parametrize(
    "digest", ["", "sha256:", "sha256:xyz", f"SHA256:{'a' * 64}", f"md5:{'a' * 32}"]
)
def test_what_is_no_digest_is_refused(digest: str) -> None:
    with pytest.raises(DigestInvalid):
        parse_reference(f"app@{digest}")


@given(st.text(max_size=60))
def test_any_text_is_a_reference_or_an_error(text: str) -> None:
    try:
        reference = parse_reference(text)
    except ImageError:
        return
    assert parse_reference(str(reference)) == reference


def test_the_forms_of_a_location(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "image.tar").write_bytes(b"")
    (tmp_path / "with:colon").mkdir()
    (tmp_path / "layout").mkdir()
    (tmp_path / "layout" / "oci-layout").write_text("{}")
    (tmp_path / "alpine").mkdir()
    remote = InRegistry(parse_reference("alpine"))

    assert parse_location("image.tar") == AnyArchive(Path("image.tar"))
    assert parse_location("docker-archive:image.tar") == DockerArchive(Path("image.tar"))
    assert parse_location("oci-archive:image.tar") == OciArchive(Path("image.tar"))
    assert parse_location("layout") == OciLayout(Path("layout"))
    assert parse_location("oci:layout") == OciLayout(Path("layout"))
    assert parse_location("oci:layout:v1") == OciLayout(Path("layout"), "v1")
    assert parse_location("oci:with:colon") == OciLayout(Path("with:colon"))
    assert parse_location("docker://alpine") == remote
    assert parse_location("alpine") == remote


def test_a_pipe_or_a_device_is_never_a_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("alpine")
    (tmp_path / "busybox").symlink_to(os.devnull)

    for text in ("alpine", "./alpine", "busybox", os.devnull):
        assert parse_location(text) == AnyArchive(Path(text))


@pytest.mark.parametrize(
    "text", ["oci:none", "oci-archive:none", "docker-archive:none", "/none", "./none", "none.tar"]
)
def test_a_path_that_is_not_there_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        parse_location(text)


@pytest.mark.parametrize("text", ["oci:", "docker-archive:", "docker://", "docker://A"])
def test_a_location_without_what_it_needs_is_refused(text: str) -> None:
    with pytest.raises(ReferenceInvalid):
        parse_location(text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a" * 5000, ReferenceInvalid),
        ("/" + "a/" * 3000, NotFound),
        ("oci:" + "a" * 5000, NotFound),
        ("docker-archive:" + "a" * 5000, NotFound),
        ("oci-archive:a\0b", NotFound),
    ],
)
def test_what_no_path_can_look_like_is_no_file(text: str, error: type[ImageError]) -> None:
    with pytest.raises(error):
        parse_location(text)
