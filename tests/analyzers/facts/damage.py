"""What may have happened to the bytes of a file, for tests of what reads them."""

from __future__ import annotations

from typing import Final, NamedTuple

from hypothesis import strategies as st

MOVED_BYTES: Final = 700
_PLACES: Final = st.integers(0, 2**20 - 1)
_PATCHES: Final = st.binary(min_size=1, max_size=4) | st.just(b"\xff\xff\xff\xff")


class Damage(NamedTuple):
    """Patches and where they go, then where the rest is cut off and what is put behind it.

    A place is taken modulo the length, so that one damage fits every file: a strategy that is
    made once draws some times as fast as one that is made for the file.
    """

    patches: list[tuple[int, bytes]]
    cut: int | None
    moved: int | None

    def done_to(self, content: bytes) -> bytes:
        """Return what is left of a file."""
        left = bytearray(content)
        for place, patch in self.patches:
            at = place % len(left)
            left[at : at + len(patch)] = patch
        if self.cut is not None:
            del left[self.cut % (len(left) + 1) :]
        if self.moved is not None and left:
            start = self.moved % len(left)
            left += left[start : start + MOVED_BYTES]
        return bytes(left)


_CHANGED: Final = st.lists(st.tuples(_PLACES, _PATCHES), max_size=12)
CHANGED_OR_CUT: Final = st.builds(Damage, _CHANGED, st.none() | _PLACES, st.none())
CHANGED_CUT_OR_MOVED: Final = st.builds(Damage, _CHANGED, st.none() | _PLACES, st.none() | _PLACES)
