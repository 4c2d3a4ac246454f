"""Mirrors: believed in nothing, told nothing, and never in the way."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from scantling_common.images.digests import Digest
from scantling_common.images.errors import (
    DigestMismatch,
    NotFound,
    ReferenceInvalid,
    RegistryUnreachable,
)
from scantling_common.images.models import ImageCandidate, ImageManifest
from scantling_common.images.sources.endpoint import Endpoint
from scantling_common.images.sources.mirror import Mirror, parse_mirror
from scantling_common.images.sources.remote import RemoteImages
from tests.builders.image import OCI_MANIFEST, image, sha256
from tests.common.images.web_server import (
    Clock,
    Web,
    client,
    gathered,
    manifest_reply,
    reply,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BUILT = image({"etc/os-release": b"ID=x\n"})
LAYER = BUILT.layers[0]
LOGIN: dict[str, Any] = {"username": "robot", "password": "s3cret"}
BASIC = f"Basic {base64.b64encode(b'robot:s3cret').decode()}"


@pytest.fixture
async def server() -> AsyncIterator[Web]:
    async with serving(Web()) as started:
        yield started


@pytest.fixture
async def mirror() -> AsyncIterator[Web]:
    async with serving(Web()) as started:
        yield started


@pytest.fixture
async def second() -> AsyncIterator[Web]:
    async with serving(Web()) as started:
        yield started


def hold(server: Web, repository: str = "team/app", tag: str = "") -> None:
    answer = manifest_reply(BUILT.manifest, BUILT.media_type)
    for reference in filter(None, (BUILT.digest, tag)):
        server.route(f"/v2/{repository}/manifests/{reference}", answer)
    for digest, data in BUILT.blobs.items():
        server.route(f"/v2/{repository}/blobs/{digest}", reply(data))


def of(*mirrors: Web, prefix: str = "") -> dict[str, Any]:
    made = (Mirror(f"127.0.0.1:{each.port}", prefix, plain_http=True) for each in mirrors)
    base = Endpoint(host="registry.test", allow_private=True, **LOGIN)
    return {"mirrors": tuple(each.endpoint(base) for each in made), **LOGIN}


async def test_content_comes_from_the_mirror_and_tags_from_the_registry(
    server: Web, mirror: Web
) -> None:
    hold(server, tag="v1")
    hold(mirror, tag="v1")
    async with client(server, **of(mirror)) as registry:
        images = RemoteImages(registry, "team/app")
        (candidate,) = await images.resolve("v1")
        assert isinstance(await images.manifest(candidate.digest), ImageManifest)
        streams = registry.streams("team/app", Digest(LAYER.digest), len(LAYER.blob))
        assert await gathered(next(streams)) == LAYER.blob
        part = LAYER.blob[10:40]
        assert await registry.has_part("team/app", Digest(LAYER.digest), 10, part)

    assert server.seen() == [("HEAD", "/v2/team/app/manifests/v1")]
    assert ("GET", f"/v2/team/app/blobs/{LAYER.digest}") in mirror.seen()


async def test_a_mirror_may_want_a_prefix(server: Web, mirror: Web) -> None:
    hold(mirror, "hub/team/app")
    async with client(server, **of(mirror, prefix="hub")) as registry:
        data, _ = await registry.manifest("team/app", BUILT.digest)

    assert data == BUILT.manifest
    assert not server.requests


async def test_no_credential_goes_to_a_mirror(server: Web, mirror: Web, second: Web) -> None:
    asked: dict[str, Any] = {"status": 401, "WWW_Authenticate": 'Basic realm="give"'}
    realm = f'Bearer realm="http://127.0.0.1:{second.port}/token"'
    path = f"/v2/team/app/manifests/{BUILT.digest}"
    mirror.route(path, reply(**asked), reply(status=401, WWW_Authenticate=realm))
    second.route("/token", reply('{"token":"t"}'))
    server.route(path, reply(**asked), manifest_reply(BUILT.manifest, OCI_MANIFEST))

    async with client(server, **of(mirror)) as registry:
        for _ in range(2):
            await registry.manifest("team/app", BUILT.digest)
    sent = {*mirror.authorizations(path), *second.authorizations("/token")}
    assert not any(each and each.startswith("Basic") for each in sent)
    assert server.authorizations(path) == [None, BASIC, BASIC]


async def test_mirrors_are_tried_in_order_then_the_registry_itself(
    server: Web, mirror: Web, second: Web
) -> None:
    path = f"/v2/team/app/manifests/{BUILT.digest}"
    mirror.route(path, reply(status=429, Retry_After="600"))
    second.route(path, reply(status=500))
    hold(server)
    clock = Clock()
    counts = []
    async with client(server, clock=clock, **of(mirror, second)) as registry:
        for seconds in (0, 30, 40, 600):
            clock.seconds += seconds
            data, _ = await registry.manifest("team/app", BUILT.digest)
            assert data == BUILT.manifest
            counts.append([len(each.requests) for each in (mirror, second, server)])

    # Whoever does not answer is left alone for a minute, or for as long as it says.
    assert counts == [[1, 1, 1], [1, 1, 2], [1, 2, 3], [2, 3, 4]]


async def test_a_mirror_that_breaks_off_is_left_alone_for_a_while(server: Web, mirror: Web) -> None:
    mirror.route(f"/v2/team/app/blobs/{LAYER.digest}", reply(status=500))
    hold(server)
    async with client(server, **of(mirror)) as registry:
        first, *_ = registry.streams("team/app", Digest(LAYER.digest), len(LAYER.blob))
        with pytest.raises(RegistryUnreachable):
            await gathered(first)
        (own,) = registry.streams("team/app", Digest(LAYER.digest), len(LAYER.blob))
        assert await gathered(own) == LAYER.blob


async def test_a_mirror_that_lies_is_passed_over(server: Web, mirror: Web) -> None:
    hold(server)
    lie = manifest_reply(image({"x": b""}).manifest, OCI_MANIFEST, digest=BUILT.digest)
    mirror.route(f"/v2/team/app/manifests/{BUILT.digest}", lie)
    mirror.route(f"/v2/team/app/blobs/{LAYER.digest}", reply(bytes(len(LAYER.blob))))
    config = Digest(sha256(BUILT.config))
    mirror.route(f"/v2/team/app/blobs/{config}", reply(bytes(len(BUILT.config))))
    async with client(server, **of(mirror)) as registry:
        data, _ = await registry.manifest("team/app", BUILT.digest)
        assert data == BUILT.manifest
        assert await registry.small_blob("team/app", config, len(BUILT.config)) == BUILT.config
        first, own = registry.streams("team/app", Digest(LAYER.digest), len(LAYER.blob))
        with pytest.raises(DigestMismatch):
            await gathered(first)
        assert await gathered(own) == LAYER.blob


async def test_what_nobody_has_is_the_registrys_error(server: Web, mirror: Web) -> None:
    async with client(server, **of(mirror)) as registry:
        with pytest.raises(NotFound):
            await registry.manifest("team/app", BUILT.digest)
        assert not await registry.has_part("team/app", Digest(LAYER.digest), 0, b"x")
        assert len(server.requests) == 2


async def test_a_mirror_says_what_a_tag_shows_only_where_it_may(
    server: Web, mirror: Web, second: Web, caplog: pytest.LogCaptureFixture
) -> None:
    server.route("/v2/team/app/manifests/v1", reply(status=502))
    hold(second, tag="v1")
    mirrors = of(mirror, second)
    async with client(server, **mirrors) as registry:
        with pytest.raises(RegistryUnreachable):
            await registry.head("team/app", "v1")
    assert not second.requests
    async with client(server, mirrored_tags=True, **mirrors) as registry:
        (found,) = await RemoteImages(registry, "team/app").resolve("v1")
    assert isinstance(found, ImageCandidate)
    assert found.digest == BUILT.digest
    assert "what the tag shows" in caplog.text


async def test_a_tag_that_the_registry_lacks_is_not_asked_of_a_mirror(
    server: Web, mirror: Web
) -> None:
    hold(mirror, tag="v1")
    async with client(server, mirrored_tags=True, **of(mirror)) as registry:
        with pytest.raises(NotFound):
            await registry.head("team/app", "v1")
    assert not mirror.requests


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://mirror.example", Mirror("mirror.example")),
        ("https://Mirror.example:5000/", Mirror("mirror.example:5000")),
        ("http://127.0.0.1:5000/hub/x", Mirror("127.0.0.1:5000", "hub/x", plain_http=True)),
    ],
)
def test_a_mirror_is_named_by_its_url(text: str, expected: Mirror) -> None:
    assert parse_mirror(text) == expected
    assert parse_mirror(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "mirror.example", "ftp://mirror.example", "https://", "https://me:pw@mirror.example",
        "https://mirror.example/../x", "https://mirror.example/A", "https://mirror.example/?a=b",
        "https://mirror.example/#a", "https://[", "https://mirror.example/\n", "https://mï.example",
    ],
)  # fmt: skip
def test_what_is_no_mirror_is_refused_without_its_password(text: str) -> None:
    with pytest.raises(ReferenceInvalid) as error:
        parse_mirror(text)
    assert "pw" not in str(error.value)
