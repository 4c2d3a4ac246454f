"""Credentials stay with their registry, addresses are checked, waits are kept: threats 3 and 4."""

from __future__ import annotations

import asyncio
import base64
import socket
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from aiohttp import web
from yarl import URL

from scantling_common.images.digests import Digest
from scantling_common.images.errors import (
    AddressRefused,
    RateLimited,
    RegistryAnswerInvalid,
    RegistryError,
    RegistryUnauthorized,
    RegistryUnreachable,
)
from scantling_common.images.sources.addresses import AddressPolicy
from scantling_common.images.sources.challenge import Challenge, parse_challenges
from scantling_common.images.sources.endpoint import Endpoint
from scantling_common.images.sources.rate_limit import wait_seconds
from scantling_common.images.sources.registry import Registry
from scantling_common.images.sources.transport import Transport
from scantling_common.telemetry.prometheus import PrometheusMetrics
from tests.builders.image import sha256
from tests.common.images.web_server import NOW, Clock, Names, Web, client, gathered, reply, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

BLOB = Digest(sha256(b"content"))
BLOB_PATH = f"/v2/a/blobs/{BLOB}"
LOGIN: dict[str, Any] = {"username": "robot", "password": "s3cret"}
BASIC = f"Basic {base64.b64encode(b'robot:s3cret').decode()}"


@pytest.fixture
async def server() -> AsyncIterator[Web]:
    async with serving(Web()) as started:
        yield started


@pytest.fixture
async def elsewhere() -> AsyncIterator[Web]:
    async with serving(Web()) as started:
        yield started


