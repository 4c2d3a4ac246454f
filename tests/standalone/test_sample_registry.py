"""The sample registry, asked by our own client and by hand."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from scantling.sample.images import sample_images
from scantling.sample.notifications import Notifications
from scantling.sample.pushing import push_sample
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.images.digests import Digest, digest_of
from scantling_common.images.errors import NotFound, RegistryError
from scantling_common.images.sources.endpoint import Endpoint
from scantling_common.images.sources.registry import Registry
from scantling_common.images.sources.transport import Transport
from scantling_sync.webhooks.distribution import parse
from tests.standalone.sample_registry import sample_registry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

DATA = b"a blob of our own"
DIGEST = digest_of(DATA)


@asynccontextmanager
async def client(host: str) -> AsyncIterator[Registry]:
    async with Registry(Transport(Endpoint(host=host, plain_http=True, allow_private=True))) as it:
        yield it


async def test_what_is_pushed_can_be_pulled(tmp_path: Path) -> None:
    async with sample_registry(tmp_path) as (host, noted), client(host) as registry:
        images = sample_images()
        pushed = [await push_sample(host, image) for image in images]

        assert (await registry.catalog()).names == ("sample/alpine", "sample/debian", "sample/shop")
        assert (await registry.tags("sample/shop")).names == ("1.4",)
        head = await registry.head("sample/shop", "1.4")
        assert head.digest == pushed[-1].digest
        data, _ = await registry.manifest("sample/shop", "1.4")
        assert data == images[-1].manifest
        layer = images[-1].layers[1]
        got = [p async for p in registry.blob("sample/shop", layer.digest, len(layer.data))]
        assert b"".join(got) == layer.data

    assert [(action, target["tag"]) for action, target in noted.events] == [
        ("push", "12"),
        ("push", "3.20"),
        ("push", "1.4"),
    ]


async def test_another_repository_s_blob_is_not_given(tmp_path: Path) -> None:
    async with sample_registry(tmp_path) as (host, _), client(host) as registry:
        image = sample_images()[0]
        await push_sample(host, image)

        with pytest.raises(NotFound):
            await registry.small_blob("sample/other", image.config_digest, len(image.config))


async def test_it_holds_what_it_held_before(tmp_path: Path) -> None:
    async with sample_registry(tmp_path) as (host, _):
        pushed = await push_sample(host, sample_images()[0])

    async with sample_registry(tmp_path) as (host, _), client(host) as registry:
        assert (await registry.head("sample/debian", "12")).digest == pushed.digest


async def test_listings_come_in_pages(tmp_path: Path) -> None:
    async with sample_registry(tmp_path) as (host, _), aiohttp.ClientSession() as session:
        for image in sample_images():
            await push_sample(host, image)

        names, url = [], f"http://{host}/v2/_catalog?n=2"
        while url:
            async with session.get(url) as answer:
                names += (await answer.json())["repositories"]
                url = str(answer.links["next"]["url"]) if "next" in answer.links else ""

    assert names == ["sample/alpine", "sample/debian", "sample/shop"]


async def test_a_blob_may_come_in_pieces(tmp_path: Path) -> None:
    async with sample_registry(tmp_path) as (host, _), aiohttp.ClientSession() as session:
        base = f"http://{host}"
        async with session.post(f"{base}/v2/a/b/blobs/uploads/") as begun:
            place = begun.headers["Location"]
        async with session.patch(base + place, data=DATA[:5]) as first:
            assert first.status == 202
            assert first.headers["Range"] == "0-4"
        headers = {"Content-Range": f"9-{len(DATA) - 1}"}
        async with session.patch(base + place, data=DATA[9:], headers=headers) as gap:
            assert gap.status == 416
        async with session.put(f"{base}{place}?digest={DIGEST}", data=DATA[5:]) as put:
            assert put.status == 201
        async with session.get(f"{base}/v2/a/b/blobs/{DIGEST}") as got:
            assert await got.read() == DATA


async def test_a_wrong_digest_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    async with sample_registry(tmp_path) as (host, _), aiohttp.ClientSession() as session:
        url = f"http://{host}/v2/a/blobs/uploads/?digest={digest_of(b'another')}"
        async with session.post(url, data=DATA) as answer:
            assert answer.status == 400
            assert (await answer.json())["errors"][0]["code"] == "DIGEST_INVALID"
        async with session.put(f"http://{host}/v2/a/manifests/{DIGEST}", data=b"{}") as manifest:
            assert manifest.status == 400

    assert not list((tmp_path / "partial").iterdir())
    assert not list((tmp_path / "blobs" / "sha256").iterdir())


async def test_it_is_bounded(tmp_path: Path) -> None:
    async with (
        sample_registry(tmp_path, max_bytes=1000) as (host, _),
        aiohttp.ClientSession() as session,
    ):
        url = f"http://{host}/v2/a/blobs/uploads/"
        big = b"x" * 2000
        async with session.post(f"{url}?digest={digest_of(big)}", data=big) as refused:
            assert refused.status == 413
        async with session.post(f"{url}?digest={DIGEST}", data=DATA) as kept:
            assert kept.status == 201
        statuses = []
        for _ in range(40):
            async with session.post(url) as begun:
                statuses.append(begun.status)
        assert statuses.count(202) == 32
        assert statuses[-1] == 413

    assert not list((tmp_path / "partial").iterdir())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/a/manifests/none", 404),
        ("GET", "/v2/a/tags/list", 404),
        ("GET", f"/v2/a/blobs/{DIGEST}", 404),
        ("GET", "/v2/a/blobs/..%2f..%2flock", 404),
        ("GET", "/v2/a/manifests/..%2ftags", 400),
        ("GET", "/v2/a/../../b/tags/list", 400),
        ("GET", "/v2/A/tags/list", 404),
        ("PUT", "/v2/a/blobs/uploads/nobody", 404),
        ("DELETE", "/v2/a/manifests/none", 404),
    ],
)
async def test_what_is_not_there_is_said(
    tmp_path: Path, method: str, path: str, status: int
) -> None:
    async with sample_registry(tmp_path) as (host, _), aiohttp.ClientSession() as session:
        url = URL(f"http://{host}{path}", encoded=True)
        async with session.request(method, url) as answer:
            assert answer.status == status


async def test_another_name_for_this_machine_is_refused(tmp_path: Path) -> None:
    async with sample_registry(tmp_path) as (host, _), aiohttp.ClientSession() as session:
        headers = {"Host": "rebound.example"}
        async with session.get(f"http://{host}/v2/", headers=headers) as answer:
            assert answer.status == 403


async def test_deletions_are_notified(tmp_path: Path) -> None:
    async with (
        sample_registry(tmp_path) as (host, noted),
        client(host) as registry,
        aiohttp.ClientSession() as session,
    ):
        pushed = await push_sample(host, sample_images()[0])
        manifests = f"http://{host}/v2/sample/debian/manifests"
        async with session.delete(f"{manifests}/12") as answer:
            assert answer.status == 202
        assert (await registry.head("sample/debian", pushed.digest)).digest == pushed.digest
        async with session.delete(f"{manifests}/{pushed.digest}") as answer:
            assert answer.status == 202
        with pytest.raises(NotFound):
            await registry.head("sample/debian", pushed.digest)

    assert [action for action, _ in noted.events] == ["push", "delete", "delete"]
    assert noted.events[1][1]["tag"] == "12"
    assert noted.events[2][1]["digest"] == pushed.digest


async def test_notifications_are_sent_until_they_are_accepted(tmp_path: Path) -> None:
    bodies, statuses = [], [500, 202, 202]
    arrived = asyncio.Event()

    async def webhook(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer s3cret"
        bodies.append(await request.read())
        if len(bodies) == len(statuses):
            arrived.set()
        return web.Response(status=statuses[len(bodies) - 1])

    app = web.Application()
    app.add_routes([web.post("/webhooks/r", webhook)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    notifications = Notifications(Impatient(), SystemRandomness())
    sending = asyncio.create_task(notifications.run())
    async with sample_registry(tmp_path, notifications=notifications) as (host, _):
        pushed = [await push_sample(host, image) for image in sample_images()[:2]]
        notifications.send_to(f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks/r", "s3cret")
        await asyncio.wait_for(arrived.wait(), 30)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await runner.cleanup()

    assert bodies[0] == bodies[1]
    notices = [parse(body).notices[0] for body in bodies[1:]]
    assert [(each.repository, each.tag, each.digest) for each in notices] == [
        (each.repository, each.tag, each.digest) for each in pushed
    ]


class Impatient(SystemClock):
    """A clock that does not wait."""

    async def sleep(self, seconds: float) -> None:
        """Let others go on."""
        del seconds
        await asyncio.sleep(0)


async def test_a_client_s_mistake_is_an_error_of_the_registry(tmp_path: Path) -> None:
    async with sample_registry(tmp_path) as (host, _), client(host) as registry:
        with pytest.raises((NotFound, RegistryError)):
            await registry.small_blob("a", Digest(f"sha512:{'0' * 128}"), 1)
