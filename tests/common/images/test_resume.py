"""Downloads that break off go on where they were, and are never put together wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from scantling_common.images.digests import Digest
from scantling_common.images.errors import (
    DigestMismatch,
    NotFound,
    RateLimited,
    RegistryAnswerInvalid,
    RegistryUnreachable,
)
from scantling_common.images.sources.place import MOST_ANSWERS
from tests.builders.image import sha256
from tests.common.images.web_server import Clock, Cuts, Web, client, reply, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

CONTENT = bytes(range(256)) * 40
SIZE = len(CONTENT)
BLOB = Digest(sha256(CONTENT))
PATH = f"/v2/a/blobs/{BLOB}"
HALF = 4096


@pytest.fixture
async def server() -> AsyncIterator[Web]:
    async with serving(Web()) as started:
        yield started


@pytest.fixture
def cuts() -> Cuts:
    return Cuts()


def rest(
    data: bytes = CONTENT, *, content_range: str = "bytes {first}-{last}/{size}", first: int = -1
) -> Callable[[web.Request], web.Response]:
    """Return an answer with the range that is asked for."""

    def answer(request: web.Request) -> web.Response:
        start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        start = first if first >= 0 else start
        said = content_range.format(first=start, last=len(data) - 1, size=len(data))
        return web.Response(status=206, body=data[start:], headers={"Content-Range": said})

    return answer


async def test_a_download_that_breaks_off_goes_on_where_it_was(server: Web, cuts: Cuts) -> None:
    server.route(PATH, cuts.after(CONTENT, HALF, ETag='"one"'), rest())
    clock = Clock()

    async with client(server, clock=clock) as registry:
        assert await cuts.gathered(registry.blob("a", BLOB, SIZE)) == CONTENT
    first, second = server.requests
    assert "Range" not in first.headers
    assert second.headers["Range"] == f"bytes={HALF}-"
    assert second.headers["If-Range"] == '"one"'
    assert len(clock.slept) == 1


async def test_a_weak_tag_proves_nothing_of_single_bytes(server: Web, cuts: Cuts) -> None:
    server.route(PATH, cuts.after(CONTENT, HALF, ETag='W/"one"'), rest())

    async with client(server) as registry:
        assert await cuts.gathered(registry.blob("a", BLOB, SIZE)) == CONTENT
    assert "If-Range" not in server.requests[1].headers


async def test_a_server_that_ignores_ranges_starts_again(server: Web, cuts: Cuts) -> None:
    server.route(PATH, cuts.after(CONTENT, HALF), reply(CONTENT))

    async with client(server) as registry:
        assert await cuts.gathered(registry.blob("a", BLOB, SIZE)) == CONTENT


async def test_a_server_that_starts_again_with_another_content_is_noticed(
    server: Web, cuts: Cuts
) -> None:
    other = bytes(HALF) + CONTENT[HALF:]
    server.route(PATH, cuts.after(CONTENT, HALF), reply(other))

    async with client(server) as registry:
        with pytest.raises(DigestMismatch):
            await cuts.gathered(registry.blob("a", BLOB, SIZE))


async def test_a_rest_of_another_content_is_noticed_at_its_end(server: Web, cuts: Cuts) -> None:
    server.route(PATH, cuts.after(CONTENT, HALF), rest(CONTENT[:-1] + b"!"))

    async with client(server) as registry:
        with pytest.raises(DigestMismatch):
            await cuts.gathered(registry.blob("a", BLOB, SIZE))


@pytest.mark.parametrize(
    "answer",
    [
        rest(first=HALF - 1),
        rest(content_range="bytes {first}-{last}/{size}9"),
        rest(content_range="bytes */*"),
        rest(content_range=""),
        rest(content_range="lines 1-2/3"),
        rest(content_range="bytes " + "9" * 5000 + "-1/*"),
    ],
)
async def test_another_range_than_the_one_asked_for_is_refused(
    server: Web, cuts: Cuts, answer: Callable[[web.Request], web.Response]
) -> None:
    server.route(PATH, cuts.after(CONTENT, HALF), answer)

    async with client(server) as registry:
        with pytest.raises(RegistryAnswerInvalid):
            await cuts.gathered(registry.blob("a", BLOB, SIZE))


async def test_a_range_that_nobody_asked_for_is_refused(server: Web, cuts: Cuts) -> None:
    server.route(PATH, reply(CONTENT, 206, Content_Range=f"bytes 0-{SIZE - 1}/{SIZE}"))

    async with client(server) as registry:
        with pytest.raises(RegistryAnswerInvalid, match="another place"):
            await cuts.gathered(registry.blob("a", BLOB, SIZE))


async def test_a_download_that_gets_nowhere_ends(server: Web, cuts: Cuts) -> None:
    nothing = cuts.after(CONTENT, 0)
    server.route(PATH, cuts.after(CONTENT, HALF), nothing, rest(), nothing)

    async with client(server) as registry:
        assert await cuts.gathered(registry.blob("a", BLOB, SIZE)) == CONTENT
        server.route(PATH, nothing)
        with pytest.raises(RegistryUnreachable):
            await cuts.gathered(registry.blob("a", BLOB, SIZE))
    assert len(server.requests) == 3 + 2


async def test_a_registry_that_does_not_answer_is_asked_once(cuts: Cuts) -> None:
    clock = Clock()
    async with serving(Web()) as gone:
        pass
    async with client(gone, clock=clock) as registry:
        with pytest.raises(RegistryUnreachable):
            await cuts.gathered(registry.blob("a", BLOB, SIZE))
    assert not clock.slept


async def test_a_download_in_drops_ends(server: Web, cuts: Cuts) -> None:
    def drop(request: web.Request) -> web.StreamResponse:
        asked = request.headers.get("Range", "bytes=0-")
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        return cuts.after(CONTENT, start + 1)(request)

    server.route(PATH, drop)

    async with client(server) as registry:
        with pytest.raises(RegistryUnreachable):
            await cuts.gathered(registry.blob("a", BLOB, SIZE))
    assert len(server.requests) == MOST_ANSWERS


async def test_what_is_wrong_with_the_rest_is_told(server: Web, cuts: Cuts) -> None:
    async with client(server) as registry:
        server.route(PATH, cuts.after(CONTENT, HALF), reply(status=404))
        with pytest.raises(NotFound):
            await cuts.gathered(registry.blob("a", BLOB, SIZE))
        server.route(PATH, cuts.after(CONTENT, HALF), reply(status=429, Retry_After="30"))
        with pytest.raises(RateLimited):
            await cuts.gathered(registry.blob("a", BLOB, SIZE))


async def test_a_token_that_expires_between_two_parts_is_renewed(server: Web, cuts: Cuts) -> None:
    challenge = {"WWW-Authenticate": f'Bearer realm="http://127.0.0.1:{server.port}/token"'}
    server.route(
        PATH,
        lambda _: web.Response(status=401, headers=challenge),
        cuts.after(CONTENT, HALF),
        lambda _: web.Response(status=401, headers=challenge),
        rest(),
    )
    server.route("/token", reply('{"token":"t1"}'), reply('{"token":"t2"}'))

    async with client(server) as registry:
        assert await cuts.gathered(registry.blob("a", BLOB, SIZE)) == CONTENT
    sent = [None, "Bearer t1", "Bearer t1", "Bearer t2"]
    assert server.authorizations(PATH) == sent
