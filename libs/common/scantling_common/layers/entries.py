"""What a tar walk yields: columns, one row for each entry, in archive order."""

from __future__ import annotations

from array import array
from enum import IntEnum
from itertools import accumulate
from typing import TYPE_CHECKING, NoReturn

import msgspec

from scantling_common.layers.errors import LayerTooLarge
from scantling_common.layers.limits import DEFAULT_LIMITS, LayerLimits
from scantling_common.layers.paths import PathProblem

if TYPE_CHECKING:
    from scantling_common.layers.sparse import Map


class Kind(IntEnum):
    """What an entry is; the values are the digits of the ustar type flag."""

    FILE = 0
    HARD_LINK = 1
    SYMLINK = 2
    CHARACTER_DEVICE = 3
    BLOCK_DEVICE = 4
    DIRECTORY = 5
    FIFO = 6


class HostileEntry(msgspec.Struct, frozen=True):
    """An entry that addresses nothing inside the layer, or can't be what it says.

    ``name`` is as it stands in the archive, cut to 256 bytes.
    """

    name: bytes
    problem: PathProblem


Row = tuple[bytes, int, int, int, int, int, int, int]
"""path, kind, mode, uid, gid, size, mtime, offset of the data."""


class Entries:
    """Columns under construction: paths are normalised, sizes are the files' own.

    ``links`` has the target of each link as written, ``sparse`` the data regions of each
    sparse file, ``capabilities`` the raw ``security.capability`` of each file that has it.
    ``terminated`` says whether the archive had its end marker.
    """

    def __init__(self, limits: LayerLimits = DEFAULT_LIMITS) -> None:
        """Begin without any entry."""
        self.paths: list[bytes] = []
        self.kinds = bytearray()
        self.modes = array("H")
        self.uids = array("I")
        self.gids = array("I")
        self.sizes = array("q")
        self.mtimes = array("q")
        self.offsets = array("q")
        self.links: dict[int, bytes] = {}
        self.sparse: dict[int, Map] = {}
        self.capabilities: dict[int, bytes] = {}
        self.hostile: list[HostileEntry] = []
        self.hostile_count = 0
        self.terminated = False
        self._limits = limits
        self._name_bytes = 0

    def __len__(self) -> int:
        """Return the number of entries that have a path."""
        return len(self.paths)

    def extend(self, rows: list[Row]) -> None:
        """Add rows, and empty the list.

        Raises :class:`LayerTooLarge` beyond the number of entries or the bytes of all names;
        the rows before are added.
        """
        if not rows:
            return
        paths, kinds, modes, uids, gids, sizes, mtimes, offsets = zip(*rows, strict=True)
        name_bytes = self._name_bytes + sum(map(len, paths))
        if name_bytes > self._limits.names_bytes or len(rows) > self._room:
            self._fill(rows)
        self._name_bytes = name_bytes
        self.paths.extend(paths)
        self.kinds.extend(kinds)
        self.modes.extend(modes)
        self.uids.extend(uids)
        self.gids.extend(gids)
        self.sizes.extend(sizes)
        self.mtimes.extend(mtimes)
        self.offsets.extend(offsets)
        rows.clear()

    @property
    def _room(self) -> int:
        return max(0, self._limits.entries - len(self.paths) - self.hostile_count)

    def _fill(self, rows: list[Row]) -> NoReturn:
        """Add those of too many rows that are within the limits, and raise for the others."""
        named = accumulate((len(row[0]) for row in rows), initial=self._name_bytes)
        room = self._room
        fitting = sum(names <= self._limits.names_bytes for names in named) - 1
        if fitting < min(room, len(rows)):
            error = LayerTooLarge(
                f"the layer's names take more than {self._limits.names_bytes:,} bytes"
            )
        else:
            error = LayerTooLarge(
                f"the layer has more than {self._limits.entries:,} entries",
                hint="raise the limit on entries if this image is wanted",
            )
        within = rows[: min(fitting, room)]
        rows.clear()
        self.extend(within)
        raise error

    def end_before(self, offset: int | None) -> None:
        """Leave out the last entry if its content stands there, and what is said of no entry."""
        if self.offsets and self.offsets[-1] == offset:
            for column in (self.paths, self.kinds, self.modes, self.uids, self.gids):
                column.pop()
            for column in (self.sizes, self.mtimes, self.offsets):
                column.pop()
        count = len(self.paths)
        for said in (self.links, self.sparse, self.capabilities):
            for row in [row for row in said if row >= count]:
                del said[row]

    def refuse(self, name: bytes, problem: PathProblem) -> None:
        """Record an entry that is not addressable; the first ``hostile_entries`` keep a name."""
        self.hostile_count += 1
        if self.hostile_count > self._limits.entries:
            raise LayerTooLarge(f"the layer has more than {self._limits.entries:,} entries")
        if len(self.hostile) < self._limits.hostile_entries:
            self.hostile.append(HostileEntry(name[:256], problem))
