"""The files of an installed package, from its header (rpm's *tags*, file information).

Since rpm 4 a path is taken apart into folder and name, before that it was whole. Files that rpm
did not install, or that another package has replaced, are not this package's. Folders are left out:
nobody looks for them, and the package ``filesystem`` alone has sixteen thousand.
"""

from __future__ import annotations

import stat
import struct
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.packages.rpm.header import (
    BASENAMES,
    DIRINDEXES,
    DIRNAMES,
    FILEMODES,
    FILESTATES,
    INT32,
    OLDFILENAMES,
    STRING_ARRAY,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scantling_analyzers.facts.packages.rpm.header import Header

MAX_FILES: Final = 500_000
"""How many files one package may list; the largest have a hundred thousand."""
MAX_PATH_BYTES: Final = 4096
CHAR: Final = 1
INT16: Final = 3
NORMAL: Final = 0


def claimed(header: Header) -> int:
    """Return how many files a header says that it lists, folders and absent files included."""
    entries = (header.entries.get(tag) for tag in (BASENAMES, DIRNAMES, OLDFILENAMES))
    return max((entry.items for entry in entries if entry is not None), default=0)


def files_of(header: Header) -> Iterator[bytes]:
    """Yield the absolute path of each file that the package has in the file system.

    Raises :class:`Unreadable` (``malformed``, ``truncated``, ``too_many``, ``too_large``).
    """
    states, modes = _array(header, FILESTATES, CHAR, "B"), _array(header, FILEMODES, INT16, "H")
    for position, path in enumerate(_paths(header)):
        if position < len(states) and states[position] != NORMAL:
            continue
        if position < len(modes) and stat.S_ISDIR(modes[position]):
            continue
        yield path


def _paths(header: Header) -> Iterator[bytes]:
    if BASENAMES not in header.entries:
        yield from _strings(header, OLDFILENAMES)
        return
    names = _strings(header, BASENAMES)
    folders = _strings(header, DIRNAMES)
    indexes = _numbers(header, DIRINDEXES)
    if len(indexes) != len(names):
        raise Unreadable("an rpm header has file names without folders", code="malformed")
    for index, name in zip(indexes, names, strict=True):
        if index >= len(folders):
            raise Unreadable("an rpm header has a file in a folder it lacks", code="malformed")
        if len(folders[index]) + len(name) > MAX_PATH_BYTES:
            raise Unreadable(
                f"an rpm header has a path of more than {MAX_PATH_BYTES} bytes", code="too_large"
            )
        yield folders[index] + name


def _strings(header: Header, tag: int) -> Sequence[bytes]:
    entry = header.entries.get(tag)
    if entry is None:
        return ()
    if entry.type != STRING_ARRAY:
        raise Unreadable(f"tag {tag} of an rpm header is no list of text", code="malformed")
    if entry.items > MAX_FILES:
        raise Unreadable(
            f"an rpm header lists {entry.items} files, {MAX_FILES} are read", code="too_many"
        )
    found = bytes(header.data[entry.offset :]).split(b"\0", entry.items)
    if len(found) <= entry.items:
        raise Unreadable(f"tag {tag} of an rpm header ends too early", code="truncated")
    return found[:-1]


def _numbers(header: Header, tag: int) -> Sequence[int]:
    found = _array(header, tag, INT32, "I")
    entry = header.entries.get(tag)
    if entry is not None and len(found) != entry.items:
        raise Unreadable(f"tag {tag} of an rpm header is no list of numbers", code="malformed")
    return found


def _array(header: Header, tag: int, type_: int, layout: str) -> Sequence[int]:
    """Return a list of numbers as far as it is there; nothing where it isn't or is no list."""
    entry = header.entries.get(tag)
    if entry is None or entry.type != type_:
        return ()
    size = struct.calcsize(layout)
    content = header.data[entry.offset : entry.offset + size * min(entry.items, MAX_FILES)]
    count = content.nbytes // size
    return struct.unpack_from(f">{count}{layout}", content)
