"""Blocks: secrets of several lines, from the line that begins one to where it ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.secrets.candidate import Candidate

if TYPE_CHECKING:
    from collections.abc import Callable

    from scantling_analyzers.secrets.rule import Rule

MAX_BLOCK: Final = 32_768
"""Bytes of a block; the key of RSA with 16,384 bits has 13,000."""

_END: Final = re.compile(rb"-{4,6} ?END [A-Z0-9 ]{1,48}-{4,6}")
_PUTTY_END: Final = re.compile(rb"Private-MAC: ?[0-9a-fA-F]{8,64}")
_JWK_AROUND: Final = 4096


def block(rule: Rule, text: bytes, match: re.Match[bytes]) -> Candidate:
    """Return the block that begins where ``match`` is, or at least its first line."""
    start, end = _FINDERS[rule.block](text, match)
    return Candidate(rule=rule, start=start, end=end, value=text[start:end])


def _pem(text: bytes, match: re.Match[bytes]) -> tuple[int, int]:
    return _to_end(_END, text, match)


def _putty(text: bytes, match: re.Match[bytes]) -> tuple[int, int]:
    return _to_end(_PUTTY_END, text, match)


def _to_end(pattern: re.Pattern[bytes], text: bytes, match: re.Match[bytes]) -> tuple[int, int]:
    start, first = match.span("value")
    again = text.find(match["value"], first, first + MAX_BLOCK)
    found = pattern.search(text, first, again if again >= 0 else first + MAX_BLOCK)
    return start, found.end() if found else first


def _jwk(text: bytes, match: re.Match[bytes]) -> tuple[int, int]:
    start, end = match.span("value")
    opened = text.rfind(b"{", max(0, start - _JWK_AROUND), start)
    closed = text.find(b"}", end, end + _JWK_AROUND)
    if opened < 0 or closed < 0:
        return start, end
    return opened, closed + 1


_FINDERS: Final[dict[str, Callable[[bytes, re.Match[bytes]], tuple[int, int]]]] = {
    "pem": _pem,
    "putty": _putty,
    "jwk": _jwk,
}
