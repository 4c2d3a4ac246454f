"""Bearer tokens (RFC 6750) with a role and a project.

A token is known by its SHA-256 only. Looking it up is an exact match of that hash, so that the
time it takes tells nothing of any stored token; the compare afterwards is constant-time.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Literal, get_args

import msgspec
from aiohttp import web

from scantling_common.http.problems import Forbidden, Unauthorized
from scantling_common.records.reporter import TOKENS, Token
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.store.port import Store

Role = Literal["viewer", "operator", "admin"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
"""All roles; each may do what those before it may."""

EVERY_PROJECT: Final = "*"
PREFIX: Final = "sct_"
"""What every token that we make begins with, so that redactors and scanners know it."""

CACHE_SECONDS: Final = 5.0
"""How long a withdrawn token may still be good."""

_CACHE_SIZE: Final = 1024
_LONGEST: Final = 256
_UNKNOWN_HINT: Final = "send Authorization: Bearer with a token of this server"


class Identity(msgspec.Struct, frozen=True):
    """Who asks: the token's id, name, role and project (an id, or ``*``)."""

    id: str
    name: str
    role: Role
    project: str

    def may(self, role: Role) -> bool:
        """Tell whether the role is at least the given one."""
        return ROLES.index(self.role) >= ROLES.index(role)

    def sees(self, project: str) -> bool:
        """Tell whether the grant covers a project; only a grant for all covers ``*``."""
        return self.project in {EVERY_PROJECT, project}


def token_id(token: str) -> str:
    """Return the id under which a token is stored: its SHA-256 in hexadecimal."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_token() -> str:
    """Return a new token with 256 bits of randomness."""
    return PREFIX + secrets.token_urlsafe(32)


def token_record(
    token: str, *, name: str, role: Role, project: str, now: int, created_by: str = ""
) -> Token:
    """Return the record of a token; ``now`` is in milliseconds since the epoch."""
    return Token(
        id=token_id(token),
        name=name,
        role=role,
        project=project,
        created_at=now,
        created_by=created_by,
    )


IDENTITY: Final = web.RequestKey("identity", Identity)
"""Where a request carries who asks."""

SCOPE_CHECKED: Final = web.RequestKey("scope_checked", bool)
"""Set once a handler has asked what the token grants."""


class Authenticator:
    """Finds out whose token a request carries; remembers answers for at most 5 s."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Read tokens from a store."""
        self._tokens = Repository(store, TOKENS, Token)
        self._clock = clock
        self._cache: OrderedDict[str, tuple[float, Identity | None]] = OrderedDict()

    async def identify(self, authorization: str | None) -> Identity:
        """Return who sends an ``Authorization`` header. Raises :class:`Unauthorized`."""
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or len(token) > _LONGEST:
            raise Unauthorized(hint=_UNKNOWN_HINT)
        identity = await self._known(token_id(token))
        if identity is None:
            raise Unauthorized(hint=_UNKNOWN_HINT)
        return identity

    def forget(self) -> None:
        """Drop what is remembered, after a token was withdrawn in this process."""
        self._cache.clear()

    async def _known(self, id_: str) -> Identity | None:
        now = self._clock.monotonic()
        cached = self._cache.get(id_)
        if cached is not None and now - cached[0] < CACHE_SECONDS:
            return cached[1]
        record = await self._tokens.get(id_)
        identity = None
        if record is not None and hmac.compare_digest(record.id, id_) and record.role in ROLES:
            identity = Identity(record.id, record.name, record.role, record.project)
        self._cache[id_] = (now, identity)
        self._cache.move_to_end(id_)
        while len(self._cache) > _CACHE_SIZE:
            self._cache.popitem(last=False)
        return identity


def identity_of(request: web.Request) -> Identity:
    """Return who asks. Raises :class:`Unauthorized` on a route that takes no token."""
    identity: Identity | None = request.get(IDENTITY)
    if identity is None:
        raise Unauthorized(hint=_UNKNOWN_HINT)
    return identity


def require(request: web.Request, role: Role, project: str | None = None) -> Identity:
    """Return who asks, if the token grants a role in a project.

    ``*`` as the project needs a grant for all. None checks the role alone: the caller must then
    keep to what :meth:`Identity.sees`. Every handler behind a token must call this, or its answer
    is withheld. Raises :class:`Unauthorized` or :class:`Forbidden`.
    """
    identity = identity_of(request)
    request[SCOPE_CHECKED] = True
    if not identity.may(role):
        message = f"this needs the role {role}; the token has {identity.role}"
        raise Forbidden(message, hint="use a token with that role")
    if project is not None and not identity.sees(project):
        message = f"the token is for project {identity.project}, not for {project}"
        raise Forbidden(message, hint="use a token of that project")
    return identity
