"""What is said of a registry that gives no answer: where, why, and what to do about it."""

from __future__ import annotations

import errno
import socket
import ssl
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from yarl import URL

from scantling_common.images.errors import RegistryUnreachable
from scantling_common.images.sources.endpoint import Endpoint
from scantling_common.images.sources.failures import unreachable
from scantling_common.images.sources.registry import Registry
from scantling_common.images.sources.transport import Transport
from tests.builders.certificates import Authority
from tests.common.images.web_server import LOOPBACK, Clock, Names, Web, client, reply, serving

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp.abc import ResolveResult


class NoNames(Names):
    """Knows no name at all."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        raise socket.gaierror(socket.EAI_NONAME, f"{host}:{port} is not known ({family})")


async def failure(host: str, names: Names | None = None, **more: Any) -> RegistryUnreachable:
    endpoint = Endpoint(host=host, allow_private=True, **more)
    transport = Transport(endpoint, resolver=names or Names(), clock=Clock())
    with pytest.raises(RegistryUnreachable) as error:
        async with Registry(transport) as registry:
            await registry.ping()
    assert "0x" not in str(error.value)
    assert "SSLContext" not in str(error.value)
    return error.value


@pytest.mark.parametrize("more", [{}, {"plain_http": True}, {"ca": Authority().certificate}])
async def test_a_name_that_does_not_resolve(more: dict[str, Any]) -> None:
    said = await failure("none.test:5000", NoNames(), **more)

    assert said.message == "none.test:5000 can't be reached: its name does not resolve"
    assert "DNS" in said.hint
    assert "certificate" not in said.hint


@pytest.mark.parametrize("more", [{}, {"plain_http": True}, {"ca": Authority().certificate}])
async def test_a_port_that_nothing_listens_on(more: dict[str, Any]) -> None:
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        host = f"{LOOPBACK}:{free.getsockname()[1]}"
        said = await failure(host, **more)

    assert said.message == f"{host} can't be reached: connection refused"
    assert "port" in said.hint
    assert "certificate" not in said.hint


async def test_a_registry_without_tls() -> None:
    async with serving(Web()) as server:
        said = await failure(f"{LOOPBACK}:{server.port}")

    assert "TLS failure: " in said.message
    assert "--plain-http" in said.hint


async def test_a_certificate_that_is_not_trusted(tmp_path: Path) -> None:
    async with serving(Web(), Authority().server(tmp_path)) as server:
        said = await failure(f"{LOOPBACK}:{server.port}")

    assert "TLS failure: its certificate is not trusted: " in said.message
    assert "--ca" in said.hint


async def test_a_redirect_to_where_nothing_answers_names_that_place() -> None:
    server = Web()
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        there = f"storage.test:{free.getsockname()[1]}"
        server.route("/v2/", reply(status=307, Location=f"http://{there}/x"))
        async with serving(server), client(server) as registry:
            with pytest.raises(RegistryUnreachable, match=f"{there} can't be reached"):
                await registry.ping()


def connector(error: OSError) -> aiohttp.ClientConnectorError:
    key = ConnectionKey(
        "r.test",
        443,
        is_ssl=True,
        ssl=True,
        proxy=None,
        proxy_auth=None,
        proxy_headers_hash=None,
        server_hostname=None,
    )
    return aiohttp.ClientConnectorError(key, error)


@pytest.mark.parametrize(
    ("error", "reason", "hint"),
    [
        (connector(OSError(errno.ENETUNREACH, "Connect call failed")), "unreachable", "network"),
        (connector(TimeoutError(errno.ETIMEDOUT, "x")), "didn't answer in time", "is up"),
        (aiohttp.ServerTimeoutError(), "didn't answer in time", "is up"),
        (connector(ssl.SSLError(1, "[SSL: TLSV1_ALERT] x")), "TLS failure: ", "--cert"),
        (connector(ssl.SSLError(1, "odd")), "TLS failure: ", "versions"),
        (aiohttp.ServerDisconnectedError(), "Server disconnected", "--cert"),
        (aiohttp.ClientPayloadError(), "ClientPayloadError", "is up"),
        (aiohttp.ClientPayloadError("a\x1bb"), r"a\x1bb", "is up"),
    ],
)
def test_each_reason_has_a_hint_that_fits(error: Exception, reason: str, hint: str) -> None:
    said = unreachable(URL("https://r.test/v2/"), error)

    assert said.message.startswith("r.test:443 can't be reached: ")
    assert reason in said.message
    assert hint in said.hint


def broken_off(reason: str) -> aiohttp.ClientOSError:
    """Return what is raised when OpenSSL breaks off a connection that was made already."""
    cause = ssl.SSLError(1, reason)
    cause.reason = reason
    error = aiohttp.ClientOSError(1, reason)
    error.__cause__ = cause
    return error


async def slept_for(error: Exception, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return how long was waited before a request that always fails was given up."""

    async def send(*_: object) -> aiohttp.ClientResponse:
        raise error

    clock = Clock()
    monkeypatch.setattr(Transport, "_send", send)
    endpoint = Endpoint(host="r.test", allow_private=True, patience=60)
    async with Registry(Transport(endpoint, resolver=Names(), clock=clock)) as registry:
        with pytest.raises(RegistryUnreachable):
            await registry.ping()
    return clock.slept


async def test_a_client_certificate_that_is_missing_is_said_and_asked_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = broken_off("TLSV13_ALERT_CERTIFICATE_REQUIRED")

    said = unreachable(URL("https://r.test/v2/"), error)

    assert said.message.endswith("TLS failure: tlsv13 alert certificate required")
    assert "--cert" in said.hint
    assert await slept_for(error, monkeypatch) == []


async def test_a_connection_that_breaks_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await slept_for(broken_off("UNEXPECTED_EOF_WHILE_READING"), monkeypatch)
