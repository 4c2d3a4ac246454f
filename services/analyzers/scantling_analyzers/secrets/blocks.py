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
_FURTHER_LINES: Final = re.compile(
    rb"(?:\r?\n[ \t]{0,40}[A-Za-z0-9+/]{40,160}+(?=\r?\n|\Z))*+"
    rb"(?:\r?\n[ \t]{0,40}[A-Za-z0-9+/]{4,160}+={0,2}(?=[\s\"'\\]|\Z))?"
)
"""Lines of base 64 behind the first one, as programs wrap it; the last may be shorter."""
_JWK_AROUND: Final = 4096
_BESIDE: Final = 640
_LINES_BESIDE: Final = 3
"""Bytes and further lines on each side of the id of a key in which its secret is."""

_AWS_SECRET: Final = re.compile(
    rb"(?<![A-Za-z0-9+/])(?=[A-Za-z0-9+/]{0,39}[0-9])(?=[A-Za-z0-9+/]{0,39}[a-z])"
    rb"(?=[A-Za-z0-9+/]{0,39}[A-Z])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])"
)


def block(rule: Rule, text: bytes, match: re.Match[bytes]) -> Candidate:
    """Return the block that begins where ``match`` is, or at least its first line.

    It is empty where a secret should be beside something else, and is not.
    """
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


def _wrapped(text: bytes, match: re.Match[bytes]) -> tuple[int, int]:
    start, end = match.span("value")
    found = _FURTHER_LINES.match(text, end, end + MAX_BLOCK)
    return start, found.end() if found else end


def _jwk(text: bytes, match: re.Match[bytes]) -> tuple[int, int]:
    start, end = match.span("value")
    opened = text.rfind(b"{", max(0, start - _JWK_AROUND), start)
    closed = text.find(b"}", end, end + _JWK_AROUND)
    if opened < 0 or closed < 0:
        return start, end
    return opened, closed + 1


def _beside_id(text: bytes, match: re.Match[bytes]) -> tuple[int, int]:
    """Return the secret key of AWS that stands beside the id of a key, behind it or before."""
    start, end = match.span("value")
    last = end
    for _ in range(_LINES_BESIDE + 1):
        found = text.find(b"\n", last, end + _BESIDE)
        last = found + 1 if found >= 0 else min(len(text), end + _BESIDE)
    first = start
    for _ in range(_LINES_BESIDE + 1):
        first = max(text.rfind(b"\n", max(0, start - _BESIDE), first), start - _BESIDE, 0)
    found_behind = _AWS_SECRET.search(text, end, last)
    if found_behind is not None:
        return found_behind.span()
    before = [found.span() for found in _AWS_SECRET.finditer(text, first, start)]
    return before[-1] if before else (start, start)


_FINDERS: Final[dict[str, Callable[[bytes, re.Match[bytes]], tuple[int, int]]]] = {
    "pem": _pem,
    "putty": _putty,
    "jwk": _jwk,
    "aws": _beside_id,
    "wrapped": _wrapped,
}