def needs(
    expected: str, challenge: str, body: str = '{"tags":["v1"]}'
) -> Callable[[web.Request], web.Response]:
    def answer(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") == expected:
            return web.Response(text=body)
        return web.Response(status=401, headers={"WWW-Authenticate": challenge})

    return answer


async def test_basic_credentials_are_sent_when_they_are_asked_for(server: Web) -> None:
    server.route("/v2/a/tags/list", needs(BASIC, 'Basic realm="x"'))

    async with client(server, **LOGIN) as registry:
        await registry.tags("a")
        await registry.tags("a")
    assert server.authorizations("/v2/a/tags/list") == [None, BASIC, BASIC]


async def test_wrong_credentials_are_unauthorized(server: Web) -> None:
    server.route("/v2/a/tags/list", needs("nothing", 'Basic realm="x"'))

    async with client(server, **LOGIN) as registry:
        with pytest.raises(RegistryUnauthorized) as error:
            await registry.tags("a")
    async with client(server) as registry:
        with pytest.raises(RegistryUnauthorized):
            await registry.tags("a")
    assert "s3cret" not in str(error.value)
    assert "s3cret" not in repr(Endpoint(host="r.test", **LOGIN))


async def test_a_token_is_fetched_kept_and_renewed(server: Web) -> None:
    clock = Clock()
    challenge = (
        f'Bearer realm="http://127.0.0.1:{server.port}/token",service="reg, \\"x\\"",'
        'scope="repository:a:pull"'
    )
    server.route("/v2/a/tags/list", needs("Bearer t1", challenge))
    server.route("/token", reply('{"token":"t1","expires_in":300}'))

    async with client(server, clock=clock, **LOGIN) as registry:
        await registry.tags("a")
        await registry.tags("a")
        clock.seconds += 301
        await registry.tags("a")
    asked = [r for r in server.requests if r.path == "/token"]
    assert len(asked) == 2
    assert asked[0].headers["Authorization"] == BASIC
    assert dict(parse_qsl(asked[0].query_string)) == {
        "service": 'reg, "x"',
        "scope": "repository:a:pull",
        "client_id": "scantling",
    }
    # The token server's answer was used; the password went nowhere else.
    assert set(server.authorizations("/v2/a/tags/list")) == {None, "Bearer t1"}


async def test_an_anonymous_token_needs_no_credentials(server: Web) -> None:
    server.route(
        "/v2/a/tags/list", needs("Bearer anon", f'Bearer realm="http://127.0.0.1:{server.port}/t"')
    )
    server.route("/t", reply('{"access_token":"anon"}'))

    async with client(server) as registry:
        assert (await registry.tags("a")).names == ("v1",)
    assert server.authorizations("/t") == [None]


async def test_an_identity_token_is_sent_to_the_token_server_only(server: Web) -> None:
    clock = Clock()
    realm = f'Bearer realm="http://127.0.0.1:{server.port}/token",service="reg"'
    server.route("/v2/a/tags/list", needs("Bearer t", realm))
    answers = ('{"access_token":"t","refresh_token":"r2"}', '{"access_token":"t"}')
    server.route("/token", *map(reply, answers))

    async with client(server, clock=clock, identity_token="r1&x") as registry:
        await registry.tags("a")
        clock.seconds += 61
        await registry.tags("a")
    first, second = (
        dict(parse_qsl(body.decode()))
        for request, body in zip(server.requests, server.bodies, strict=True)
        if request.path == "/token"
    )
    assert first == {
        "grant_type": "refresh_token",
        "refresh_token": "r1&x",
        "client_id": "scantling",
        "service": "reg",
        "scope": "repository:a:pull",
    }
    # What the server gave anew is used from then on.
    assert second["refresh_token"] == "r2"
    assert {r.method for r in server.requests if r.path == "/token"} == {"POST"}
    assert set(server.authorizations("/token")) == {None}
    assert set(server.authorizations("/v2/a/tags/list")) == {None, "Bearer t"}


async def test_an_identity_token_goes_to_no_realm_that_is_not_trusted(
    server: Web, elsewhere: Web
) -> None:
    realm = f'Bearer realm="http://elsewhere.test:{elsewhere.port}/token", Basic'
    server.route("/v2/a/tags/list", needs("x", realm))

    async with client(server, identity_token="r1") as registry:
        with pytest.raises(RegistryUnauthorized, match="not trusted"):
            await registry.tags("a")
    assert not elsewhere.requests


async def test_many_requests_with_an_expired_token_ask_for_one_new_token(server: Web) -> None:
    valid = ["old"]

    def answer(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") == f"Bearer {valid[-1]}":
            return web.Response(body=b"content")
        realm = f'Bearer realm="http://127.0.0.1:{server.port}/token"'
        return web.Response(status=401, headers={"WWW-Authenticate": realm})

    server.route(BLOB_PATH, answer)
    server.route("/token", lambda _: web.Response(text=f'{{"token":"{valid[-1]}"}}'))

    async with client(server) as registry:
        await gathered(registry.blob("a", BLOB, 7))
        # The token server takes back what it gave, in the middle of a scan.
        valid.append("new")
        blobs = await asyncio.gather(*(gathered(registry.blob("a", BLOB, 7)) for _ in range(8)))
    assert blobs == [b"content"] * 8
    assert len(server.authorizations("/token")) == 2


async def test_a_patient_client_waits_as_long_as_it_is_asked_to(server: Web) -> None:
    clock = Clock()
    date = formatdate(NOW + 5, usegmt=True)
    server.route(
        "/v2/a/tags/list",
        reply(status=429, Retry_After="20"),
        reply(status=503, Retry_After=date),
        reply(status=502),
        reply('{"tags":["v1"]}'),
    )

    async with client(server, clock=clock, patience=60) as registry:
        assert (await registry.tags("a")).names == ("v1",)
    assert clock.slept == [20.0, 5.0, 1.0]


async def test_patience_ends(server: Web) -> None:
    clock = Clock()
    server.route("/v2/a/tags/list", reply(status=429, Retry_After="20"))
    server.route("/v2/b/tags/list", reply(status=500))

    async with client(server, clock=clock, patience=50) as registry:
        with pytest.raises(RateLimited):
            await registry.tags("a")
        assert clock.slept == [20.0, 20.0]
        clock.slept.clear()
        with pytest.raises(RegistryUnreachable):
            await registry.tags("b")
    assert clock.slept == [1.0, 2.0, 4.0, 8.0, 16.0, 16.0]


async def test_no_patience_is_lost_on_a_server_that_is_not_there(server: Web) -> None:
    clock = Clock()
    async with serving(Web()) as gone:
        pass
    async with client(gone, clock=clock, patience=60) as registry:
        with pytest.raises(RegistryUnreachable):
            await registry.ping()
    assert not clock.slept


async def test_what_one_request_was_told_to_wait_all_wait(server: Web) -> None:
    clock = _Stopped()
    server.route("/v2/a/tags/list", reply(status=429, Retry_After="30"), reply('{"tags":[]}'))
    server.route("/v2/b/tags/list", reply('{"tags":[]}'))

    async with client(server, clock=clock, patience=60) as registry:
        first = asyncio.create_task(registry.tags("a"))
        await clock.asked.wait()
        second = asyncio.create_task(registry.tags("b"))
        await clock.asked_twice.wait()
        assert [path for _, path in server.seen()] == ["/v2/a/tags/list"]
        clock.go.set()
        await asyncio.gather(first, second)
    assert clock.slept == [30.0, 30.0]


class _Stopped(Clock):
    """A clock whose sleepers wait until they may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.asked_twice, self.go = (asyncio.Event() for _ in range(3))

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        (self.asked_twice if self.asked.is_set() else self.asked).set()
        await self.go.wait()
        self.seconds = 2000.0


async def test_connections_to_one_host_are_bounded(server: Web) -> None:
    peers: set[object] = set()
    most = 0
    gate = asyncio.Event()

    class Held(web.StreamResponse):
        async def write_eof(self, data: bytes = b"") -> None:
            nonlocal most
            assert self._req is not None
            peers.add(self._req.transport)
            most = max(most, len(peers))
            if len(peers) >= 3:
                gate.set()
            await gate.wait()
            peers.discard(self._req.transport)
            await super().write_eof(data + b'{"tags":[]}')

    server.route("/v2/a/tags/list", lambda _: Held())
    async with client(server, connections=3) as registry:
        await asyncio.gather(*(registry.tags("a") for _ in range(12)))
    assert most == 3


async def test_insufficient_scope_is_asked_for_again_once(server: Web) -> None:
    realm = f'Bearer realm="http://127.0.0.1:{server.port}/token"'
    narrow = f'{realm},scope="repository:a:pull"'
    wide = f'{realm},scope="repository:a:pull,metadata_read",error="insufficient_scope"'

    def answer(request: web.Request) -> web.Response:
        token = request.headers.get("Authorization")
        if token == "Bearer wide":
            return web.Response(text='{"tags":["v1"]}')
        return web.Response(status=401, headers={"WWW-Authenticate": wide if token else narrow})

    server.route("/v2/a/tags/list", answer)
    server.route("/token", reply('{"token":"narrow"}'), reply('{"token":"wide"}'))

    async with client(server) as registry:
        assert (await registry.tags("a")).names == ("v1",)
    scopes = [r.query.getall("scope") for r in server.requests if r.path == "/token"]
    assert scopes == [
        ["repository:a:pull"],
        ["repository:a:pull", "repository:a:pull,metadata_read"],
    ]


async def test_a_registry_that_never_has_enough_is_unauthorized(server: Web) -> None:
    realm = f'Bearer realm="http://127.0.0.1:{server.port}/token",error="insufficient_scope"'
    server.route("/v2/a/tags/list", needs("nothing", realm))
    server.route("/token", reply('{"token":"t"}'))

    async with client(server) as registry:
        with pytest.raises(RegistryUnauthorized):
            await registry.tags("a")
    assert len(server.requests) == 5


@pytest.mark.parametrize(
    "realm",
    [
        "http://elsewhere.test:{port}/token",
        "ftp://127.0.0.1/token",
        "/token",
        "http://[",
        "https://",
    ],
)
async def test_credentials_go_to_no_realm_that_is_not_the_registrys(
    server: Web, elsewhere: Web, realm: str
) -> None:
    realm = realm.replace("{port}", str(elsewhere.port))
    server.route("/v2/a/tags/list", needs("x", f'Bearer realm="{realm}"'))

    async with client(server, **LOGIN) as registry:
        with pytest.raises((RegistryUnauthorized, RegistryAnswerInvalid)):
            await registry.tags("a")
    assert not elsewhere.requests
    assert server.authorizations("/v2/a/tags/list") == [None]


async def test_a_token_realm_at_a_private_address_is_refused(server: Web) -> None:
    names = Names(registry_test=["127.0.0.1"], metadata_test=["169.254.169.254"])
    server.route("/v2/a/tags/list", needs("x", 'Bearer realm="https://metadata.test/token"'))

    async with client(server, "registry.test", names=names, **LOGIN) as registry:
        with pytest.raises(AddressRefused):
            await registry.tags("a")


@pytest.mark.parametrize(
    "body", ["", "{}", '{"token":""}', '{"token":7}', '{"token":"a\\r\\nX: y"}', "[" * 100_000]
)
async def test_a_token_that_is_none_is_refused(server: Web, body: str) -> None:
    server.route("/v2/a/tags/list", needs("x", f'Bearer realm="http://127.0.0.1:{server.port}/t"'))
    server.route("/t", reply(body))

    async with client(server) as registry:
        with pytest.raises(RegistryAnswerInvalid, match="no token"):
            await registry.tags("a")


async def test_a_token_server_is_not_followed_elsewhere(server: Web, elsewhere: Web) -> None:
    server.route("/v2/a/tags/list", needs("x", f'Bearer realm="http://127.0.0.1:{server.port}/t"'))
    server.route("/t", reply(status=302, Location=f"http://127.0.0.1:{elsewhere.port}/t"))

    async with client(server, **LOGIN) as registry:
        with pytest.raises(RegistryAnswerInvalid, match="redirects"):
            await registry.tags("a")
    assert not elsewhere.requests


async def test_a_token_server_that_is_not_there_is_not_an_image_that_is_not(server: Web) -> None:
    server.route("/v2/a/tags/list", needs("x", f'Bearer realm="http://127.0.0.1:{server.port}/t"'))

    async with client(server) as registry:
        with pytest.raises(RegistryAnswerInvalid, match="token server"):
            await registry.tags("a")


async def test_a_refused_login_at_the_token_server_is_unauthorized(server: Web) -> None:
    server.route("/v2/a/tags/list", needs("x", f'Bearer realm="http://127.0.0.1:{server.port}/t"'))
    server.route("/t", reply(status=401))

    async with client(server, **LOGIN) as registry:
        with pytest.raises(RegistryUnauthorized):
            await registry.tags("a")


async def test_a_redirect_is_followed_without_credentials(server: Web, elsewhere: Web) -> None:
    target = f"http://storage.test:{elsewhere.port}/x?signature=1"

    def answer(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") == BASIC:
            return web.Response(status=307, headers={"Location": target})
        return web.Response(status=401, headers={"WWW-Authenticate": "Basic"})

    server.route(BLOB_PATH, answer)
    elsewhere.route("/x", reply(b"content"))

    async with client(server, **LOGIN) as registry:
        assert await gathered(registry.blob("a", BLOB, 7)) == b"content"
    assert elsewhere.authorizations("/x") == [None]
    assert elsewhere.requests[0].query_string == "signature=1"


async def test_a_redirected_challenge_is_not_answered(server: Web, elsewhere: Web) -> None:
    server.route(BLOB_PATH, reply(status=307, Location=f"http://evil.test:{elsewhere.port}/x"))
    elsewhere.route("/x", needs(BASIC, "Basic"))

    async with client(server, **LOGIN) as registry:
        with pytest.raises(RegistryUnauthorized):
            await gathered(registry.blob("a", BLOB, 7))
    assert elsewhere.authorizations("/x") == [None]


async def test_redirects_without_end_are_refused(server: Web) -> None:
    server.route(BLOB_PATH, reply(status=302, Location=BLOB_PATH))

    async with client(server) as registry:
        with pytest.raises(RegistryAnswerInvalid, match="without end"):
            await gathered(registry.blob("a", BLOB, 7))
    assert len(server.requests) == 6


@pytest.mark.parametrize("location", ["", "file:///etc/passwd", "gopher://x/", "http://["])
async def test_a_redirect_to_no_web_address_is_refused(server: Web, location: str) -> None:
    server.route(BLOB_PATH, reply(status=302, Location=location))

    async with client(server) as registry:
        with pytest.raises((AddressRefused, RegistryAnswerInvalid)):
            await gathered(registry.blob("a", BLOB, 7))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost.test", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1"],
)
async def test_cve_2020_13788_a_redirect_to_a_private_address_is_refused(
    server: Web, elsewhere: Web, host: str
) -> None:
    """The registry's own address passes for public here, what it redirects to does not."""
    transport = Transport(
        Endpoint(host=f"registry.test:{server.port}", plain_http=True), resolver=Names()
    )
    transport._policy = _PublicRegistry("registry.test")
    server.route(BLOB_PATH, reply(status=302, Location=f"http://{host}:{elsewhere.port}/x"))
    elsewhere.route("/x", reply(b"content"))
    async with Registry(transport) as registry:
        with pytest.raises(AddressRefused):
            await gathered(registry.blob("a", BLOB, 7))
    assert not elsewhere.requests


class _PublicRegistry(AddressPolicy, frozen=True):
    """Takes the test registry's loopback address for a public one."""

    def check(self, host: str, address: str) -> None:
        if host != self.registry:
            super().check(host, address)


async def test_a_private_registry_is_refused_unless_it_is_configured(server: Web) -> None:
    server.route("/v2/", reply("{}"))

    for host in ("127.0.0.1", "registry.test", "localhost"):
        async with client(server, host, allow_private=False) as registry:
            with pytest.raises(AddressRefused) as error:
                await registry.ping()
        assert error.value.code == "address_refused"
        async with client(server, host) as registry:
            await registry.ping()
    assert len(server.requests) == 3


async def test_a_name_that_is_rebound_gains_nothing(server: Web) -> None:
    names = Names(rebound_test=["93.184.215.14", "127.0.0.1"])
    server.route("/v2/", reply("{}"))

    # Whoever checks first and resolves again for the connection would reach the server.
    await names.resolve("rebound.test")
    async with client(server, "rebound.test", names=names, allow_private=False) as registry:
        with pytest.raises(AddressRefused):
            await registry.ping()
    assert not server.requests


@pytest.mark.parametrize(
    ("host", "address", "private", "allowed"),
    [
        ("r.test", "93.184.215.14", False, True),
        ("r.test", "2606:4700::1111", False, True),
        ("r.test", "10.1.2.3", False, False),
        ("r.test", "10.1.2.3", True, True),
        ("s.test", "192.168.1.1", True, True),
        ("r.test", "127.0.0.1", True, True),
        ("s.test", "127.0.0.1", True, False),
        ("s.test", "::1", True, False),
        ("s.test", "::ffff:127.0.0.1", True, False),
        ("s.test", "64:ff9b::7f00:1", True, False),
        ("s.test", "2002:7f00:1::", True, False),
        ("r.test", "::ffff:10.0.0.1", False, False),
        ("r.test", "fd00::1", False, False),
        ("r.test", "fd00::1", True, True),
        ("r.test", "100.64.0.1", False, False),
        ("r.test", "169.254.169.254", True, False),
        ("r.test", "fe80::1%eth0", True, False),
        ("r.test", "0.0.0.0", True, False),  # noqa: S104 - an address to refuse
        ("r.test", "224.0.0.1", True, False),
        ("r.test", "255.255.255.255", True, False),
    ],
)
def test_addresses(host: str, address: str, private: bool, allowed: bool) -> None:  # noqa: FBT001
    policy = AddressPolicy("r.test", private)

    if allowed:
        policy.check(host, address)
    else:
        with pytest.raises(AddressRefused):
            policy.check(host, address)


def test_a_registry_on_this_machine_may_lead_to_this_machine() -> None:
    AddressPolicy("localhost", allow_private=True).check("storage.test", "127.0.0.1")
    AddressPolicy("127.0.0.1", allow_private=True).check("storage.test", "::1")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": formatdate(NOW + 90, usegmt=True)}, 90.0),
        ({"Retry-After": formatdate(NOW - 90, usegmt=True)}, 1.0),
        ({"Retry-After": "99999999"}, 86_400.0),
        ({"Retry-After": "-5"}, 60.0),
        ({"Retry-After": "soon"}, 60.0),
        ({"Retry-After": "9" * 400}, 60.0),
        ({"X-Retry-After": str(int(NOW) + 30)}, 30.0),
        ({}, 60.0),
    ],
)
async def test_a_registry_that_asks_to_wait(
    server: Web, headers: dict[str, str], seconds: float
) -> None:
    assert wait_seconds(headers, NOW) == seconds
    server.route("/v2/a/tags/list", lambda _: web.Response(status=429, headers=headers))

    async with client(server, clock=Clock()) as registry:
        with pytest.raises(RateLimited) as error:
            await registry.tags("a")
    assert error.value.not_before_seconds == seconds
    assert error.value.code == "rate_limited"


