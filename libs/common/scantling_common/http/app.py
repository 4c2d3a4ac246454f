"""The HTTP application that every service is: limits, headers, problems, tokens, telemetry."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

from aiohttp import web
from aiohttp.hdrs import METH_ALL
from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from scantling_common.errors import ScantlingError
from scantling_common.http.auth import IDENTITY, SCOPE_CHECKED, Authenticator
from scantling_common.http.endpoints import DEFAULT_BODY, Endpoint, Handler, Route
from scantling_common.http.messages import respond
from scantling_common.http.problems import (
    Forbidden,
    TooLarge,
    Unavailable,
    problem,
    problems_middleware,
)
from scantling_common.telemetry.metrics import NO_METRICS, Metrics

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from aiohttp.typedefs import Middleware

    Readiness = Callable[[], Awaitable[str]]

logger = logging.getLogger(__name__)
tracer = trace.get_tracer("scantling.http")

HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""Headers of every answer that does not set them itself."""

_UNSCOPED: Final = "endpoint_unscoped"


class _Unscoped(ScantlingError):
    """A handler answered without asking what the token grants."""

    code = _UNSCOPED


async def always_ready() -> str:
    """Return the empty reason: ready."""
    return ""


def build_app(
    routes: Sequence[Route],
    *,
    authenticator: Authenticator | None = None,
    readiness: Readiness = always_ready,
    exposition: Callable[[], bytes] | None = None,
    metrics: Metrics = NO_METRICS,
    statuses: Mapping[type[ScantlingError], int] | None = None,
) -> web.Application:
    """Return the application of one or several services' routes.

    ``readiness`` returns why the service is not ready, or nothing; ``exposition`` returns the
    Prometheus text of ``/metrics``; ``statuses`` maps errors of the service to HTTP statuses. Any
    route with a role needs the ``authenticator``.
    """
    largest = max((route.endpoint.max_body for route in routes), default=DEFAULT_BODY)
    app = web.Application(
        client_max_size=largest,
        middlewares=[_answer(metrics), problems_middleware(statuses or {})],
    )
    app.on_response_prepare.append(_set_headers)
    for route in routes:
        if route.endpoint.role is not None and authenticator is None:
            message = f"{route.endpoint.path} needs a token, and nobody checks it"
            raise ValueError(message)
        app.router.add_route(
            route.endpoint.method, route.endpoint.path, _guarded(route, authenticator)
        )
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _readyz(readiness))
    if exposition is not None:
        app.router.add_get("/metrics", _metrics(exposition))
    return app


async def serve(
    app: web.Application,
    host: str,
    port: int,
    *,
    sock: socket.socket | None = None,
    started: Callable[[int], None] | None = None,
    grace: float = 5.0,
) -> None:
    """Serve an application until cancelled; then answer what is under way for ``grace`` seconds.

    ``started`` is called with the port that is listened on, which differs from ``port`` where that
    is 0. A ``sock`` that listens already is used instead of a new one.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=grace)
    await runner.setup()
    try:
        site = web.SockSite(runner, sock) if sock else web.TCPSite(runner, host, port)
        await site.start()
        bound = runner.addresses[0][1]
        logger.info("listening", extra={"host": host, "port": bound})
        if started is not None:
            started(bound)
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def _guarded(route: Route, authenticator: Authenticator | None) -> Handler:
    """Return a handler behind its route's body limit, token and role."""
    declared = route.endpoint

    async def handle(request: web.Request) -> web.StreamResponse:
        limited = _limit(request, declared)
        if declared.role is None or authenticator is None:
            return await route.handler(limited)
        identity = await authenticator.identify(limited.headers.get("Authorization"))
        if not identity.may(declared.role):
            message = f"this needs the role {declared.role}; the token has {identity.role}"
            raise Forbidden(message, hint="use a token with that role")
        request[IDENTITY] = limited[IDENTITY] = identity
        response = await route.handler(limited)
        if not limited.get(SCOPE_CHECKED):
            message = f"{declared.method} {declared.path} never called require()"
            raise _Unscoped(message)
        return response

    return handle


def _limit(request: web.Request, declared: Endpoint) -> web.Request:
    if request.content_length is not None and request.content_length > declared.max_body:
        message = f"a body of {request.content_length} bytes; at most {declared.max_body} are read"
        raise TooLarge(message)
    return request.clone(client_max_size=declared.max_body)


async def _set_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Set the headers just before they are sent, so that streams have them, too."""
    response.headers["Server"] = "scantling"
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


def _answer(metrics: Metrics) -> Middleware:
    """Return the outermost middleware: span, headers, access log and metrics."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        route = _template(request)
        method = request.method if request.method in METH_ALL else "OTHER"
        begun = time.perf_counter()
        context = propagate.extract(dict(request.headers))
        with tracer.start_as_current_span(
            f"{method} {route}",
            context=context,
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method, "http.route": route},
        ) as span:
            response = await handler(request)
            span.set_attribute("http.response.status_code", response.status)
            if response.status >= 500:  # noqa: PLR2004 - server errors
                span.set_status(Status(StatusCode.ERROR))
            seconds = time.perf_counter() - begun
            metrics.observe(
                "http_request_seconds",
                seconds,
                method=method,
                route=route,
                status=str(response.status),
            )
            _log(request, response, f"{method} {route}", seconds)
            return response

    return middleware


def _template(request: web.Request) -> str:
    """Return the route as declared: the path itself may hold a webhook's secret."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unmatched"


def _log(request: web.Request, response: web.StreamResponse, route: str, seconds: float) -> None:
    identity = request.get(IDENTITY)
    quiet = route in {"GET /healthz", "GET /readyz", "GET /metrics"}
    logger.log(
        logging.DEBUG if quiet else logging.INFO,
        "request answered",
        extra={
            "route": route,
            "status": response.status,
            "seconds": round(seconds, 6),
            "token": identity.name if identity is not None else "",
        },
    )


async def _healthz(_request: web.Request) -> web.StreamResponse:
    return respond({"status": "alive"})


def _readyz(readiness: Readiness) -> Handler:
    async def handle(_request: web.Request) -> web.StreamResponse:
        reason = await readiness()
        if reason:
            return problem(Unavailable(reason), 503)
        return respond({"status": "ready"})

    return handle


def _metrics(exposition: Callable[[], bytes]) -> Handler:
    async def handle(_request: web.Request) -> web.StreamResponse:
        body = await asyncio.to_thread(exposition)
        return web.Response(
            body=body,
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    return handle
