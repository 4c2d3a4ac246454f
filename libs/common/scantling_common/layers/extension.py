"""What precedes a tar entry and belongs to it: GNU long names and pax records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.layers import header, pax, sparse
from scantling_common.layers.entries import Kind
from scantling_common.layers.errors import LayerTooLarge, TarInvalid
from scantling_common.layers.escape import escape
from scantling_common.layers.header import BLOCK
from scantling_common.layers.sparse import Map

if TYPE_CHECKING:
    from scantling_common.layers.header import Buffer, Fields
    from scantling_common.layers.limits import LayerLimits

_KINDS: Final = {
    b"0": Kind.FILE,
    b"\0": Kind.FILE,
    b"7": Kind.FILE,
    b"S": Kind.FILE,
    b"1": Kind.HARD_LINK,
    b"2": Kind.SYMLINK,
    b"3": Kind.CHARACTER_DEVICE,
    b"4": Kind.BLOCK_DEVICE,
    b"5": Kind.DIRECTORY,
    b"6": Kind.FIFO,
}
_GLOBAL_KEYS: Final = frozenset({b"mtime", b"uid", b"gid"})
_NAME_ONLY: Final = frozenset({b"path", b"atime", b"ctime"})
_SPARSE_NAME: Final = b"GNU.sparse.name"


class RawEntry(msgspec.Struct):
    """One entry with everything applied that precedes it; ``name`` is not yet normalised.

    ``data`` and ``stored`` say where its blocks stand in the archive, ``content`` and ``size``
    where the file's content begins and how long it is with its holes.
    """

    name: bytes
    kind: Kind | None
    link: bytes
    mode: int
    uid: int
    gid: int
    mtime: int
    data: int
    stored: int
    content: int
    size: int
    sparse: Map | None = None
    capability: bytes = b""


class Extension:
    """Collects extension headers, and is applied to the entry that follows them."""

    def __init__(self, limits: LayerLimits) -> None:
        """Begin with nothing pending."""
        self.pending = False
        self._limits = limits
        self._globals: dict[bytes, bytes] = {}
        self._name: bytes | None = None
        self._link: bytes | None = None
        self._records: pax.Records = []
        self._regions = 0

    def __bool__(self) -> bool:
        """Say whether the next entry needs :meth:`apply`."""
        return self.pending or bool(self._globals)

    @property
    def is_sparse(self) -> bool:
        """Say whether the next entry is a sparse file whose map stands in its data."""
        return any(key == b"GNU.sparse.major" for key, _ in self._records)

    def add(self, flag: bytes, data: bytes) -> None:
        """Take one extension header: ``L``, ``K``, ``x`` (``X`` of Solaris) or ``g``."""
        if flag == b"g":
            pax.merge_global(
                self._globals, [record for record in pax.parse(data) if record[0] != b"comment"]
            )
            self._globals = {key: self._globals[key] for key in _GLOBAL_KEYS & self._globals.keys()}
            return
        self.pending = True
        if flag == b"L":
            self._name = header.text(data)
        elif flag == b"K":
            self._link = header.text(data)
        else:
            self._records = pax.parse(data)

    def only_name(self) -> bytes:
        """Return the name of the next entry where that is all that is pending, else nothing."""
        if self._globals or self._link is not None:
            return b""
        if self._name is not None:
            return b"" if self._records else self._name
        if any(key not in _NAME_ONLY for key, _ in self._records):
            return b""
        return dict(self._records).get(b"path", b"")

    def clear(self) -> None:
        """Forget what was pending."""
        self._name, self._link, self._records, self.pending = None, None, [], False

    def apply(self, buffer: Buffer, offset: int, block: bytes, fields: Fields) -> RawEntry:
        """Return the entry of a header at ``offset`` with all that was pending."""
        _, mode, uid, gid, size, mtime, _, flag, link, _ = fields
        values = self._globals | dict(self._records)
        values = {key: value for key, value in values.items() if value}
        short = header.path(block)
        kind = _KINDS.get(flag)
        if flag == b"\0" and short.endswith(b"/"):
            kind = Kind.DIRECTORY
        stored = pax.integer(values[b"size"]) if b"size" in values else header.number(size)
        if stored < 0:
            raise TarInvalid(f"the header of {escape(short[:256])} states a negative size")
        stored = stored if kind in {Kind.FILE, None} else 0
        entry = RawEntry(
            name=self._name if self._name is not None else values.get(b"path", short),
            kind=kind,
            link=self._link
            if self._link is not None
            else values.get(b"linkpath", header.text(link)),
            mode=header.number(mode),
            uid=header.owner(
                pax.integer(values[b"uid"]) if b"uid" in values else header.number(uid)
            ),
            gid=header.owner(
                pax.integer(values[b"gid"]) if b"gid" in values else header.number(gid)
            ),
            mtime=pax.integer(values[b"mtime"]) if b"mtime" in values else header.number(mtime),
            data=offset + BLOCK,
            stored=stored,
            content=offset + BLOCK,
            size=stored,
            capability=values.get(pax.CAPABILITY, b""),
        )
        if entry.kind == Kind.FILE:
            self._apply_sparse(entry, buffer, block, values, old=flag == b"S")
        self.clear()
        return entry

    def _apply_sparse(
        self,
        entry: RawEntry,
        buffer: Buffer,
        block: bytes,
        values: dict[bytes, bytes],
        *,
        old: bool,
    ) -> None:
        """Find the map of a sparse file, in any of its four forms."""
        taken = 0
        if old:
            offset = entry.data - BLOCK
            entry.sparse, entry.size, entry.data = sparse.old_gnu(
                buffer, offset, block, self._left()
            )
        elif values.get(b"GNU.sparse.major") == b"1":
            entry.sparse, taken = sparse.pax_1_0(buffer, entry.data, entry.stored, self._left())
        elif b"GNU.sparse.size" in values:
            entry.sparse = sparse.pax_map(self._records, self._left())
        if entry.sparse is None:
            return
        if not old:
            entry.name = values.get(_SPARSE_NAME, entry.name)
            real = values.get(b"GNU.sparse.realsize", values.get(b"GNU.sparse.size", b""))
            entry.size = pax.integer(real)
        entry.content = entry.data + taken
        sparse.validate(entry.sparse, entry.size, entry.stored - taken)
        self._regions += len(entry.sparse) // 2

    def _left(self) -> int:
        left = self._limits.sparse_segments - self._regions
        if left <= 0:
            raise LayerTooLarge(
                f"the sparse files have more than {self._limits.sparse_segments} regions"
            )
        return left
