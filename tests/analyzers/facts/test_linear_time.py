"""The time that a reader takes grows with its file, not with the square of it.

Each content is what makes some parser look at the same bytes again and again: at half a megabyte a
quadratic one takes hours, a linear one a second.
"""

from __future__ import annotations

import time
from typing import Final

import pytest

from scantling_analyzers.contract import kind_of
from scantling_analyzers.facts.catalogue import READERS
from tests.analyzers.facts.files import Found
from tests.analyzers.facts.seeds import READER_OF, SEEDS

SIZE: Final = 512 * 1024
SECONDS: Final = 10.0
"""Of the processor; some ten times what the slowest takes."""

PIECES: Final = (
    *(b"\n", b" ", b"\t", b"\\", b'"', b"'", b"=", b":", b"-", b".", b"/", b"a", b"\0", b"\xff"),
    *(b'"\\', b"'\\"),
    *(b"[", b"{", b"<", b"(", b"%", b"a=", b"a: ", b"a\n", b"a:\n", b"\\\n", b"\r\n ", b" \n\n"),
    *(b"PK\x05\x06", b"PK\x01\x02", b"/*", b"<!--", b"--", b"<a>", b"${a}", b'{"a":', b"<<'a'"),
    # Followed by what ends it badly.
    *(b"A=" + b" " * (SIZE // 2) + b'"x', b'"' + b"\\" * (SIZE // 2 + 1)),
)
_BY_NAME: Final = {kind_of(reader.name): reader for reader in READERS}


@pytest.mark.parametrize("path", sorted(READER_OF))
def test_repetitions_take_linear_time(path: str) -> None:
    seed = SEEDS[path]
    reader = _BY_NAME[READER_OF[path]]
    for piece in PIECES:
        run = piece * (SIZE // len(piece))
        middle = len(seed) // 2
        for content in (run, seed + run, seed[:middle] + run + seed[middle:]):
            begun = time.process_time()
            Found(reader, {path: content}, path)
            assert time.process_time() - begun < SECONDS, piece


@pytest.mark.parametrize("path", sorted(READER_OF))
def test_a_file_repeated_takes_linear_time(path: str) -> None:
    content = SEEDS[path] * (SIZE // len(SEEDS[path]) + 1)
    begun = time.process_time()
    Found(_BY_NAME[READER_OF[path]], {path: content}, path)
    assert time.process_time() - begun < SECONDS