async def test_a_registry_that_is_busy_asks_to_wait_too(server: Web) -> None:
    server.route("/v2/a/tags/list", reply(status=503, Retry_After="7"))

    async with client(server) as registry:
        with pytest.raises(RateLimited) as error:
            await registry.tags("a")
    assert error.value.not_before_seconds == 7


async def test_a_silent_registry_is_unreachable(server: Web) -> None:
    silent = _Silent()
    server.route("/v2/a/tags/list", silent)

    async with client(server, seconds=0.05) as registry:
        with pytest.raises(RegistryUnreachable, match="in time"):
            await registry.tags("a")
    silent.over.set()


class _Silent(web.StreamResponse):
    """Sends its headers and then nothing, until the test is over."""

    def __init__(self) -> None:
        super().__init__()
        self.over = asyncio.Event()

    async def write_eof(self, data: bytes = b"") -> None:
        await asyncio.wait_for(self.over.wait(), 10)
        await super().write_eof(data)


async def test_nobody_at_home_is_unreachable() -> None:
    async with serving(Web()) as gone:
        port = gone.port
    transport = Transport(Endpoint(host=f"127.0.0.1:{port}", plain_http=True, allow_private=True))
    async with Registry(transport) as registry:
        with pytest.raises(RegistryUnreachable):
            await registry.ping()


