"""Error answers of the sample registry (distribution-spec, *Error Codes*)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from scantling.sample.shelf import DigestWrong, ShelfError, ShelfFull

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

_STATUSES: Final[dict[type[ShelfError], int]] = {DigestWrong: 400, ShelfFull: 413}


class Refused(Exception):
    """The request can't be answered; ``code`` is one of the specification's."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        """Say why."""
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class NotThere(Refused):
    """There is no such thing."""

    def __init__(self, code: str, message: str) -> None:
        """Say what."""
        super().__init__(code, message, status=404)


@web.middleware
async def failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what is wrong with a request into the specification's answer."""
    try:
        return await handler(request)
    except Refused as refusal:
        return problem(refusal.status, refusal.code, refusal.message)
    except ShelfError as error:
        return problem(_STATUSES.get(type(error), 400), error.code, str(error))


def problem(status: int, code: str, message: str) -> web.Response:
    """Return an error answer."""
    body = {"errors": [{"code": code, "message": message, "detail": None}]}
    return web.json_response(body, status=status)
