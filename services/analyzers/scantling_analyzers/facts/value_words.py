"""Words in the line around a secret that may be values themselves, whatever they are called.

A word is shown only where it is one: made of words that people write, or short, and not behind
another one as a password is behind a user. It would rather mask a strange name than show half of a
pair of keys.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_WORD: Final = re.compile(rb"[A-Za-z0-9+/_\-.~%!@#$^*\\]{8,}(?:={1,2}(?![A-Za-z0-9]))?")
_PAIR: Final = re.compile(
    rb"(?<![\w./:@\-])([\w.\-]{1,40}:|[\w.\-]{1,40}/(?=[^\s/@]{1,64}@))"
    rb"(?![0-9]{1,40}(?![\w]))[^\s\"'`,;:/@()<>{}|=*]{4,64}(?=[\s\"'`,;@]|$)"
)
"""A user and a password, as commands and files of settings join them."""

_BETWEEN: Final = re.compile(rb"[/._\-\\@]")
_CLASSES: Final = (
    re.compile(rb"[a-z]"),
    re.compile(rb"[A-Z]"),
    re.compile(rb"[0-9]"),
    re.compile(rb"[+~%!#$^*]"),
)
_LETTER: Final = re.compile(rb"[A-Za-z]")
_LETTER_OR_DIGIT: Final = re.compile(rb"[A-Za-z0-9]")
_LONG: Final = 16
"""Bytes from which on a word that is not made of words may be a value."""

_LONG_PART: Final = 12
"""The same of a part of a word, between dots, slashes and the like."""

_SHORTEST: Final = 8
"""Bytes of the shortest word that is looked at."""
_MIXED: Final = 3
"""Kinds of characters (small, large, digits, others) of a shorter word that may be a value."""

_WORDY: Final = 0.6
"""The share of letters and digits that are parts of words, from which on it is made of words."""

_LOOKED_AT: Final = 96
"""Bytes of a word that are looked at; a longer one is masked."""


def masked_words(part: bytes, mask: bytes) -> bytes:
    """Return a part of a line in which each word that may be a value is ``mask``.

    What is masked already ends a word.
    """
    return mask.join(
        _WORD.sub(_shown(mask), _PAIR.sub(rb"\1" + mask, each)) for each in part.split(mask)
    )


def _shown(mask: bytes) -> Callable[[re.Match[bytes]], bytes]:
    return lambda word: mask if _may_be_value(word[0]) else word[0]


def _may_be_value(word: bytes) -> bool:
    if len(word) > _LOOKED_AT:
        return True
    if _is_strange(word, _LONG):
        return True
    return any(_is_strange(part, _LONG_PART) for part in _BETWEEN.split(word))


def _is_strange(word: bytes, long: int) -> bool:
    # It is loaded where a secret was found only, and that was found with it.
    from scantling_analyzers.secrets.words import coverage  # noqa: PLC0415  # as said

    kinds = sum(kind.search(word) is not None for kind in _CLASSES)
    may_be = len(word) >= long or (len(word) >= _SHORTEST and kinds >= _MIXED)
    return may_be and coverage(word) * _letters(word) < _WORDY


def _letters(word: bytes) -> float:
    """Return which share of a word's letters and digits are letters."""
    both = len(_LETTER_OR_DIGIT.findall(word))
    return len(_LETTER.findall(word)) / both if both else 0.0