async def test_plain_http_is_never_a_fallback(server: Web) -> None:
    server.route("/v2/", reply("{}"))

    async with client(server, plain_http=False) as registry:
        with pytest.raises(RegistryUnreachable):
            await registry.ping()
    assert not server.requests


async def test_a_ca_file_that_is_none_is_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_text("junk")

    with pytest.raises(RegistryError, match=r"ca\.pem"):
        async with Registry(Transport(Endpoint(host="r.test", ca_file=path))):
            pass


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Basic realm="x"', [Challenge("basic", realm="x")]),
        ("basic", [Challenge("basic")]),
        (
            'Bearer realm="https://a/t",service=s,scope="a b" , Basic realm="y"',
            [Challenge("bearer", "https://a/t", "s", "a b"), Challenge("basic", "y")],
        ),
        ('Negotiate abc==, Basic realm="x"', [Challenge("basic", realm="x")]),
        ('Bearer realm="unclosed', [Challenge("bearer")]),
        ("", []),
        ('Bearer realm="' + "a" * 100_000, [Challenge("bearer")]),
    ],
)
def test_challenges(header: str, expected: list[Challenge]) -> None:
    assert parse_challenges([header]) == expected


async def test_every_request_is_counted_by_its_status(server: Web) -> None:
    server.route("/v2/a/tags/list", needs(BASIC, 'Basic realm="x"'))
    metrics = PrometheusMetrics()

    async with client(server, metrics=metrics, name="r1", **LOGIN) as registry:
        await registry.tags("a")
        await registry.tags("a")
    nowhere = Endpoint(host="127.0.0.1:1", plain_http=True, allow_private=True)
    async with Registry(Transport(nowhere, metrics=metrics, name="r2")) as registry:
        with pytest.raises(RegistryUnreachable):
            await registry.tags("a")

    counted = {
        (name, status): metrics.value("registry_requests_total", registry=name, status=status)
        for name, status in (("r1", "401"), ("r1", "200"), ("r2", "error"))
    }
    assert counted == {("r1", "401"): 1, ("r1", "200"): 2, ("r2", "error"): 1}


