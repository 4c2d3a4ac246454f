"""Request bodies and queries into models, models into responses."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ValidationError

from scantling_common.http.problems import BadRequest, UnsupportedMedia

if TYPE_CHECKING:
    from collections.abc import Mapping

M = TypeVar("M", bound=BaseModel)


async def read_body(request: web.Request, model: type[M]) -> M:
    """Return the JSON body of a request.

    Raises :class:`UnsupportedMedia`, :class:`BadRequest` with each error's place, or ``TooLarge``.
    """
    if request.content_type != "application/json":
        message = f"the body is {request.content_type}, not application/json"
        raise UnsupportedMedia(message)
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        raise _bad("the request body is not valid", error) from error


def read_query(request: web.Request, model: type[M]) -> M:
    """Return the query of a request; a parameter given twice is refused.

    Raises :class:`BadRequest`.
    """
    repeated = [
        name
        for name, count in Counter(name for name, _ in request.query.items()).items()
        if count > 1
    ]
    if repeated:
        errors = [{"where": name[:64], "what": "given twice"} for name in sorted(repeated)[:20]]
        message = "a query parameter was given twice"
        raise BadRequest(message, errors=errors)
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise _bad("the query is not valid", error) from error


def respond(
    body: BaseModel | Mapping[str, object],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Return a model, or a plain mapping, as a JSON response."""
    plain = body.model_dump(mode="json") if isinstance(body, BaseModel) else body
    return web.Response(
        status=status,
        body=orjson.dumps(plain),
        content_type="application/json",
        headers=headers,
    )


def _bad(message: str, error: ValidationError) -> BadRequest:
    details = error.errors(include_url=False, include_context=False, include_input=False)
    errors = [
        {"where": ".".join(str(part)[:64] for part in detail["loc"][:16]), "what": detail["msg"]}
        for detail in details[:20]
    ]
    return BadRequest(message, errors=errors)
