"""`scantling scan` of an image in a registry."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from scantling.sample.images import sample_images
from scantling.sample.pushing import push_sample
from scantling.scan.access import Access
from scantling.scan.opened_registry import open_registry
from scantling_common.images.reference import parse_reference
from tests.standalone.running import scantling
from tests.standalone.sample_registry import sample_registry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


async def test_a_reference_is_scanned(tmp_path: Path) -> None:
    async with sample_registry(tmp_path / "registry") as (host, _):
        for image in sample_images():
            await push_sample(host, image)

        scan = partial(
            scantling,
            *("scan", "--no-cache", "--plain-http", "--format", "json"),
            f"{host}/sample/shop:1.4",
            DOCKER_CONFIG=str(tmp_path),
        )
        ended = await asyncio.to_thread(scan)

    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert report["image"]["repository"] == "sample/shop"
    names = {package["name"] for package in report["outcomes"]["software"]["packages"]}
    assert {"busybox", "flask", "@babel/core"} <= names
    assert "express" not in names


async def test_what_is_not_there_is_status_3(tmp_path: Path) -> None:
    async with sample_registry(tmp_path / "registry") as (host, _):
        scan = partial(
            scantling,
            *("scan", "--no-cache", "--plain-http"),
            f"{host}/sample/nothing:1",
            DOCKER_CONFIG=str(tmp_path),
        )
        ended = await asyncio.to_thread(scan)

    assert ended.returncode == 3
    assert "not_found" in ended.stderr


async def test_the_login_of_docker_is_used(tmp_path: Path) -> None:
    login = base64.b64encode(b"me:swordfish").decode()
    async with registry_with_login(f"Basic {login}") as host:
        file = tmp_path / "config.json"
        await asyncio.to_thread(file.write_text, json.dumps({"auths": {host: {"auth": login}}}))
        reference = parse_reference(f"{host}/a/image:1")

        access, environment = Access(plain_http=True), {"DOCKER_CONFIG": str(tmp_path)}
        async with open_registry(
            reference, tmp_path / "blobs", access, environment=environment
        ) as opened:
            candidates = await opened.candidates()

    assert [str(candidate.platform) for candidate in candidates] == ["linux/arm64"]


@asynccontextmanager
async def registry_with_login(expected: str) -> AsyncIterator[str]:
    """Serve one index to whoever logs in."""
    index = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [
                {
                    "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "digest": f"sha256:{'0' * 64}",
                    "size": 2,
                    "platform": {"os": "linux", "architecture": "arm64"},
                }
            ],
        }
    ).encode()

    async def answer(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != expected:
            challenge = {"WWW-Authenticate": 'Basic realm="registry"'}
            return web.Response(status=401, headers=challenge)
        return web.Response(body=index, content_type="application/vnd.oci.image.index.v1+json")

    app = web.Application()
    app.add_routes([web.get("/v2/a/image/manifests/{reference}", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
