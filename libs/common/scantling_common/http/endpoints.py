"""Routes as they are declared: path, role and models, from which OpenAPI is generated."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeVar

from aiohttp import web

from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from scantling_common.http.auth import Role

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
F = TypeVar("F", bound=Callable[..., Awaitable[web.StreamResponse]])

DEFAULT_BODY: Final = 1024 * 1024
"""The largest request body in bytes where a route says nothing else."""

_MARK: Final = "__scantling_endpoint__"


class EndpointMisuse(ScantlingError):
    """A route is declared wrongly: a defect of ours."""

    code = "endpoint_misuse"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """What a route declares.

    ``role`` is the least role that the token must have, None where no token is asked for;
    ``status`` is that of success; ``max_body`` is in bytes; ``media_type`` is that of a response
    without a model.
    """

    method: Method
    path: str
    summary: str
    role: Role | None = None
    request: type[BaseModel] | None = None
    response: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    status: int = 200
    media_type: str = "application/json"
    max_body: int = DEFAULT_BODY


class Route(NamedTuple):
    """A declared route and what handles it."""

    endpoint: Endpoint
    handler: Handler


def endpoint(
    method: Method,
    path: str,
    *,
    summary: str,
    role: Role | None = None,
    request: type[BaseModel] | None = None,
    response: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    status: int = 200,
    media_type: str = "application/json",
    max_body: int = DEFAULT_BODY,
) -> Callable[[F], F]:
    """Declare that a function or method handles a route; see :class:`Endpoint`.

    Raises :class:`EndpointMisuse` for a route under ``/api/`` without a role.
    """
    if path.startswith("/api/") and role is None:
        message = f"{method} {path} declares no role"
        raise EndpointMisuse(message)
    declared = Endpoint(
        method=method,
        path=path,
        summary=summary,
        role=role,
        request=request,
        response=response,
        query=query,
        status=status,
        media_type=media_type,
        max_body=max_body,
    )

    def mark(handler: F) -> F:
        setattr(handler, _MARK, declared)
        return handler

    return mark


def routes_of(*sources: object) -> list[Route]:
    """Return the declared routes of functions and of objects with such methods.

    Raises :class:`EndpointMisuse` where a source declares none, or two declare the same.
    """
    routes = [route for source in sources for route in _routes_in(source)]
    seen: set[tuple[str, str]] = set()
    for route in routes:
        key = (route.endpoint.method, route.endpoint.path)
        if key in seen:
            message = f"{key[0]} {key[1]} is declared twice"
            raise EndpointMisuse(message)
        seen.add(key)
    return routes


def _routes_in(source: object) -> list[Route]:
    declared = getattr(source, _MARK, None)
    if callable(source) and isinstance(declared, Endpoint):
        return [Route(declared, source)]
    found = [
        Route(getattr(member, _MARK), getattr(source, name))
        for name, member in _members(type(source))
        if isinstance(getattr(member, _MARK, None), Endpoint)
    ]
    if not found:
        message = f"{source!r} declares no route"
        raise EndpointMisuse(message)
    return found


def _members(kind: type) -> Iterable[tuple[str, object]]:
    """Return functions in the order of their definition, base classes first, overrides once."""
    names = {name: None for base in reversed(kind.__mro__) for name in vars(base)}
    return [
        (name, member)
        for name in names
        if inspect.isfunction(member := inspect.getattr_static(kind, name, None))
    ]
