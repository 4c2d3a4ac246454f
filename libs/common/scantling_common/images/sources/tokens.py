"""Credentials for one registry: basic, and bearer tokens (distribution, token.md and oauth.md).

A token realm gets the registry's credentials only over https, or over http if the registry
itself is configured for plain http and the realm is on the registry's own host. The realm's
address is checked like any other.
"""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import msgspec
from yarl import URL

from scantling_common.images.errors import RegistryAnswerInvalid, RegistryUnauthorized

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from scantling_common.images.sources.challenge import Challenge
    from scantling_common.images.sources.endpoint import Endpoint

    Fetch = Callable[[URL, Mapping[str, str], bytes | None], Awaitable[bytes]]

_DEFAULT_SECONDS: Final = 60
_LONGEST_SECONDS: Final = 3600
_MARGIN: Final = 5
_MOST_SCOPES: Final = 1000
_LONGEST_TOKEN: Final = 65_536
_CLIENT: Final = "scantling"
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


class _Answer(msgspec.Struct):
    token: str | None = None
    access_token: str | None = None
    expires_in: int | None = None
    refresh_token: str | None = None


class Tokens:
    """What to send as ``Authorization``, by scope."""

    def __init__(self, endpoint: Endpoint, fetch: Fetch, monotonic: Callable[[], float]) -> None:
        """Begin without any; nothing is sent before the registry asks."""
        self._endpoint = endpoint
        self._fetch = fetch
        self._monotonic = monotonic
        self._identity = endpoint.identity_token
        self._lock = asyncio.Lock()
        self._basic = False
        self._bearer: dict[str, tuple[str, float]] = {}

    def header(self, scope: str) -> dict[str, str]:
        """Return the header for a request in this scope, none before the first challenge."""
        if self._basic:
            return {"Authorization": self._credentials()}
        token, until = self._bearer.get(scope, ("", 0.0))
        if token and self._monotonic() < until:
            return {"Authorization": f"Bearer {token}"}
        return {}

    async def answer(
        self, challenges: Sequence[Challenge], scope: str, rejected: Mapping[str, str]
    ) -> bool:
        """Meet a challenge; return whether a request is worth repeating.

        ``rejected`` is the header that the challenged request carried. Raises
        :class:`RegistryUnauthorized` if a token server refuses the credentials.
        """
        bearer = next((item for item in challenges if item.scheme == "bearer" and item.realm), None)
        async with self._lock:
            if self.header(scope) != rejected and self.header(scope):
                return True
            if bearer is not None:
                await self._renew(bearer, scope)
                return True
            basic = any(item.scheme == "basic" for item in challenges)
            if basic and self._endpoint.username and not self._basic:
                self._basic = True
                return True
        return False

    async def _renew(self, challenge: Challenge, scope: str) -> None:
        realm = self._realm(challenge.realm)
        wanted = [scope, *challenge.scope.split()] if challenge.error else challenge.scope.split()
        scopes = [item for item in dict.fromkeys(wanted or [scope]) if item]
        body = await self._ask(realm, challenge.service, scopes)
        try:
            answer = msgspec.json.decode(body, type=_Answer)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise RegistryAnswerInvalid(f"the token server {realm.host} gives no token") from error
        token = answer.token or answer.access_token or ""
        if not _is_token(token):
            raise RegistryAnswerInvalid(f"the token server {realm.host} gives no token")
        lifetime = min(max(answer.expires_in or 0, _DEFAULT_SECONDS), _LONGEST_SECONDS)
        if len(self._bearer) >= _MOST_SCOPES:
            self._bearer.clear()
        self._bearer[scope] = (token, self._monotonic() + lifetime - _MARGIN)
        if self._identity and answer.refresh_token and _is_token(answer.refresh_token):
            self._identity = answer.refresh_token

    async def _ask(self, realm: URL, service: str, scopes: Sequence[str]) -> bytes:
        """Ask a token server: by POST with an identity token, else by GET."""
        common = [("client_id", _CLIENT), *([("service", service)] if service else [])]
        if self._identity:
            form = [("grant_type", "refresh_token"), ("refresh_token", self._identity), *common]
            form += [("scope", " ".join(scopes))] if scopes else []
            return await self._fetch(realm, _FORM, urlencode(form).encode())
        query = [*(("scope", scope) for scope in scopes), *common]
        headers = {"Authorization": self._credentials()} if self._endpoint.username else {}
        return await self._fetch(realm.extend_query(query), headers, None)

    def _realm(self, text: str) -> URL:
        registry = URL(self._endpoint.origin)
        try:
            realm = URL(text).with_user(None)
        except ValueError as error:
            raise RegistryAnswerInvalid(
                "the registry names a token server that is no URL"
            ) from error
        own_host = self._endpoint.plain_http and realm.host == registry.host
        if not realm.host or not (realm.scheme == "https" or (realm.scheme == "http" and own_host)):
            raise RegistryUnauthorized(
                f"{registry.host} sends to the token server {text[:200]!r}, which is not trusted",
                hint="a token server must use https",
            )
        return realm

    def _credentials(self) -> str:
        pair = f"{self._endpoint.username}:{self._endpoint.password}"
        return f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"


def _is_token(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_TOKEN and text.isascii() and text.isprintable()
