"""The directory of a 7z archive (``7zFormat.txt`` of 7-Zip): where files are, and how packed.

Nothing is believed: each count is bounded by what is there to be counted, each size is a limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

_END, _HEADER, _PROPERTIES, _ADDITIONAL, _STREAMS, _FILES, _PACKED, _FOLDERS, _PARTS = range(9)
_SIZES, _SUMS, _FOLDER, _FOLDER_SIZES, _COUNTS, _EMPTY = range(9, 15)
_NAMES: Final = 17
ENCODED: Final = 23
"""How a directory begins that is packed itself; a plain one begins with 1."""

MOST_CODERS: Final = 16
_MOST_STREAMS: Final = 32
_LONGEST_NAME: Final = 4096


class Coder(NamedTuple):
    """A step of packing: its method and properties, and how many streams it takes and gives."""

    method: bytes
    properties: bytes
    inputs: int
    outputs: int


class Part(NamedTuple):
    """One file of a folder: its size, and CRC-32 where that is told."""

    size: int
    crc: int | None


class Folder(NamedTuple):
    """Files that are packed together.

    ``steps`` are the coders in the order of unpacking with the size of what each gives, none where
    they are no chain from one packed stream, which lies at ``offset``.
    """

    coders: tuple[Coder, ...]
    steps: tuple[tuple[Coder, int], ...]
    offset: int
    packed: int
    size: int
    parts: tuple[Part, ...]


class Directory(NamedTuple):
    """The folders of an archive and the names of their files, one for each part, in order."""

    folders: tuple[Folder, ...]
    names: tuple[bytes, ...]


class _Layout(NamedTuple):
    """A folder before it is known where it lies: its coders and which streams are bound."""

    coders: tuple[Coder, ...]
    bound: dict[int, int]
    inputs: tuple[int, ...]


class _Bytes:
    """Reads numbers in their order; raises :class:`Unreadable` at the end."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise _damaged()
        self._at += size
        return self._data[self._at - size : self._at]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        """Read a number, of which the first byte tells by its leading ones how long it is."""
        first = self.byte()
        more = next((n for n in range(8) if not first & 0x80 >> n), 8)
        high = first & (0x7F >> more)
        return int.from_bytes(self.take(more), "little") | high << 8 * more

    def count(self, most: int) -> int:
        """Read how many of something follow."""
        found = self.number()
        if found > most:
            raise Unreadable(f"the archive states {found}, {most} are read", code="too_many")
        return found

    def bits(self, count: int) -> list[bool]:
        raw = self.take((count + 7) // 8)
        return [bool(raw[n // 8] & 0x80 >> n % 8) for n in range(count)]

    def sums(self, count: int) -> list[int | None]:
        """Read checksums, of which some may not be there."""
        told = [True] * count if self.byte() else self.bits(count)
        return [int.from_bytes(self.take(4), "little") if each else None for each in told]

    def expect(self, kind: int) -> None:
        if self.number() != kind:
            raise _damaged()


def read_directory(data: bytes, most: int) -> Directory:
    """Read a directory that is not packed, of at most so many files.

    Raises :class:`Unreadable` (``malformed``, ``too_many``, ``unsupported_format``).
    """
    source = _Bytes(data)
    source.expect(_HEADER)
    folders: tuple[Folder, ...] = ()
    names: tuple[bytes, ...] = ()
    while (kind := source.number()) != _END:
        if kind == _PROPERTIES:
            _pass_over(source)
        elif kind == _STREAMS:
            folders = read_streams(source, most)
        elif kind == _FILES:
            names = tuple(_files(source, most))
        elif kind == _ADDITIONAL:
            message = "the archive's directory is of a kind that no packer writes"
            raise Unreadable(message, code="unsupported_format")
        else:
            raise _damaged()
    if len(names) != sum(len(folder.parts) for folder in folders):
        raise _damaged()
    return Directory(folders, names)


def read_packed(data: bytes) -> Folder:
    """Read what tells where a directory is that is packed itself; raises :class:`Unreadable`."""
    source = _Bytes(data)
    source.expect(ENCODED)
    folders = read_streams(source, 1)
    if len(folders) != 1 or len(folders[0].parts) != 1:
        raise _damaged()
    return folders[0]


def read_streams(source: _Bytes, most: int) -> tuple[Folder, ...]:
    """Read what folders there are, with at most so many files together."""
    start, packed = 0, list[int]()
    layouts: list[_Layout] = []
    sizes: list[list[int]] = []
    sums: list[int | None] = []
    parts: list[tuple[Part, ...]] | None = None
    while (kind := source.number()) != _END:
        if kind == _PACKED:
            start, packed = _packed(source)
        elif kind == _FOLDERS and not layouts and parts is None:
            layouts, sizes, sums = _folders(source)
        elif kind == _PARTS and parts is None:
            parts = _parts(
                source, [each[_last(n)] for n, each in zip(layouts, sizes, strict=True)], sums, most
            )
        else:
            raise _damaged()
    whole = [size[_last(n)] for n, size in zip(layouts, sizes, strict=True)]
    if parts is None or not layouts:
        parts = [(Part(size, crc),) for size, crc in zip(whole, sums, strict=True)]
    return tuple(_placed(layouts, sizes, whole, parts, packed, start))


def _placed(
    layouts: list[_Layout],
    sizes: list[list[int]],
    whole: list[int],
    parts: list[tuple[Part, ...]],
    packed: list[int],
    start: int,
) -> Iterator[Folder]:
    at = 0
    for layout, of_layout, size, of_folder in zip(layouts, sizes, whole, parts, strict=True):
        streams = packed[at : at + len(layout.inputs)]
        if len(streams) < len(layout.inputs):
            raise _damaged()
        at += len(streams)
        steps = tuple(_chain(layout, of_layout)) if len(streams) == 1 else ()
        yield Folder(layout.coders, steps, start, sum(streams), size, of_folder)
        start += sum(streams)


def _chain(layout: _Layout, sizes: list[int]) -> Iterator[tuple[Coder, int]]:
    """Yield coders in the order of unpacking: where each has one stream, that has its number."""
    if any(coder.inputs != 1 or coder.outputs != 1 for coder in layout.coders):
        return
    at: int | None = layout.inputs[0]
    for _ in layout.coders:
        if at is None:
            raise _damaged()
        yield layout.coders[at], sizes[at]
        at = layout.bound.get(at)


def _last(layout: _Layout) -> int:
    """Return which stream comes out of all coders: it goes into none."""
    outputs = sum(coder.outputs for coder in layout.coders)
    return next((n for n in range(outputs) if n not in layout.bound), 0)


def _packed(source: _Bytes) -> tuple[int, list[int]]:
    start = source.number()
    count = source.count(source.left)
    sizes: list[int] = []
    while (kind := source.number()) != _END:
        if kind == _SIZES:
            sizes = [source.number() for _ in range(count)]
        elif kind == _SUMS:
            source.sums(count)
        else:
            raise _damaged()
    return start, sizes


def _folders(source: _Bytes) -> tuple[list[_Layout], list[list[int]], list[int | None]]:
    source.expect(_FOLDER)
    count = source.count(source.left)
    if source.byte():
        raise _damaged()
    layouts = [_layout(source) for _ in range(count)]
    source.expect(_FOLDER_SIZES)
    sizes = [
        [source.number() for _ in range(sum(coder.outputs for coder in layout.coders))]
        for layout in layouts
    ]
    sums: list[int | None] = [None] * count
    while (kind := source.number()) != _END:
        if kind != _SUMS:
            raise _damaged()
        sums = source.sums(count)
    return layouts, sizes, sums


def _layout(source: _Bytes) -> _Layout:
    count = source.count(MOST_CODERS)
    coders = tuple(_coder(source) for _ in range(count))
    inputs = sum(coder.inputs for coder in coders)
    outputs = sum(coder.outputs for coder in coders)
    if not count or not outputs or inputs + 1 < outputs:
        raise _damaged()
    pairs = [(source.number(), source.number()) for _ in range(outputs - 1)]
    if any(into >= inputs or out >= outputs for into, out in pairs):
        raise _damaged()
    taken = {into for into, _ in pairs}
    free = [n for n in range(inputs) if n not in taken]
    if len(free) > 1:
        free = [source.number() for _ in free]
    return _Layout(coders, {out: into for into, out in pairs}, tuple(free))


def _coder(source: _Bytes) -> Coder:
    flags = source.byte()
    method = source.take(flags & 0x0F)
    inputs = outputs = 1
    if flags & 0x10:
        inputs, outputs = source.count(_MOST_STREAMS), source.count(_MOST_STREAMS)
    properties = source.take(source.number()) if flags & 0x20 else b""
    return Coder(method, properties, inputs, outputs)


def _parts(
    source: _Bytes, whole: list[int], sums: list[int | None], most: int
) -> list[tuple[Part, ...]]:
    """Read how folders are divided: the last file of each has what the others leave."""
    counts = [1] * len(whole)
    kind = source.number()
    if kind == _COUNTS:
        for n in range(len(counts)):
            counts[n] = source.count(most)
            most -= counts[n]
        kind = source.number()
    sizes: list[list[int]] = []
    for count, size in zip(counts, whole, strict=True):
        first = [source.number() for _ in range(count - 1)] if kind == _SIZES else []
        rest = size - sum(first)
        if rest < 0 or (count > 1 and kind != _SIZES):
            raise _damaged()
        sizes.append([*first, rest] if count else [])
    if kind == _SIZES:
        kind = source.number()
    known = [crc if count == 1 else None for crc, count in zip(sums, counts, strict=True)]
    unknown = sum(c for c, crc in zip(counts, known, strict=True) if crc is None)
    told: Iterator[int | None] = iter([None] * unknown)
    while kind != _END:
        if kind != _SUMS:
            raise _damaged()
        told = iter(source.sums(unknown))
        kind = source.number()
    return [
        tuple(Part(size, next(told, None) if crc is None else crc) for size in of_folder)
        for of_folder, crc in zip(sizes, known, strict=True)
    ]


def _files(source: _Bytes, most: int) -> Iterator[bytes]:
    """Yield the names of the files that have content."""
    count = source.count(most)
    names = [b""] * count
    empty = [False] * count
    while (kind := source.number()) != _END:
        content = _Bytes(source.take(source.number()))
        if kind == _EMPTY:
            empty = content.bits(count)
        elif kind == _NAMES:
            if content.byte():
                raise _damaged()
            names = _names(content.take(content.left), count)
    for name, is_empty in zip(names, empty, strict=True):
        if not is_empty:
            yield name or b"member"


def _names(raw: bytes, count: int) -> list[bytes]:
    names = raw.decode("utf-16-le", "replace").split("\0")
    if len(names) <= count:
        raise _damaged()
    return [name.encode("utf-8", "replace")[:_LONGEST_NAME] for name in names[:count]]


def _pass_over(source: _Bytes) -> None:
    while source.number() != _END:
        source.take(source.number())


def _damaged() -> Unreadable:
    return Unreadable("the archive's directory is damaged", code="malformed")
