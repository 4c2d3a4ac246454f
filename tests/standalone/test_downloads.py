"""Layers out of a registry: once, verified, only for whoever has them."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from scantling.sample.images import SampleImage, sample_images
from scantling.sample.pushing import push_sample
from scantling_analyzers.extraction.downloads import FOREIGN, Downloads
from scantling_analyzers.extraction.layer import LayerFailed
from scantling_analyzers.extraction.registry_blobs import RegistrySources
from scantling_analyzers.extraction.repositories import Connection, RemoteRepository
from scantling_common.crypto import Sealer, make_key_file
from scantling_common.images.digests import Digest
from scantling_common.images.errors import NotFound, RegistryAnswerInvalid
from scantling_common.images.sources.endpoint import Endpoint
from scantling_common.layers.cache import BlobCache
from scantling_common.records import sync as records
from scantling_common.records.shared import Layer
from scantling_common.store.repository import Repository
from scantling_common.store.sqlite import SqliteStore
from scantling_common.telemetry.prometheus import PrometheusMetrics
from tests.builders.image import sha256
from tests.common.images.web_server import Web, client, reply, serving
from tests.standalone.sample_registry import sample_registry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scantling_analyzers.extraction.blobs import BlobPlace

PROJECT = "default"


def layer_of(image: SampleImage, number: int = 0, *, foreign: bool = False) -> Layer:
    built = image.layers[number]
    return Layer(
        digest=built.digest,
        size=len(built.data),
        media_type="application/vnd.oci.image.layer.v1.tar+gzip",
        claimed_diff_id=built.diff_id,
        foreign=foreign,
    )


def content(place: BlobPlace) -> bytes:
    return Path(place.path).read_bytes()[place.offset : place.offset + place.size]


def exists(place: BlobPlace) -> bool:
    return Path(place.path).exists()


def spoil(place: BlobPlace) -> None:
    Path(place.path).write_bytes(bytes(place.size))


@asynccontextmanager
async def connection(host: str) -> AsyncIterator[Connection]:
    opened = Connection(Endpoint(host=host, plain_http=True, allow_private=True))
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()


@asynccontextmanager
async def debian(folder: Path) -> AsyncIterator[tuple[SampleImage, RemoteRepository, Connection]]:
    """Give an image that is in a registry, its repository there, and the connection."""
    async with sample_registry(folder / "registry") as (host, _), connection(host) as opened:
        image = sample_images()[0]
        await push_sample(host, image)
        yield image, opened.repository(image.repository), opened


async def test_a_layer_is_downloaded_once(tmp_path: Path) -> None:
    metrics = PrometheusMetrics()
    downloads = Downloads(BlobCache(tmp_path / "blobs", 1 << 20), metrics=metrics)
    async with debian(tmp_path) as (image, repository, _):
        layer = layer_of(image)

        async def read() -> bytes:
            async with downloads.place(repository, layer) as place:
                return content(place)

        contents = await asyncio.gather(*(read() for _ in range(5)))

    assert set(contents) == {image.layers[0].data}
    assert metrics.value("downloaded_bytes_total") == layer.size


async def test_what_the_cache_has_is_not_given_to_whoever_lacks_it(tmp_path: Path) -> None:
    downloads = Downloads(BlobCache(tmp_path / "blobs", 1 << 20))
    async with debian(tmp_path) as (image, repository, opened):
        layer = layer_of(image)
        async with downloads.place(repository, layer):
            pass
        stranger = opened.repository("sample/stranger")

        with pytest.raises(NotFound):
            async with downloads.place(stranger, layer):
                pass  # pragma: no cover - never reached


@pytest.mark.parametrize("size", [1, 64, 65, 100_000])
async def test_only_who_shows_a_part_of_a_blob_is_given_it_from_the_cache(
    tmp_path: Path, size: int
) -> None:
    """A registry that says it has whatever it is asked for learns nothing of others' layers."""
    data = bytes(range(251)) * (size // 251) + b"x" * (size % 251)
    digest = Digest(sha256(data))
    layer = Layer(digest=digest, size=size, media_type="", claimed_diff_id=digest)
    path = f"/v2/a/blobs/{digest}"
    downloads = Downloads(BlobCache(tmp_path / "blobs", 1 << 20))

    async with serving(Web()) as owner, serving(Web()) as liar, serving(Web()) as empty:
        owner.route(path, reply(data))
        liar.route(path, reply(b"!" * size or b"!", 206, Content_Range="bytes 0-63/*"))
        for server in (owner, owner):
            async with (
                connection(f"127.0.0.1:{server.port}") as opened,
                downloads.place(opened.repository("a"), layer) as place,
            ):
                assert content(place) == data
        for server in (liar, empty):
            async with connection(f"127.0.0.1:{server.port}") as opened:
                with pytest.raises((NotFound, RegistryAnswerInvalid)):
                    async with downloads.place(opened.repository("a"), layer):
                        pass  # pragma: no cover - never reached


async def test_an_empty_blob_is_everybodys(tmp_path: Path) -> None:
    digest = Digest(sha256(b""))
    layer = Layer(digest=digest, size=0, media_type="", claimed_diff_id=digest)
    downloads = Downloads(BlobCache(tmp_path / "blobs", 1 << 20))
    async with serving(Web()) as server, connection(f"127.0.0.1:{server.port}") as opened:
        server.route(f"/v2/a/blobs/{digest}", reply(b""))
        for _ in range(2):
            async with downloads.place(opened.repository("a"), layer) as place:
                assert content(place) == b""


async def test_a_part_is_what_is_asked_for_or_what_there_is(tmp_path: Path) -> None:
    data = bytes(range(200)) * 10_000
    digest = Digest(sha256(data))
    whole = reply(data)

    def ranged(request: web.Request) -> web.Response:
        first, last = request.headers["Range"].removeprefix("bytes=").split("-")
        return web.Response(status=206, body=data[int(first) : int(last) + 1])

    async with serving(Web()) as server, client(server) as registry:
        for answer in (whole, ranged):
            server.route(f"/v2/a/blobs/{digest}", answer)
            for first in (0, 1, 1_500_000, len(data) - 10):
                expected = data[first : first + 64]
                assert await registry.has_part("a", digest, first, expected)
                assert not await registry.has_part("a", digest, first, b"!" + expected[1:])


async def test_a_layer_over_the_cap_is_given_and_not_kept(tmp_path: Path) -> None:
    cache = BlobCache(tmp_path / "blobs", 10)
    downloads = Downloads(cache)
    async with (
        debian(tmp_path) as (image, repository, _),
        downloads.place(repository, layer_of(image)) as place,
    ):
        assert content(place) == image.layers[0].data
        assert str(os.getpid()) in place.path

    assert cache.size() == 0
    assert not exists(place)


async def test_of_a_document_nothing_is_kept_even_while_it_is_read(tmp_path: Path) -> None:
    cache = BlobCache(tmp_path / "blobs", 1 << 20)
    downloads = Downloads(cache)
    async with debian(tmp_path) as (image, repository, _):
        for _ in range(2):
            async with downloads.document(repository, layer_of(image)) as place:
                assert content(place) == image.layers[0].data
                assert cache.size() == 0
            assert not exists(place)


async def test_a_layer_that_is_kept_elsewhere_is_refused(tmp_path: Path) -> None:
    downloads = Downloads(BlobCache(tmp_path / "blobs", 1 << 20))
    missing = layer_of(sample_images()[1], foreign=True)
    async with debian(tmp_path) as (_, repository, _):
        with pytest.raises(LayerFailed, match="nothing else is contacted") as raised:
            async with downloads.place(repository, missing):
                pass  # pragma: no cover - never reached

    assert raised.value.reason == FOREIGN


async def test_a_blob_that_went_bad_on_disk_is_fetched_anew(tmp_path: Path) -> None:
    downloads = Downloads(BlobCache(tmp_path / "blobs", 1 << 20))
    async with debian(tmp_path) as (image, repository, _):
        layer = layer_of(image)
        async with downloads.place(repository, layer) as place:
            pass
        spoil(place)

        with pytest.raises(LayerFailed):
            async with downloads.place(repository, layer):
                raise LayerFailed("digest_mismatch", "as a worker says that hashed it")

        async with downloads.place(repository, layer) as place:
            assert content(place) == image.layers[0].data


@asynccontextmanager
async def sources(
    folder: Path, *registries: records.Registry
) -> AsyncIterator[tuple[RegistrySources, Repository[records.Placement]]]:
    """Give sources over a store that knows some registries, and its placements."""
    store = SqliteStore(":memory:")
    await store.ensure(records.COLLECTIONS)
    make_key_file(folder / "key")
    known = Repository(store, records.REGISTRIES, records.Registry)
    for registry in registries:
        await known.insert(registry)
    downloads = Downloads(BlobCache(folder / "blobs", 1 << 20))
    made = RegistrySources(store, Sealer.from_file(folder / "key"), downloads)
    try:
        yield made, Repository(store, records.PLACEMENTS, records.Placement)
    finally:
        await made.close()
        await store.close()


def registry_at(host: str, id_: str, *, state: str = "authorized") -> records.Registry:
    return records.Registry(
        id=id_,
        project=PROJECT,
        name=id_,
        url=f"http://{host}",
        plain_http=True,
        allow_private=True,
        state=state,
        created_at=1,
    )


def placement(registry: str, image: str, *, gone: bool = False) -> records.Placement:
    return records.Placement(
        id=f"{registry}-{gone}",
        project=PROJECT,
        registry=registry,
        repository="sample/debian",
        tag="12",
        platform="linux/amd64",
        image=image,
        observed_at=1,
        first_seen_at=1,
        last_seen_at=1,
        gone=gone,
    )


async def test_a_placement_leads_to_the_registry_that_lets_us_in(tmp_path: Path) -> None:
    async with sample_registry(tmp_path / "registry") as (host, _):
        image = sample_images()[0]
        pushed = await push_sample(host, image)
        closed = registry_at("127.0.0.1:1", "a-closed", state="refused")
        async with sources(tmp_path, closed, registry_at(host, "b-open")) as (found, placements):
            for id_ in ("a-closed", "b-open"):
                await placements.insert(placement(id_, pushed.digest))

            source = await found.source(PROJECT, pushed.digest)
            async with source.blob(layer_of(image)) as place:
                assert content(place) == image.layers[0].data


async def test_without_a_placement_there_is_no_source(tmp_path: Path) -> None:
    registry = registry_at("127.0.0.1:1", "r")
    async with sources(tmp_path, registry) as (found, placements):
        await placements.insert(placement("r", "sha256:gone", gone=True))

        with pytest.raises(NotFound):
            await found.source(PROJECT, "sha256:gone")
        with pytest.raises(NotFound):
            await found.source("another", "sha256:gone")
