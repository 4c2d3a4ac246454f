"""A file and everything that is packed in it, one after the other, however deep.

Bounded by :class:`~scantling_analyzers.limits.ArchiveLimits`; what can't be looked at is an error
at its path, never left out in silence. Packed content is held only while it, or what is in it, is
looked at.
"""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.archives import (
    ar_archive,
    cpio_archive,
    seven_zip,
    tar_archive,
    zip_archive,
)
from scantling_analyzers.facts.archives.formats import format_of
from scantling_analyzers.facts.archives.kinds import STREAMS, UNSUPPORTED, Format
from scantling_analyzers.facts.archives.streams import Unpacked, unpack
from scantling_analyzers.facts.archives.unread import unread_format
from scantling_analyzers.facts.archives.zip_headers import members_by_headers
from scantling_analyzers.facts.models import LocatedError
from scantling_analyzers.facts.reading import located
from scantling_common.layers.escape import escape
from scantling_common.layers.limits import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from scantling_analyzers.facts.archives.budget import Budget

HELD: Final = 384 * MIB
"""How much unpacked content is held at once: that of a file, and of the archives around it."""

_COMPILED: Final = b"\r\n"
"""What follows the two bytes of a version in compiled Python (``importlib.util.MAGIC_NUMBER``)."""
_FLAWS: Final = frozenset({"malformed", "truncated", "unsupported_format"})

_ANY: Final = (b"",)
_ENDINGS: Final = {
    Format.GZIP: ((".tgz", ".tar"), (".taz", ".tar"), (".svgz", ".svg"), (".gz", ""), (".z", "")),
    Format.XZ: ((".txz", ".tar"), (".xz", "")),
    Format.LZMA: ((".tlz", ".tar"), (".lzma", "")),
    Format.BZIP2: ((".tbz2", ".tar"), (".tbz", ".tar"), (".bz2", "")),
    Format.ZSTD: ((".tzst", ".tar"), (".zstd", ""), (".zst", "")),
}
_UNNAMED: Final = "content"
"""What the content of a compressed file is called whose own name says nothing."""


class Content(NamedTuple):
    """The content of a file; ``path`` leads into archives as ``outer.zip!/inner``.

    ``data`` is valid until the next one is asked for.
    """

    path: str
    data: memoryview


class _Member(NamedTuple):
    """What is packed in a file: where, how it is had, and how much is held for it.

    That is nothing for a view of the archive, and None for as much as it has itself.
    """

    path: str
    load: Callable[[], Unpacked]
    holds: int | None


class _Level(NamedTuple):
    """An archive that is being read, and how much of what is held is its content.

    What is ``no_archive`` only holds the bytes of one.
    """

    members: Iterator[_Member | LocatedError]
    held: int
    no_archive: bool

    def tells(self, code: str) -> bool:
        """Say whether an error matters: what is no archive need not be a good one."""
        return not (self.no_archive and code in _FLAWS)


def contents(data: memoryview, path: str, budget: Budget) -> Iterator[Content | LocatedError]:
    """Yield a file, then what is packed in it, outer before inner.

    ``path`` is the file's, escaped. Raises nothing for what the file holds.
    """
    yield Content(path, data)
    kind = format_of(data, path)
    levels = [] if kind is None else [_level(kind, data, path, budget, 0)]
    while levels:
        found = next(levels[-1].members, None)
        if found is None:
            levels.pop()
            continue
        if isinstance(found, LocatedError):
            if levels[-1].tells(found.code):
                yield found
            continue
        if len(levels) > budget.limits.depth:
            message = f"archives nest deeper than {budget.limits.depth}"
            yield LocatedError(path=found.path, code="nested_too_deep", message=message)
            continue
        inner, problem = _loaded(found)
        if problem is not None and levels[-1].tells(problem.reason):
            yield located(problem, found.path)
        if not inner.nbytes:
            continue
        yield Content(found.path, inner)
        kind = format_of(inner, found.path)
        if kind is None:
            continue
        held = inner.nbytes if found.holds is None else found.holds
        if sum(level.held for level in levels) + held > HELD:
            message = f"archives in it take more than {HELD} bytes at once"
            yield LocatedError(path=found.path, code="too_large", message=message)
            continue
        levels.append(_level(kind, inner, found.path, budget, held))


def _level(kind: Format, data: memoryview, path: str, budget: Budget, held: int) -> _Level:
    # Compiled Python has in it what stands in a source, such as archives that a test reads.
    compiled = kind is Format.ZIP and bytes(data[2:4]) == _COMPILED
    return _Level(_members(kind, data, path, budget), held, compiled)


def _loaded(member: _Member) -> Unpacked:
    try:
        return member.load()
    except Unreadable as error:
        return Unpacked(memoryview(b""), error)


