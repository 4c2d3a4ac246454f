"""Pushing to, and reading from, a real CNCF distribution registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from scantling_common.images.digests import Digest
from scantling_common.images.errors import NotFound, RegistryUnauthorized
from scantling_common.images.models import ImageCandidate, ImageManifest
from scantling_common.images.reference import DockerArchive, OciLayout
from scantling_common.images.sources.endpoint import Endpoint
from scantling_common.images.sources.local import open_source
from scantling_common.images.sources.push import push_image, put_manifest
from scantling_common.images.sources.registry import Registry
from scantling_common.images.sources.remote import RemoteImages
from scantling_common.images.sources.transport import Transport
from scantling_common.layers.cache import BlobCache
from scantling_common.layers.verify import open_layer
from tests.builders.image import (
    OCI_INDEX,
    docker_archive,
    image,
    oci_layout,
    platform_index,
    push,
    sha256,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.services.registry import Crane, DistributionRegistry

pytestmark = pytest.mark.registry

FILES: dict[str | bytes, bytes] = {"etc/os-release": b"ID=x\n", b"caf\xe9": b"x" * 100_000}
# bcrypt of "s3cret" for the user "robot", as htpasswd -B writes it.
HTPASSWD = "robot:$2y$05$abcdefghijklmnopqrstuuLK7U1u6pVRmL7L1BBM2aS35PSZnDXlK\n"


def transport_to(host: str, **more: Any) -> Transport:
    return Transport(Endpoint(host=host, plain_http=True, allow_private=True, **more))


async def test_an_image_goes_from_a_layout_through_a_registry_into_the_cache(
    tmp_path: Path, start_registry: Callable[..., DistributionRegistry]
) -> None:
    host = start_registry().host
    built = image(FILES, compression="zstd")
    path = oci_layout(tmp_path / "layout", {"v1": built})
    transport = transport_to(host)
    async with Registry(transport) as registry:
        with open_source(OciLayout(path)) as source:
            digest = await push_image(transport, source, Digest(built.digest), "team/app", "v1")
            assert await push_image(transport, source, digest, "team/app", "v2") == built.digest
        images = RemoteImages(registry, "team/app")
        (candidate,) = await images.resolve("v1")
        found = await images.manifest(candidate.digest)
        assert isinstance(found, ImageManifest)
        layer = found.layers[0]
        cache = BlobCache(tmp_path / "cache", 10_000_000)
        with cache.writer(layer.digest, layer.size) as writer:
            async for piece in images.blob(layer.digest, layer.size):
                writer.write(piece)
            blob = writer.publish()
        listing = await registry.tags("team/app")
        catalog = await registry.catalog()

    with blob, open_layer(blob, 0, layer.size, layer.digest) as opened:
        assert opened.index.paths == [b"etc/os-release", b"caf\xe9"]
    assert listing.names == ("v1", "v2")
    assert catalog.names == ("team/app",)


async def test_an_index_of_platforms_goes_through(
    start_registry: Callable[..., DistributionRegistry],
) -> None:
    host = start_registry().host
    built = [image(FILES), image(FILES, architecture="arm64")]
    for one in built:
        push(host, "team/app", one.digest, one)
    transport = transport_to(host)
    async with Registry(transport) as registry:
        data = platform_index(*built)
        assert await put_manifest(transport, "team/app", "v1", data, OCI_INDEX) == sha256(data)
        found = await RemoteImages(registry, "team/app").resolve("v1")
        with pytest.raises(NotFound):
            await registry.head("team/app", "v9")
        with pytest.raises(NotFound):
            await registry.tags("team/none")

    assert [one.digest for one in found] == [one.digest for one in built]


async def test_a_docker_archive_can_be_pushed_and_many_tags_are_paged(
    tmp_path: Path, start_registry: Callable[..., DistributionRegistry]
) -> None:
    host = start_registry().host
    path = docker_archive(tmp_path / "a.tar", {"a:1": image(FILES)}, old=True)
    transport = transport_to(host)
    async with Registry(transport) as registry:
        with open_source(DockerArchive(path)) as source:
            (candidate,) = source.resolve()
            digest = await push_image(transport, source, candidate.digest, "app", "t0")
        data, remote = await registry.manifest("app", digest)
        names = {f"t{number}" for number in range(1005)}
        for name in names:
            await put_manifest(transport, "app", name, data, remote.media_type)
        assert set((await registry.tags("app")).names) == names


async def test_what_crane_pushes_is_read(
    tmp_path: Path, start_registry: Callable[..., DistributionRegistry], crane: Crane
) -> None:
    host = start_registry().host
    archive = docker_archive(tmp_path / "a.tar", {"a:1": image(FILES)}, old=True)
    crane.push(archive, f"{host}/team/app:v1")
    async with Registry(transport_to(host)) as registry:
        images = RemoteImages(registry, "team/app")
        (candidate,) = await images.resolve("v1")
        assert isinstance(candidate, ImageCandidate)
        found = await images.manifest(candidate.digest)

    assert isinstance(found, ImageManifest)
    assert found.layers[0].claimed_diff_id == image(FILES).layers[0].diff_id


async def test_a_registry_with_passwords(
    tmp_path: Path, start_registry: Callable[..., DistributionRegistry]
) -> None:
    passwords = tmp_path / "htpasswd"
    passwords.write_text(HTPASSWD)
    host = start_registry(htpasswd=passwords).host
    built = image(FILES)
    push(host, "app", "v1", built, authorization=("robot", "s3cret"))

    async with Registry(transport_to(host, username="robot", password="s3cret")) as registry:
        await registry.ping()
        assert (await registry.head("app", "v1")).digest == built.digest
    async with Registry(transport_to(host)) as registry:
        with pytest.raises(RegistryUnauthorized):
            await registry.head("app", "v1")
    async with Registry(transport_to(host, username="robot", password="wrong")) as registry:
        with pytest.raises(RegistryUnauthorized):
            await registry.tags("app")
