"""How hashes write numbers: 64 characters, in two ways (crypt(5); yescrypt, scrypt)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ALPHABET: Final = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGIT: Final = {character: value for value, character in enumerate(ALPHABET)}
_SHORT: Final = 47
"""The largest number that one character of the second way says by itself."""
_BITS: Final = 6


def fixed(text: bytes) -> int:
    """Return a number of a fixed length, lowest digit first (bsdi, scrypt)."""
    return sum(_DIGIT[character] << _BITS * place for place, character in enumerate(text))


def fixed_text(number: int, length: int) -> bytes:
    """Return a number in ``length`` characters, lowest digit first."""
    return bytes(ALPHABET[number >> _BITS * place & 63] for place in range(length))


def variable(text: bytes) -> Iterator[int]:
    """Yield numbers whose first character says how long each is (yescrypt).

    The first 48 characters are numbers themselves; the rest is halved again and again, each half
    for numbers of one character more. Ends where the text does. Raises ``ValueError`` where that
    is in the middle of a number.
    """
    place = 0
    while place < len(text):
        first = _DIGIT[text[place]]
        number, start, end, length = 0, 0, _SHORT, 1
        while first > end:
            number += end + 1 - start << _BITS * (length - 1)
            start, end = end + 1, end + 1 + (62 - end) // 2
            length += 1
        number += first - start << _BITS * (length - 1)
        rest = text[place + 1 : place + length]
        if len(rest) < length - 1:
            message = "a number is cut off"
            raise ValueError(message)
        for digit, character in enumerate(rest):
            number += _DIGIT[character] << _BITS * (length - 2 - digit)
        yield number
        place += length