def _members(
    kind: Format, data: memoryview, path: str, budget: Budget
) -> Iterator[_Member | LocatedError]:
    """Yield what is packed in an archive, and what else it is at once that is not unpacked."""
    unread = kind if kind in UNSUPPORTED else unread_format(data)
    if unread is not None:
        message = f"{unread.value} is not unpacked: what is in it was not looked at"
        yield LocatedError(path=path, code="unsupported_format", message=message)
    if kind in UNSUPPORTED:
        return
    if kind in STREAMS:
        yield _Member(
            f"{path}!/{_name_inside(path, kind)}", lambda: unpack(data, kind, budget), None
        )
    elif data.nbytes > budget.limits.archive_bytes:
        message = f"the archive has {data.nbytes} bytes, {budget.limits.archive_bytes} are read"
        yield LocatedError(path=path, code="too_large", message=message)
    elif kind is Format.ZIP:
        yield from _of_zip(data, path, budget)
    elif kind is Format.TAR:
        yield from _of_tar(data, path, budget)
    elif kind is Format.SEVEN_ZIP:
        yield from _of_seven_zip(data, path, budget)
    else:
        yield from _of_places(kind, data, path, budget)


def _of_zip(data: memoryview, path: str, budget: Budget) -> Iterator[_Member | LocatedError]:
    try:
        listing = zip_archive.list_entries(data, _ANY, budget.members)
    except Unreadable as error:
        yield located(error, path)
        if error.reason in _FLAWS:
            yield from _by_headers(data, (), path, budget)
        return
    budget.count(listing.total)
    if listing.problem is not None:
        yield located(listing.problem, path)
    for entry in listing.entries:
        if entry.size or entry.compressed:
            inner = f"{path}!/{escape(entry.name.lstrip(b'/'))}"
            yield _Member(inner, _loading_zip(data, entry, budget), None if entry.packed else 0)
    if listing.problem is None or listing.problem.reason in _FLAWS:
        yield from _by_headers(data, listing.entries, path, budget)


def _by_headers(
    data: memoryview, known: Iterable[zip_archive.Entry], path: str, budget: Budget
) -> Iterator[_Member | LocatedError]:
    """Yield what a zip holds beside what its directory says."""
    try:
        for name, content in members_by_headers(data, known, budget):
            inner = f"{path}!/{escape(name.lstrip(b'/'))}"
            yield _Member(inner, partial(Unpacked, *content), None)
    except Unreadable as error:
        yield located(error, path)


def _loading_zip(
    data: memoryview, entry: zip_archive.Entry, budget: Budget
) -> Callable[[], Unpacked]:
    limit = budget.limits.nested_bytes
    return lambda: Unpacked(budget.content(data, entry, limit), None)


def _of_tar(data: memoryview, path: str, budget: Budget) -> Iterator[_Member | LocatedError]:
    try:
        listing = tar_archive.list_members(data, budget.members, budget.check_time)
    except Unreadable as error:
        yield located(error, path)
        return
    budget.count(listing.total)
    for name, problem in listing.problems:
        yield located(problem, f"{path}!/{escape(name.lstrip(b'/'))}" if name else path)
    for member in listing.members:
        inner = f"{path}!/{escape(member.name)}"
        yield _Member(
            inner, _loading_tar(data, member, budget), 0 if member.regions is None else None
        )


def _loading_tar(
    data: memoryview, member: tar_archive.TarMember, budget: Budget
) -> Callable[[], Unpacked]:
    def load() -> Unpacked:
        budget.check_time()
        if member.regions is not None:
            budget.inflate(member.size, 0, 0)
        return Unpacked(tar_archive.content(data, member, budget.limits.nested_bytes), None)

    return load


def _of_seven_zip(data: memoryview, path: str, budget: Budget) -> Iterator[_Member | LocatedError]:
    """Yield files by the folders in which they are packed together, one of which is held."""
    try:
        members = seven_zip.list_members(data, budget)
    except Unreadable as error:
        yield located(error, path)
        return
    budget.count(len(members))
    for _, together in groupby(members, key=lambda member: id(member.folder)):
        paths = [(f"{path}!/{escape(member.name)}", member) for member in together]
        folder = paths[0][1].folder
        try:
            seven_zip.check(folder, budget)
        except Unreadable as error:
            more = f", and so is what comes with it: {len(paths) - 1}" if len(paths) > 1 else ""
            told = Unreadable(f"{error.message}{more}", code=error.reason)
            yield located(told, paths[0][0])
            continue
        unpacked = seven_zip.unpack_folder(data, folder, budget)
        for inner, member in paths:
            yield _Member(inner, partial(seven_zip.content, member, unpacked), folder.size)


def _of_places(
    kind: Format, data: memoryview, path: str, budget: Budget
) -> Iterator[_Member | LocatedError]:
    """Yield the members of an archive that are places in it."""
    listing = ar_archive if kind is Format.AR else cpio_archive
    try:
        for member in listing.list_members(data, budget.members, budget.check_time):
            budget.count(1)
            start, end = member.offset, member.offset + member.size
            inner = f"{path}!/{escape(member.name)}"
            yield _Member(inner, _slicing(data[start:end]), 0)
    except Unreadable as error:
        yield located(error, path)


def _slicing(view: memoryview) -> Callable[[], Unpacked]:
    return lambda: Unpacked(view, None)


def _name_inside(path: str, kind: Format) -> str:
    """Return what the content of a compressed file is called: its own name without the ending."""
    name = path.rpartition("/")[2]
    for ending, instead in _ENDINGS[kind]:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)] + instead
    return _UNNAMED