async def test_a_token_server_that_does_not_answer_is_unreachable(server: Web) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # it never listens
        realm = f"http://127.0.0.1:{taken.getsockname()[1]}/t"
        server.route("/v2/a/tags/list", needs("x", f'Bearer realm="{realm}"'))
        async with client(server) as registry:
            with pytest.raises(RegistryUnreachable):
                await registry.tags("a")


async def test_a_request_for_another_host_is_not_made(server: Web, elsewhere: Web) -> None:
    endpoint = Endpoint(host=f"127.0.0.1:{server.port}", plain_http=True, allow_private=True)
    async with Transport(endpoint, resolver=Names(), clock=Clock()) as transport:
        with pytest.raises(AddressRefused, match="not the registry"):
            async with transport.request(
                "GET", URL(f"http://127.0.0.1:{elsewhere.port}/v2/"), scope=""
            ):
                pass  # pragma: no cover - never reached
    assert not elsewhere.requests


async def test_tokens_of_many_scopes_are_not_kept_for_ever(
    server: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scantling_common.images.sources.tokens._MOST_SCOPES", 2)
    challenge = f'Bearer realm="http://127.0.0.1:{server.port}/t"'
    server.route("/t", reply('{"token":"t"}'))
    async with client(server) as registry:
        for name in ("a", "b", "c", "a"):
            server.route(f"/v2/{name}/tags/list", needs("Bearer t", challenge))
            await registry.tags(name)
    assert len(server.authorizations("/t")) == 4
