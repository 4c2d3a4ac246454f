"""The registry client: what it reads is verified, and listings end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from yarl import URL

from scantling_common.images.digests import Digest
from scantling_common.images.errors import (
    DigestInvalid,
    DigestMismatch,
    ManifestTooLarge,
    NotFound,
    ReferenceInvalid,
    RegistryAnswerInvalid,
    RegistryError,
    RegistryUnreachable,
)
from scantling_common.images.limits import DOCUMENT_LIMITS
from scantling_common.images.models import ImageCandidate, ImageManifest, NotAnImage
from scantling_common.images.sources.answers import stated_reason
from scantling_common.images.sources.paging import Pages
from scantling_common.images.sources.remote import RemoteImages
from tests.builders.image import (
    OCI_INDEX,
    OCI_MANIFEST,
    BuiltImage,
    attestation_entry,
    descriptor,
    image,
    index,
    platform_index,
    sha256,
)
from tests.common.images.web_server import Web, client, gathered, manifest_reply, reply, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scantling_common.images.sources.registry import Registry

BUILT = image({"etc/os-release": b"ID=x\n"})


@pytest.fixture
async def server() -> AsyncIterator[Web]:
    async with serving(Web()) as started:
        yield started


@pytest.fixture
async def registry(server: Web) -> AsyncIterator[Registry]:
    async with client(server) as opened:
        yield opened


def hold(server: Web, built: BuiltImage, tag: str = "") -> None:
    answer = manifest_reply(built.manifest, built.media_type)
    for reference in filter(None, (built.digest, tag)):
        server.route(f"/v2/team/app/manifests/{reference}", answer)
    for digest, data in built.blobs.items():
        server.route(f"/v2/team/app/blobs/{digest}", reply(data))


async def test_an_image_is_read_by_its_tag(server: Web, registry: Registry) -> None:
    hold(server, BUILT, tag="v1")
    images = RemoteImages(registry, "team/app")
    (candidate,) = await images.resolve("v1")
    assert isinstance(candidate, ImageCandidate)
    found = await images.manifest(candidate.digest)
    assert isinstance(found, ImageManifest)
    layer = found.layers[0]

    assert candidate.digest == BUILT.digest
    assert str(candidate.platform) == "linux/amd64"
    assert await gathered(images.blob(layer.digest, layer.size)) == BUILT.layers[0].blob
    # A HEAD is free where a GET counts as a pull; the content is asked for by digest.
    assert server.seen()[:2] == [
        ("HEAD", "/v2/team/app/manifests/v1"),
        ("GET", f"/v2/team/app/manifests/{BUILT.digest}"),
    ]


async def test_an_index_is_unfolded_without_fetching_its_entries(
    server: Web, registry: Registry
) -> None:
    arm = image({"a": b""}, architecture="arm64")
    data = index([
        descriptor(BUILT.manifest, OCI_MANIFEST, platform=BUILT.platform),
        attestation_entry(BUILT),
        descriptor(arm.manifest, OCI_MANIFEST, platform=arm.platform),
    ])  # fmt: skip
    for reference in ("v1", sha256(data)):
        server.route(f"/v2/team/app/manifests/{reference}", manifest_reply(data, OCI_INDEX))
    first, attached, second = await RemoteImages(registry, "team/app").resolve("v1")

    assert isinstance(attached, NotAnImage)
    assert isinstance(first, ImageCandidate)
    assert isinstance(second, ImageCandidate)
    assert [str(found.platform) for found in (first, second)] == ["linux/amd64", "linux/arm64"]
    assert first.indexes == second.indexes == (sha256(data),)
    assert len(server.requests) == 2


async def test_entries_that_say_too_little_are_looked_into(server: Web, registry: Registry) -> None:
    hold(server, BUILT)
    inner = platform_index(image({"a": b""}, os="windows"))
    data = index([descriptor(BUILT.manifest, OCI_MANIFEST), descriptor(inner, OCI_INDEX)])
    for document in (data, inner):
        path = f"/v2/team/app/manifests/{sha256(document)}"
        server.route(path, manifest_reply(document, OCI_INDEX))
    found = await RemoteImages(registry, "team/app").resolve(sha256(data))

    platforms = [str(one.platform) for one in found if isinstance(one, ImageCandidate)]
    assert platforms == ["linux/amd64", "windows/amd64"]


async def test_a_signature_under_a_tag_is_not_an_image(server: Web, registry: Registry) -> None:
    document = json.loads(BUILT.manifest)
    document["layers"][0]["mediaType"] = "application/vnd.dev.cosign.simplesigning.v1+json"
    data = json.dumps(document).encode()
    for reference in ("sig", sha256(data)):
        server.route(f"/v2/team/app/manifests/{reference}", manifest_reply(data, OCI_MANIFEST))
    images = RemoteImages(registry, "team/app")
    (found,) = await images.resolve("sig")

    assert isinstance(found, NotAnImage)
    assert found.reason == "signature"
    assert await images.manifest(found.digest) == found


async def test_a_manifest_swapped_between_head_and_get_is_noticed(
    server: Web, registry: Registry
) -> None:
    other = image({"other": b""})
    stated = manifest_reply(BUILT.manifest, OCI_MANIFEST)
    swapped = manifest_reply(other.manifest, OCI_MANIFEST)
    server.route("/v2/team/app/manifests/v1", stated, swapped)
    server.route(f"/v2/team/app/manifests/{BUILT.digest}", swapped)

    with pytest.raises(DigestMismatch):
        await RemoteImages(registry, "team/app").resolve("v1")
    with pytest.raises(DigestMismatch):
        await registry.manifest("team/app", "v1", expected=Digest(BUILT.digest))


async def test_a_header_that_states_another_digest_is_noticed(
    server: Web, registry: Registry
) -> None:
    lie = manifest_reply(BUILT.manifest, OCI_MANIFEST, digest=sha256(b"other"))
    server.route("/v2/team/app/manifests/v1", lie)
    server.route(f"/v2/team/app/manifests/{BUILT.digest}", lie)

    with pytest.raises(DigestMismatch):
        await registry.manifest("team/app", "v1")
    with pytest.raises(DigestMismatch):
        await registry.head("team/app", BUILT.digest)
    server.route("/v2/team/app/manifests/v1", reply(Docker_Content_Digest="sha256:junk"))
    with pytest.raises(DigestInvalid):
        await registry.head("team/app", "v1")


async def test_a_registry_that_states_no_digest_is_read(server: Web, registry: Registry) -> None:
    hold(server, BUILT)
    server.route("/v2/team/app/manifests/v1", reply(BUILT.manifest, Content_Type=OCI_MANIFEST))
    (found,) = await RemoteImages(registry, "team/app").resolve("v1")

    assert found.digest == BUILT.digest


async def test_a_manifest_of_100_mb_is_refused(server: Web, registry: Registry) -> None:
    def endless(_: web.Request) -> web.StreamResponse:
        return web.Response(body=_zeros(), headers={"Transfer-Encoding": "chunked"})

    async def _zeros() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield bytes(1_000_000)

    server.route("/v2/team/app/manifests/large", reply(bytes(DOCUMENT_LIMITS.document_bytes + 1)))
    server.route("/v2/team/app/manifests/endless", endless)

    with pytest.raises(ManifestTooLarge):
        await registry.manifest("team/app", "large")
    with pytest.raises(RegistryAnswerInvalid, match="more than"):
        await registry.manifest("team/app", "endless")


async def test_a_blob_is_verified(server: Web, registry: Registry) -> None:
    digest = Digest(sha256(b"content"))
    path = f"/v2/team/app/blobs/{digest}"
    server.route(path, reply(b"CONTENT"), reply(b"content, and more"), reply(b"cont"))

    with pytest.raises(DigestMismatch):
        await gathered(registry.blob("team/app", digest, 7))
    with pytest.raises(RegistryAnswerInvalid, match="more than 7"):
        await gathered(registry.blob("team/app", digest, 7))
    with pytest.raises(RegistryUnreachable, match="4 of 7"):
        await gathered(registry.blob("team/app", digest, 7))


async def test_an_answer_that_was_compressed_unasked_is_refused(
    server: Web, registry: Registry
) -> None:
    server.route("/v2/team/app/tags/list", reply(b"\x1f\x8b", Content_Encoding="gzip"))

    with pytest.raises(RegistryAnswerInvalid, match="compressed"):
        await registry.tags("team/app")


async def test_a_broken_connection_is_unreachable(server: Web, registry: Registry) -> None:
    def cut(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    server.route("/v2/", cut)

    with pytest.raises(RegistryUnreachable):
        await registry.ping()


async def test_what_is_not_there_is_not_found(registry: Registry) -> None:
    with pytest.raises(NotFound, match="UNKNOWN no"):
        await registry.manifest("team/app", "none")
    with pytest.raises(NotFound):
        await registry.head("team/app", "none")
    with pytest.raises(NotFound):
        await registry.tags("none")


async def test_a_server_error_is_unreachable_with_its_escaped_reason(
    server: Web, registry: Registry
) -> None:
    body = json.dumps({"errors": [{"code": "X", "message": "\x1b[31m"}]})
    server.route("/v2/", reply(body, status=502), reply("<html>", status=500))

    with pytest.raises(RegistryUnreachable, match=r"502: X \\x1b\[31m"):
        await registry.ping()
    with pytest.raises(RegistryUnreachable, match=r"answers 500$"):
        await registry.ping()


@pytest.mark.parametrize("name", ["", "A", "../../x", "a/../b", "a?b", "a#b", "a//b"])
async def test_a_name_that_is_none_is_never_asked_for(
    server: Web, registry: Registry, name: str
) -> None:
    with pytest.raises(ReferenceInvalid):
        await registry.tags(name)
    with pytest.raises(ReferenceInvalid):
        await registry.head("team/app", f"{name}/x")
    assert not server.requests


async def test_a_listing_follows_its_links_and_never_stops_at_a_short_page(
    server: Web, registry: Registry
) -> None:
    first, second, third = "/v2/a/tags/list", "/v2/a/tags/list?last=v2", "/v2/a/tags/list?last=v3"
    server.route(first, reply('{"tags":["v1","v2"]}', Link=f'<{second}>; rel="next"'))
    server.route(second, reply('{"tags":null}', Link=f"<{third}>;rel=next"))
    server.route(third, reply('{"name":"a","tags":["v3","v1"]}'))

    assert (await registry.tags("a")).names == ("v1", "v2", "v3")


async def test_odd_names_are_told_apart_and_do_not_stop_a_listing(
    server: Web, registry: Registry
) -> None:
    server.route("/v2/_catalog", reply('{"repositories":["good","../bad","\\u001b[2J"]}'))
    found = await registry.catalog()

    assert found.names == ("good",)
    assert found.refused == ("../bad", "\\x1b[2J")


@pytest.mark.parametrize(
    "target",
    ["?n=1000", "?last=b", "http://elsewhere.test/v2/_catalog", "//elsewhere.test/", "http://["],
)
async def test_a_listing_in_a_loop_or_on_another_host_is_refused(
    server: Web, registry: Registry, target: str
) -> None:
    page = reply('{"repositories":["a"]}', Link=f'<{target}>; rel="next"')
    server.route("/v2/_catalog", page)

    with pytest.raises(RegistryAnswerInvalid):
        await registry.catalog()
    assert len(server.requests) <= 2


def test_the_pages_of_a_listing_are_bounded() -> None:
    pages = Pages(max_pages=3)
    url = URL("http://r.test/?p=0")
    for number in (1, 2):
        found = pages.following(url, f'<?p={number}>; rel="next"')
        assert found is not None
        url = found
    with pytest.raises(RegistryAnswerInvalid, match="pages"):
        pages.following(url, '<?p=3>; rel="next"')


@pytest.mark.parametrize(
    "body", ["", "[]", '{"repositories":7}', '{"repositories":' + "[" * 100_000]
)
async def test_a_listing_that_is_none_is_refused(
    server: Web, registry: Registry, body: str
) -> None:
    server.route("/v2/_catalog", reply(body))

    with pytest.raises(RegistryAnswerInvalid):
        await registry.catalog()


def test_what_a_registry_says_went_wrong_is_short_or_nothing() -> None:
    assert stated_reason(b'{"errors": []}') == ""
    assert stated_reason(b'{"errors": [{"code": "A", "message": "b"}]}') == ": A b"
    assert len(stated_reason(b'{"errors": [{"message": "%s"}]}' % (b"b" * 100_000))) < 1000


async def test_an_endless_error_is_cut_and_an_odd_status_is_one(
    server: Web, registry: Registry
) -> None:
    server.route("/v2/", reply("x" * 1_000_000, status=418))

    with pytest.raises(RegistryError, match="answers 418"):
        await registry.ping()


async def test_a_listing_of_too_many_names_is_refused(
    server: Web, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scantling_common.images.sources.registry.MAX_NAMES", 2)
    server.route("/v2/_catalog", reply('{"repositories":["a","b","../c"]}'))

    with pytest.raises(RegistryAnswerInvalid, match="more than 2 names"):
        await registry.catalog()


async def test_what_refers_to_an_image_may_be_unknown_and_is_bounded(
    server: Web, registry: Registry
) -> None:
    digest = Digest(BUILT.digest)
    assert await registry.referrers("a", digest) is None
    server.route(f"/v2/a/referrers/{digest}", reply(b"{}"), reply(b" " * 5_000_000))
    assert await registry.referrers("a", digest) == b"{}"
    with pytest.raises(RegistryAnswerInvalid, match="more than"):
        await registry.referrers("a", digest)
