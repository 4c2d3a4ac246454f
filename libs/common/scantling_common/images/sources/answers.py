"""Reading a registry's answers within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.images.errors import RegistryAnswerInvalid
from scantling_common.layers.escape import escape_text

if TYPE_CHECKING:
    import aiohttp

_PIECE: Final = 64 * 1024
_LONGEST_REASON: Final = 200


class _Error(msgspec.Struct):
    code: str = ""
    message: str = ""


class _Errors(msgspec.Struct):
    errors: list[_Error] = []


async def read_bounded(
    response: aiohttp.ClientResponse, limit: int, *, truncate: bool = False
) -> bytes:
    """Return the body of at most ``limit`` bytes; beyond, cut it or raise an error."""
    pieces = bytearray()
    async for piece in response.content.iter_chunked(_PIECE):
        pieces += piece
        if len(pieces) > limit:
            if truncate:
                return bytes(pieces[:limit])
            raise RegistryAnswerInvalid(f"the registry's answer has more than {limit:,} bytes")
    return bytes(pieces)


def stated_reason(body: bytes) -> str:
    """Return what a registry says went wrong (distribution-spec, error codes), with a colon."""
    try:
        errors = msgspec.json.decode(body, type=_Errors).errors
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return ""
    if not errors:
        return ""
    text = " ".join(filter(None, (errors[0].code, errors[0].message)))
    return f": {escape_text(text[:_LONGEST_REASON])}"
