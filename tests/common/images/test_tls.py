"""Whom a registry's certificate is believed from, and who is shown ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from scantling_common.images.digests import Digest
from scantling_common.images.errors import RegistryError, RegistryUnreachable
from tests.builders.certificates import Authority
from tests.builders.image import sha256
from tests.common.images.web_server import Web, client, gathered, reply, serving

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp import web

BLOB = Digest(sha256(b"content"))
BLOB_PATH = f"/v2/a/blobs/{BLOB}"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def client_of(authority: Authority, name: str = "robot") -> dict[str, Any]:
    issued = authority.issue(name)
    own = {"certificate": issued.certificate, "key": issued.key}
    return {"plain_http": False, "ca": authority.certificate, **own}


class Witness(Web):
    """Writes down which client certificates were shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        certificate = request.transport.get_extra_info("peercert") or {}
        subject = dict(pair for part in certificate.get("subject", ()) for pair in part)
        self.shown.append(subject.get("commonName", ""))
        return await super().handle(request)


async def test_a_private_authority_is_trusted_where_it_is_given(
    tmp_path: Path, authority: Authority
) -> None:
    server = Web()
    server.route("/v2/", reply("{}"))
    async with serving(server, authority.server(tmp_path)):
        async with client(server, plain_http=False, ca=authority.certificate) as registry:
            await registry.ping()
        both: dict[str, Any] = {"ca": authority.certificate, "system_ca": True}
        async with client(server, plain_http=False, **both) as registry:
            await registry.ping()
        for other in ("", Authority().certificate):
            async with client(server, plain_http=False, ca=other) as registry:
                with pytest.raises(RegistryUnreachable) as error:
                    await registry.ping()
            assert "--ca" in error.value.hint
    assert len(server.requests) == 2


async def test_a_client_certificate_is_shown_to_the_registry(
    tmp_path: Path, authority: Authority
) -> None:
    server = Witness()
    server.route("/v2/", reply("{}"))
    async with serving(server, authority.server(tmp_path, clients=True)):
        async with client(server, **client_of(authority)) as registry:
            await registry.ping()
        async with client(server, plain_http=False, ca=authority.certificate) as registry:
            with pytest.raises(RegistryUnreachable) as error:
                await registry.ping()
    assert server.shown == ["robot"]
    assert "--cert" in error.value.hint


async def test_a_client_certificate_is_shown_to_nobody_else(
    tmp_path: Path, authority: Authority
) -> None:
    server, storage, tokens = Witness(), Witness(), Witness()
    tls = authority.server(tmp_path)
    async with serving(server, tls), serving(storage, tls), serving(tokens, tls):
        realm = f"https://token.test:{tokens.port}/token"
        server.route(
            BLOB_PATH,
            reply(status=401, WWW_Authenticate=f'Bearer realm="{realm}"'),
            reply(status=307, Location=f"https://storage.test:{storage.port}/x"),
        )
        tokens.route("/token", reply('{"token":"t"}'))
        storage.route("/x", reply(b"content"))
        async with client(server, **client_of(authority)) as registry:
            assert await gathered(registry.blob("a", BLOB, 7)) == b"content"

    assert server.shown == ["robot", "robot"]
    assert (storage.shown, tokens.shown) == ([""], [""])


@pytest.mark.parametrize("what", ["junk", "other", "locked"])
async def test_a_client_certificate_that_is_none_is_a_clear_error(
    authority: Authority, what: str
) -> None:
    issued = authority.issue("robot", password=b"secret" if what == "locked" else b"")
    key = {"junk": "junk", "other": authority.issue("x").key, "locked": issued.key}[what]

    with pytest.raises(RegistryError, match="client certificate") as error:
        async with client(Web(), plain_http=False, certificate=issued.certificate, key=key):
            pass
    assert "PRIVATE" not in str(error.value)
