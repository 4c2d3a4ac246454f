"""Values as PHP's ``serialize`` writes them (php.net, *serialize*), arrays and scalars only.

Nothing is constructed: an object or a reference ends the reading.
"""

from __future__ import annotations

import re
from typing import Final

from scantling_analyzers.contract import Unreadable

MAX_DEPTH: Final = 64
MAX_VALUES: Final = 500_000

Value = bytes | dict[bytes, "Value"]
"""Scalars are their text, null is empty; keys of arrays are text too."""

_TOKEN: Final = re.compile(
    rb"(?P<end>\})|(?P<null>N);|[bid]:(?P<scalar>[^;:{}\"]{1,64});|s:(?P<size>[0-9]{1,9}):\""
    rb"|a:(?P<count>[0-9]{1,9}):\{"
)


def parse(content: bytes) -> Value:
    """Return the value that the content begins with.

    Raises :class:`Unreadable` (``malformed``, ``truncated``, ``nested_too_deep``, ``too_many``,
    ``unsupported_format`` for objects and references).
    """
    arrays = _Arrays()
    position = 0
    for _ in range(MAX_VALUES):
        token = _TOKEN.match(content, position)
        if token is None:
            raise _unreadable(content, position)
        position = token.end()
        if token["end"]:
            arrays.close()
        elif token["count"]:
            arrays.open()
        elif token["size"]:
            end = position + int(token["size"])
            if content[end : end + 2] != b'";':
                code = "truncated" if end + 2 > len(content) else "malformed"
                raise Unreadable("a serialized string has another size", code=code)
            arrays.put(content[position:end])
            position = end + 2
        else:
            arrays.put(token["scalar"] or b"")
        if arrays.done:
            return arrays.root
    raise Unreadable(f"more than {MAX_VALUES} serialized values", code="too_many")


class _Arrays:
    """The arrays that are open, the outermost first, and the key that waits for its value."""

    def __init__(self) -> None:
        self._top: dict[bytes, Value] = {}
        self._open: list[dict[bytes, Value]] = [self._top]
        self._key: bytes | None = b""

    @property
    def done(self) -> bool:
        """Say whether the outermost value is complete."""
        return len(self._open) == 1 and self._key is None

    @property
    def root(self) -> Value:
        """Return the outermost value."""
        return self._top[b""]

    def put(self, scalar: bytes) -> None:
        """Take a key, or the value of the one before."""
        if self._key is None:
            self._key = scalar
        else:
            self._open[-1][self._key] = scalar
            self._key = None

    def open(self) -> None:
        """Take an array as the value of the key before."""
        if self._key is None:
            raise Unreadable("an array as the key of an array", code="malformed")
        if len(self._open) > MAX_DEPTH:
            raise Unreadable(f"arrays nested over {MAX_DEPTH} deep", code="nested_too_deep")
        array: dict[bytes, Value] = {}
        self._open[-1][self._key] = array
        self._open.append(array)
        self._key = None

    def close(self) -> None:
        """End the innermost array."""
        if self._key is not None or len(self._open) == 1:
            raise Unreadable("a serialized array ends in the middle", code="malformed")
        self._open.pop()


def _unreadable(content: bytes, position: int) -> Unreadable:
    if position >= len(content):
        return Unreadable("the serialized value is cut off", code="truncated")
    if content[position : position + 1] in b"OCErR":
        message = "a serialized object or reference, which is not read"
        return Unreadable(message, code="unsupported_format")
    return Unreadable(f"no serialized value at byte {position}", code="malformed")
