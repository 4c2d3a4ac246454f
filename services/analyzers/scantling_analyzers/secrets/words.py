"""Words: how much of a value is made of words that people write in programs and texts.

``words.txt`` has those that occur most often in the programs and documents of a Debian system with
Python, as they were counted.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

LONGEST: Final = 14
"""Letters of the longest word that is known."""

MAX_LETTERS: Final = 128
"""Letters of a value that are looked at."""

_LETTERS: Final = re.compile(rb"[A-Z]?[a-z]{1,128}|[A-Z]{1,128}")


@cache
def known_words() -> frozenset[bytes]:
    """Return the words, in small letters, three letters and more."""
    text = files(__package__).joinpath("words.txt").read_bytes()
    return frozenset(text.split())


def coverage(value: bytes) -> float:
    """Return which share of a value's letters are parts of known words, 0 to 1.

    Words of three letters count only as a whole run of letters: chance makes them, too.
    """
    letters = covered = 0
    for run in _LETTERS.findall(value[:MAX_LETTERS]):
        letters += len(run)
        covered += _covered(run.lower())
    return covered / letters if letters else 0.0


def _covered(run: bytes) -> int:
    words = known_words()
    if run in words:
        return len(run)
    best = [0] * (len(run) + 1)
    for end in range(1, len(run) + 1):
        best[end] = best[end - 1]
        for start in range(max(0, end - LONGEST), end - 3):
            if best[start] + end - start > best[end] and run[start:end] in words:
                best[end] = best[start] + end - start
    return best[-1]
