"""The library that chooses lines finds all that patterns match: what it overlooks nobody looks at.

Wheels of hyperscan from 0.7.23 on hold a Vectorscan (5.4.12) that does not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.builders.secret_examples import Randomness

if TYPE_CHECKING:
    from collections.abc import Iterator

hyperscan = pytest.importorskip("hyperscan", reason="hyperscan has no wheel here")

PATTERNS = (
    r"a[0-9]+",
    r"[0-9]x+",
    r'"\s*=',
    r"key[0-9]+",
    r"[a-f0-9][0-9]a+",
    r"(?:ab|x)[a-c]{2,}",
)
SIGNS = b'~ abcx019"=\nkey'


def texts(source: Randomness) -> Iterator[bytes]:
    """Yield short texts, some with line breaks behind, of the signs that the patterns are about."""
    for _ in range(1500):
        size = 1 + source.number(80)
        yield bytes(SIGNS[source.number(len(SIGNS))] for _ in range(size)) + b"\n" * (size % 3)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_each_match_of_a_short_pattern_is_told(pattern: str) -> None:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=[pattern.encode()], ids=[0], elements=1, flags=[0])
    overlooked = []
    for text in texts(Randomness(pattern)):
        expected = {match.end() for match in re.finditer(pattern.encode(), text)}
        told: set[int] = set()
        database.scan(text, match_event_handler=_remember, context=told)
        if not expected <= told:
            overlooked.append(text)
    assert overlooked == []


def _remember(_number: int, _start: int, end: int, _flags: int, told: set[int]) -> None:
    told.add(end)
