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
from tests.builders.image import (
    OCI_INDEX,
    OCI_MANIFEST,
    artifacts,
    descriptor,
    image,
    index,
    sha256,
)
from tests.common.images.web_server import Web, manifest_reply, reply, serving
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
    # For that the config was asked for as well.
    assert report["outcomes"]["secret"]["status"] == "complete"
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


async def test_a_foreign_layer_that_the_registry_lacks_is_never_fetched_from_its_urls(
    tmp_path: Path,
) -> None:
    built = image({"etc/os-release": b"ID=alpine\n"}, compression="foreign")
    document = json.loads(built.manifest)
    async with serving(Web()) as registry, serving(Web()) as elsewhere:
        elsewhere.route("/layer", reply(built.layers[0].blob))
        document["layers"][0]["urls"] = [f"http://127.0.0.1:{elsewhere.port}/layer"]
        data = json.dumps(document).encode()
        for reference in ("1", sha256(data)):
            registry.route(f"/v2/app/manifests/{reference}", manifest_reply(data, OCI_MANIFEST))
        registry.route(f"/v2/app/blobs/{sha256(built.config)}", reply(built.config))
        scan = partial(
            scantling,
            *("scan", "--no-cache", "--plain-http", "--format", "json", "--risk", "software"),
            f"127.0.0.1:{registry.port}/app:1",
            DOCKER_CONFIG=str(tmp_path),
        )
        ended = await asyncio.to_thread(scan)

        assert ended.returncode == 3
        outcome = json.loads(ended.stdout)["outcomes"]["software"]
        assert (outcome["status"], outcome["code"]) == ("failed", "foreign_layer")
        assert not elsewhere.requests


async def test_what_an_index_lists_and_is_no_image_is_told_and_left_out(tmp_path: Path) -> None:
    built = image({"etc/os-release": b"ID=alpine\n"})
    chart = artifacts(built)["Helm chart"]
    linux = {"os": "linux", "architecture": "arm64"}
    entries = [
        descriptor(built.manifest, OCI_MANIFEST, platform=built.platform),
        descriptor(chart.manifest, OCI_MANIFEST, platform=linux),
    ]
    data = index(entries)
    async with serving(Web()) as registry:
        for reference in ("1", sha256(data)):
            registry.route(f"/v2/app/manifests/{reference}", manifest_reply(data, OCI_INDEX))
        for each in (built, chart):
            answer = manifest_reply(each.manifest, OCI_MANIFEST)
            registry.route(f"/v2/app/manifests/{each.digest}", answer)
            for digest, blob in each.blobs.items():
                registry.route(f"/v2/app/blobs/{digest}", reply(blob))
        scan = partial(
            scantling,
            *("scan", "--no-cache", "--plain-http", "--format", "json", "--risk", "file"),
            f"127.0.0.1:{registry.port}/app:1",
            DOCKER_CONFIG=str(tmp_path),
        )
        every = await asyncio.to_thread(partial(scan, "--platform", "all"))
        one = await asyncio.to_thread(partial(scan, "--platform", "linux/arm64"))

    assert every.returncode == 0, every.stderr
    assert len(json.loads(every.stdout)) == 1
    assert "is not an image but: Helm chart" in every.stderr
    assert one.returncode == 3
    assert "not_an_image" in one.stderr
