"""How a scan reaches a real registry: through mirrors, with certificates, over broken lines."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from tests.builders.certificates import Authority
from tests.builders.image import OCI_INDEX, image, platform_index, push, push_manifest
from tests.standalone.running import scantling

if TYPE_CHECKING:
    import subprocess
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.services.registry import DistributionRegistry

pytestmark = pytest.mark.registry

BASE = {
    "etc/os-release": b"ID=alpine\nVERSION_ID=3.19\n",
    "lib/apk/db/installed": b"P:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\n\n",
}
APP = {"opt/data": bytes(range(256)) * 4096}
KEPT = ("Content-Type", "Content-Length", "Content-Range", "Docker-Content-Digest", "ETag")
BUILT = image(BASE, APP, compression="plain")


def scan(*arguments: object, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    form = ("--format", "json", "--no-cache", "--risk", "software")
    own = {"DOCKER_CONFIG": str(home), "XDG_CONFIG_HOME": str(home)}
    return scantling("scan", *form, *map(str, arguments), **own, **environment)


def packages(ended: subprocess.CompletedProcess[str]) -> list[str]:
    assert ended.returncode == 0, ended.stderr
    report: dict[str, Any] = json.loads(ended.stdout)
    return [each["name"] for each in report["outcomes"]["software"]["packages"]]


def read_blobs(registry: DistributionRegistry) -> int:
    return sum(
        '"GET /v2/' in line and "/blobs/" in line for line in registry.log.read_text().splitlines()
    )


def test_layers_come_from_the_mirror_which_may_lack_them(
    tmp_path: Path, start_registry: Callable[..., DistributionRegistry]
) -> None:
    registry, mirror = start_registry(), start_registry()
    push(registry.host, "team/app", "1", BUILT)
    push(mirror.host, "hub/team/app", "other", BUILT)
    push(registry.host, "team/own", "1", image(BASE))
    named = f"{registry.host}=http://{mirror.host}/hub"
    before = read_blobs(registry)

    ended = scan("--plain-http", "--mirror", named, f"{registry.host}/team/app:1", home=tmp_path)
    assert packages(ended) == ["musl"]
    assert read_blobs(registry) == before
    assert read_blobs(mirror) > 0
    own = scan(
        "--plain-http", f"{registry.host}/team/own:1", home=tmp_path, SCANTLING_MIRRORS=named
    )
    assert packages(own) == ["musl"]


def test_where_the_registry_is_gone_the_mirror_says_what_the_tag_shows(
    tmp_path: Path, start_registry: Callable[..., DistributionRegistry]
) -> None:
    registry, mirror = start_registry(), start_registry()
    push(mirror.host, "team/app", "1", BUILT)
    registry.stop()
    named = f"{registry.host}=http://{mirror.host}"
    ended = scan("--plain-http", "--mirror", named, f"{registry.host}/team/app:1", home=tmp_path)

    assert packages(ended) == ["musl"]
    assert "a mirror was asked what the tag shows" in ended.stderr


def test_a_registry_that_wants_a_certificate_gets_the_one_that_is_kept_for_it(
    tmp_path: Path, start_registry: Callable[..., DistributionRegistry]
) -> None:
    authority = Authority()
    registry = start_registry()
    push(registry.host, "team/app", "1", BUILT)
    registry.stop()
    issued, server = authority.issue("robot"), authority.issue("server")
    texts = {
        "ca.crt": authority.certificate,
        "client.cert": issued.certificate,
        "client.key": issued.key,
        "server.crt": server.certificate,
        "server.key": server.key,
    }
    files = {name: tmp_path / name for name in texts}
    for name, text in texts.items():
        files[name].write_text(text)
    registry.use_tls(files["server.crt"], files["server.key"], clients=files["ca.crt"])
    registry.start()
    reference = f"{registry.host}/team/app:1"
    by_hand = (
        "--ca",
        files["ca.crt"],
        "--cert",
        files["client.cert"],
        "--key",
        files["client.key"],
    )

    assert packages(scan(*by_hand, reference, home=tmp_path)) == ["musl"]
    without = scan("--ca", files["ca.crt"], reference, home=tmp_path)
    assert without.returncode == 3
    assert "--cert" in without.stderr
    untrusted = scan(reference, home=tmp_path)
    assert untrusted.returncode == 3
    assert "registry_unreachable" in untrusted.stderr

    folder = tmp_path / "docker" / "certs.d" / registry.host
    folder.mkdir(parents=True)
    for name in ("ca.crt", "client.cert", "client.key"):
        (folder / name).write_text(texts[name])
    assert packages(scan(reference, home=tmp_path)) == ["musl"]


async def test_a_line_that_breaks_costs_only_what_was_not_received(
    tmp_path: Path, start_registry: Callable[..., DistributionRegistry]
) -> None:
    registry = start_registry()
    push(registry.host, "team/app", "1", BUILT)
    async with breaking_line(registry.host) as (host, ranges):
        ended = await asyncio.to_thread(scan, "--plain-http", f"{host}/team/app:1", home=tmp_path)

    assert packages(ended) == ["musl"]
    (asked,) = ranges
    assert 0 < int(asked.removeprefix("bytes=").removesuffix("-")) <= len(BUILT.layers[1].blob) // 2


def test_layers_that_platforms_share_are_downloaded_once(
    tmp_path: Path, start_registry: Callable[..., DistributionRegistry]
) -> None:
    registry = start_registry()
    images = [
        image(BASE, APP, {name: b""}, architecture=name) for name in ("amd64", "arm64", "s390x")
    ]
    for built in images:
        push(registry.host, "team/app", built.digest, built)
    push_manifest(registry.host, "team/app", "1", platform_index(*images), OCI_INDEX)
    before = read_blobs(registry)
    ended = scan("--plain-http", "--platform", "all", f"{registry.host}/team/app:1", home=tmp_path)

    assert ended.returncode == 0, ended.stderr
    assert len(json.loads(ended.stdout)) == 3
    # Two shared layers, three of their own, three configs.
    assert read_blobs(registry) - before == 8


@asynccontextmanager
async def breaking_line(host: str) -> AsyncIterator[tuple[str, list[str]]]:
    """Forward to a registry; the first answer with a large blob breaks off in its middle.

    Gives the address, and the ranges that are asked for afterwards.
    """
    ranges: list[str] = []
    broken: list[str] = []

    async def forward(request: web.Request) -> web.StreamResponse:
        own = {name: value for name, value in request.headers.items() if name != "Host"}
        ranges.extend(filter(None, [request.headers.get("Range")]))
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(request.method, f"http://{host}{request.path_qs}", headers=own) as got,
        ):
            headers = {name: got.headers[name] for name in KEPT if name in got.headers}
            answer = web.StreamResponse(status=got.status, headers=headers)
            await answer.prepare(request)
            data = await got.read()
            if len(data) > 500_000 and not broken:
                broken.append(request.path)
                await answer.write(data[: len(data) // 2])
                assert request.transport is not None
                request.transport.close()
                return answer
            await answer.write(data)
            return answer

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", forward)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}", ranges
    finally:
        await runner.cleanup()
