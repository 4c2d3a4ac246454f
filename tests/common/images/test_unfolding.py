"""Indexes inside indexes: each is looked into once, whatever they name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from scantling_common.images.digests import Digest
from scantling_common.images.errors import ManifestTooLarge, NotFound
from scantling_common.images.limits import DocumentLimits
from scantling_common.images.models import ImageCandidate, NotAnImage
from scantling_common.images.platform import Platform
from scantling_common.images.reference import OciLayout
from scantling_common.images.sources.local import open_source
from scantling_common.images.sources.remote import RemoteImages
from scantling_common.images.unfolding import Unfolding
from tests.builders.image import (
    OCI_INDEX,
    OCI_MANIFEST,
    attestation_entry,
    descriptor,
    image,
    index,
    oci_layout,
    platform_index,
    sha256,
)
from tests.common.images.web_server import Web, client, manifest_reply, reply, serving

if TYPE_CHECKING:
    from pathlib import Path

BUILT = image({"a": b""})
MANY = 300


def nested(levels: int) -> list[bytes]:
    """Return indexes that each name the one before many times over, the outermost last."""
    made = [platform_index(BUILT)]
    for _ in range(levels):
        made.append(index([descriptor(made[-1], OCI_INDEX)] * MANY))
    return made


async def test_an_index_that_is_named_again_and_again_is_read_once(tmp_path: Path) -> None:
    made = nested(3)
    async with serving(Web()) as server:
        for data in made:
            server.route(f"/v2/a/manifests/{sha256(data)}", manifest_reply(data, OCI_INDEX))
        async with client(server) as registry:
            (remote,) = await RemoteImages(registry, "a").resolve(sha256(made[-1]))
        assert len(server.requests) == len(made) + 1

    layout = oci_layout(tmp_path, {"-x": BUILT}, index_json=made[-1], extra=made)
    with open_source(OciLayout(layout)) as source:
        (local,) = source.resolve()
    assert remote.digest == local.digest == BUILT.digest


async def test_what_an_index_leads_to_is_bounded(tmp_path: Path) -> None:
    made = nested(3)
    deep, few = DocumentLimits(nesting=2), DocumentLimits(manifests=3)
    layout = oci_layout(tmp_path, {"-x": BUILT}, index_json=nested(3)[-1], extra=made)
    listed = [descriptor(made[0], OCI_INDEX), attestation_entry(BUILT), _entry("b"), _entry("c")]
    several = index(listed)
    wide = oci_layout(tmp_path / "wide", {"-x": BUILT}, index_json=several, extra=made)

    with open_source(OciLayout(layout), deep) as source, pytest.raises(ManifestTooLarge) as error:
        source.resolve()
    assert "nesting" in error.value.hint
    with pytest.raises(ManifestTooLarge):
        open_source(OciLayout(wide), few)
    async with serving(Web()) as server:
        for data in made:
            server.route(f"/v2/a/manifests/{sha256(data)}", manifest_reply(data, OCI_INDEX))
        async with client(server, limits=deep) as registry:
            with pytest.raises(ManifestTooLarge, match="nested"):
                await RemoteImages(registry, "a").resolve(sha256(made[-1]))
        async with client(
            server, limits=DocumentLimits(manifests=MANY, document_bytes=9)
        ) as registry:
            with pytest.raises(ManifestTooLarge, match="9"):
                await RemoteImages(registry, "a").resolve(sha256(made[-1]))


def _entry(name: str) -> dict[str, object]:
    other = image({name: b""})
    return descriptor(other.manifest, OCI_MANIFEST, platform=other.platform)


def test_the_images_of_an_index_that_has_two_names_have_both(tmp_path: Path) -> None:
    inner = platform_index(BUILT)
    outer = index([descriptor(inner, OCI_INDEX)])

    def named(data: bytes, name: str) -> dict[str, object]:
        names = {"org.opencontainers.image.ref.name": name}
        return descriptor(data, OCI_INDEX, annotations=names)

    top = index([named(inner, "v1"), named(outer, "v2"), named(outer, "v3"), named(inner, "v4")])
    layout = oci_layout(tmp_path, {"-x": BUILT}, index_json=top, extra=[inner, outer])
    with open_source(OciLayout(layout)) as source:
        (found,) = source.resolve()

    assert isinstance(found, ImageCandidate)
    assert found.names == ("v1", "v2", "v3", "v4")


async def test_an_entry_that_only_says_it_is_no_image_is_looked_at(tmp_path: Path) -> None:
    """CVE class: content that a runtime starts must not hide behind an annotation."""
    said = {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    disguised = descriptor(BUILT.manifest, OCI_MANIFEST, **said)
    typed = descriptor(BUILT.manifest, OCI_MANIFEST, artifactType="application/spdx+json")
    gone = descriptor(image({"b": b""}).manifest, OCI_MANIFEST, **said)
    data = index([disguised, typed, gone])
    top = index([descriptor(data, OCI_INDEX)])
    layout = oci_layout(tmp_path, {"-x": BUILT}, index_json=top, extra=[data])
    with open_source(OciLayout(layout)) as source:
        local = source.resolve()
    async with serving(Web()) as server:
        server.route(f"/v2/a/manifests/{sha256(data)}", manifest_reply(data, OCI_INDEX))
        answer = manifest_reply(BUILT.manifest, OCI_MANIFEST)
        server.route(f"/v2/a/manifests/{BUILT.digest}", answer)
        server.route(f"/v2/a/blobs/{sha256(BUILT.config)}", reply(BUILT.config))
        async with client(server) as registry:
            remote = await RemoteImages(registry, "a").resolve(sha256(data))

    for found, missing in (local, remote):
        assert isinstance(found, ImageCandidate)
        assert found.platform == Platform("linux", "amd64")
        assert isinstance(missing, NotAnImage)
        assert missing.reason == "attestation-manifest"


async def test_an_entry_that_says_nothing_and_is_not_there_is_an_error() -> None:
    data = index([descriptor(BUILT.manifest, OCI_MANIFEST)])
    async with serving(Web()) as server:
        server.route(f"/v2/a/manifests/{sha256(data)}", manifest_reply(data, OCI_INDEX))
        async with client(server) as registry:
            with pytest.raises(NotFound):
                await RemoteImages(registry, "a").resolve(sha256(data))


def test_an_image_that_calls_itself_an_artifact_is_an_image(tmp_path: Path) -> None:
    document = json.loads(BUILT.manifest) | {"artifactType": "application/vnd.example"}
    data = json.dumps(document).encode()
    top = index([descriptor(data, OCI_MANIFEST)])
    layout = oci_layout(tmp_path, {"-x": BUILT}, index_json=top, extra=[data])
    with open_source(OciLayout(layout)) as source:
        (found,) = source.resolve()

    assert isinstance(found, ImageCandidate)


def test_a_document_is_met_once_and_only_so_many_are() -> None:
    unfolding = Unfolding(DocumentLimits(manifests=1))
    first, second = Digest(sha256(b"1")), Digest(sha256(b"2"))
    assert unfolding.meets(first)
    assert not unfolding.meets(first)
    with pytest.raises(ManifestTooLarge, match="more than 1 manifests"):
        unfolding.meets(second)
