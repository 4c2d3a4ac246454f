"""Looking through large content in bounded windows.

A view of a mapped layer can't be searched by itself, and copying a file of hundreds of
megabytes would cost as much memory: it is copied and searched piece by piece.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

WINDOW_BYTES: Final = 1024 * 1024


def windows(view: memoryview, overlap: int) -> Iterator[tuple[int, bytes]]:
    """Yield the position and the bytes of each window, with ``overlap`` bytes of both neighbours.

    What is not longer than ``overlap`` stands whole in at least one window.
    """
    for start in range(0, view.nbytes, WINDOW_BYTES):
        begin = max(0, start - overlap)
        yield begin, bytes(view[begin : start + WINDOW_BYTES + overlap])
