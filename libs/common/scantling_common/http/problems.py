"""Problem details for HTTP APIs (RFC 9457): every error answer has a stable ``code``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, ClassVar, Final

import orjson
from aiohttp import web

from scantling_common.bus.port import BusUnavailable
from scantling_common.errors import ScantlingError
from scantling_common.store.port import StoreUnavailable
from scantling_common.store.tokens import PageTokenInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiohttp.typedefs import Handler, Middleware

logger = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"


class HttpError(ScantlingError):
    """The request can't be answered.

    ``errors`` are further details (where and what, never the value that was sent); ``retry_after``
    is in seconds.
    """

    status: ClassVar[int] = 500

    def __init__(
        self,
        message: str = "",
        *,
        hint: str = "",
        errors: Sequence[Mapping[str, str]] = (),
        retry_after: int | None = None,
    ) -> None:
        """Make the error."""
        super().__init__(message, hint=hint)
        self.errors = tuple(errors)
        self.retry_after = retry_after


class BadRequest(HttpError):
    """The request is malformed."""

    code = "bad_request"
    status = 400


class Unauthorized(HttpError):
    """The request carries no valid token."""

    code = "unauthorized"
    status = 401


class Forbidden(HttpError):
    """The token does not grant this."""

    code = "forbidden"
    status = 403


class NotFound(HttpError):
    """There is no such thing."""

    code = "not_found"
    status = 404


class Conflict(HttpError):
    """The thing is there already, or was changed in the meantime."""

    code = "conflict"
    status = 409


class TooLarge(HttpError):
    """The request body is over the limit."""

    code = "too_large"
    status = 413


class UnsupportedMedia(HttpError):
    """The request body is not JSON."""

    code = "unsupported_media_type"
    status = 415


class TooManyRequests(HttpError):
    """Too many requests."""

    code = "too_many_requests"
    status = 429


class Unavailable(HttpError):
    """The service can't answer now."""

    code = "unavailable"
    status = 503


STATUSES: Final[Mapping[type[ScantlingError], int]] = {
    StoreUnavailable: 503,
    BusUnavailable: 503,
    PageTokenInvalid: 400,
}
"""The status of errors that come from below; each service adds its own."""


def status_of(
    error: ScantlingError, statuses: Mapping[type[ScantlingError], int] = STATUSES
) -> int:
    """Return the HTTP status of an error: its own, that of its nearest ancestor, else 500."""
    if isinstance(error, HttpError):
        return error.status
    for kind in type(error).__mro__:
        if kind in statuses:
            return statuses[kind]
    return 500


def problem(error: ScantlingError, status: int) -> web.Response:
    """Return an error as a response; the text of a 500 stays in the log."""
    internal = status >= 500 and status != 503  # noqa: PLR2004 - classes of status codes
    body: dict[str, object] = {
        "type": "about:blank",
        "title": "Internal error" if internal else _title(error),
        "status": status,
        "code": error.code,
    }
    if not internal:
        body["detail"] = error.message
        if error.hint:
            body["hint"] = error.hint
    headers: dict[str, str] = {}
    if isinstance(error, HttpError):
        if error.errors:
            body["errors"] = [dict(detail) for detail in error.errors]
        if error.retry_after is not None:
            headers["Retry-After"] = str(error.retry_after)
    if status == 503:  # noqa: PLR2004
        headers.setdefault("Retry-After", "5")
    if status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = 'Bearer realm="scantling"'
    return web.Response(
        status=status,
        body=orjson.dumps(body, default=str),
        content_type=MEDIA_TYPE,
        headers=headers,
    )


def problems_middleware(
    statuses: Mapping[type[ScantlingError], int],
) -> Middleware:
    """Return the middleware that answers every error as a problem."""
    table = {**STATUSES, **statuses}

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ScantlingError as error:
            status = status_of(error, table)
            if status >= 500:  # noqa: PLR2004
                logger.exception("request failed", extra={"code": error.code, "status": status})
            return problem(error, status)
        except web.HTTPException as answer:
            if answer.status < 400:  # noqa: PLR2004
                raise
            return _from_aiohttp(answer)
        except Exception:
            logger.exception("request failed", extra={"code": "internal", "status": 500})
            return problem(ScantlingError("internal error"), 500)

    return middleware


def _from_aiohttp(answer: web.HTTPException) -> web.Response:
    by_status = {kind.status: kind for kind in HttpError.__subclasses__()}
    kind = by_status.get(answer.status)
    error = kind() if kind is not None else _Plain(answer.reason)
    response = problem(error, answer.status)
    if "Allow" in answer.headers:
        response.headers["Allow"] = answer.headers["Allow"]
    return response


class _Plain(ScantlingError):
    """The request can't be answered."""

    code = "http_error"


def _title(error: ScantlingError) -> str:
    return (type(error).__doc__ or error.code).strip().splitlines()[0].rstrip(".")
