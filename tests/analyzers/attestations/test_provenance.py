"""SLSA provenance: the images that a build used."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from scantling_analyzers.attestations import provenance as module
from scantling_analyzers.attestations.errors import ClaimUnusable
from scantling_analyzers.attestations.models import Material
from scantling_analyzers.attestations.provenance import materials_of, reference_of
from tests.builders.attestation import SLSA_02, SLSA_1, provenance
from tests.builders.image import sha256

BASE = sha256(b"base")


def raw(document: Any) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(document).encode())


@pytest.mark.parametrize("kind", [SLSA_02, SLSA_1])
def test_the_images_of_a_build_are_told_and_its_sources_are_not(kind: str) -> None:
    document = provenance(
        ("pkg:docker/alpine@3.20?platform=linux%2Famd64", BASE),
        ("pkg:docker/alpine@3.20?platform=linux%2Famd64", BASE),
        version=kind,
    )
    assert materials_of(raw(document), kind.rpartition("/")[2]) == (Material("alpine:3.20", BASE),)


@pytest.mark.parametrize(
    ("uri", "reference"),
    [
        ("pkg:docker/alpine@3.20?platform=linux%2Famd64", "alpine:3.20"),
        ("pkg:docker/registry.example/base/app@1?platform=x", "registry.example/base/app:1"),
        ("pkg:docker/registry.example%3A5000/app@1", "registry.example:5000/app:1"),
        (f"pkg:docker/alpine@{BASE}", "alpine"),
        (f"pkg:docker/alpine?digest={BASE}&platform=linux", "alpine"),
        (
            f"pkg:oci/app@{BASE}?repository_url=registry.example/team/app&tag=1",
            "registry.example/team/app:1",
        ),
        (f"pkg:oci/app@{BASE}?repository_url=registry.example/team", "registry.example/team/app"),
        ("docker-image://alpine:3.20", "alpine:3.20"),
        (f"oci://registry.example/app@{BASE}", "registry.example/app"),
        ("docker-image://\x1b[31m", "\\x1b[31m"),
        ("https://git.example/app.git#main", ""),
        ("pkg:npm/left-pad@1", ""),
        ("pkg:docker/", ""),
        ("pkg:docker", ""),
        ("", ""),
        (f"docker-image://{'a' * 1000}", ""),
        (f"pkg:oci/app@1?{'a=1&' * 100}", "app"),
    ],
)
def test_materials_are_named_as_a_client_pulls_them(uri: str, reference: str) -> None:
    assert reference_of(uri) == reference


@pytest.mark.parametrize("document", [{}, {"buildDefinition": None}, {"materials": None}])
def test_a_build_of_which_nothing_is_said_used_no_image(document: Any) -> None:
    assert materials_of(raw(document), "v1") == materials_of(raw(document), "v0.2") == ()


def test_an_image_without_a_digest_that_is_one_is_none() -> None:
    document = {"materials": [{"uri": "pkg:docker/alpine@3", "digest": {"sha256": "x"}}, {}]}
    assert materials_of(raw(document), "v0.2") == ()


@pytest.mark.parametrize("document", [1, {"materials": 1}, {"materials": [{"digest": [1]}]}])
def test_what_is_no_provenance_is_said(document: Any) -> None:
    with pytest.raises(ClaimUnusable) as raised:
        materials_of(raw(document), "v0.2")
    assert raised.value.reason == "malformed"


@pytest.mark.parametrize("name", ["MAX_MATERIALS", "MAX_IMAGES"])
def test_more_than_is_read_is_said(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, name, 1)
    document = provenance(("pkg:docker/a@1", BASE), ("pkg:docker/b@1", BASE))
    with pytest.raises(ClaimUnusable) as raised:
        materials_of(raw(document), "v1")
    assert raised.value.reason == "too_many"
