"""The walk against tarfile: the same entries for whatever tarfile writes, in each format."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scantling_common.layers.entries import Kind
from scantling_common.layers.errors import LayerTooLarge, TarError
from scantling_common.layers.limits import LayerLimits
from scantling_common.layers.paths import normalise
from scantling_common.layers.tar import walk
from tests.builders.layer import Member, archive

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]

SEGMENT = st.binary(min_size=1, max_size=70).filter(
    lambda raw: not set(raw) & {0, ord("/")} and raw not in {b".", b".."}
)
PATHS = st.lists(SEGMENT, min_size=1, max_size=5).map(b"/".join)
KINDS = [tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE]


@st.composite
def members(draw: st.DrawFn) -> tuple[bytes, Member]:
    kind = draw(st.sampled_from(KINDS))
    return draw(PATHS), Member(
        kind=kind,
        content=draw(st.binary(max_size=1100)) if kind == tarfile.REGTYPE else b"",
        link=draw(PATHS) if kind in {tarfile.SYMTYPE, tarfile.LNKTYPE} else b"",
        mode=draw(st.integers(0, 0o7777)),
        uid=draw(st.integers(0, 2**32 - 2)),
        gid=draw(st.integers(0, 2**21 - 1)),
        mtime=draw(st.integers(0, 2**34)),
    )


def by_tarfile(data: bytes) -> list[tuple[object, ...]]:
    with tarfile.open(fileobj=io.BytesIO(data), encoding="utf-8", errors="surrogateescape") as tar:
        return [
            (
                normalise(info.name.encode("utf-8", "surrogateescape")),
                int(info.type),
                info.mode,
                info.uid,
                info.gid,
                info.size if info.isreg() else 0,
                int(info.mtime),
                info.offset_data if info.isreg() else None,
                info.linkname.encode("utf-8", "surrogateescape"),
            )
            for info in tar
        ]


def by_walk(data: bytes, limits: LayerLimits | None = None) -> list[tuple[object, ...]]:
    entries = walk(memoryview(data), limits or LayerLimits())
    assert not entries.hostile_count
    return [
        (
            entries.paths[row],
            entries.kinds[row],
            entries.modes[row],
            entries.uids[row],
            entries.gids[row],
            entries.sizes[row],
            entries.mtimes[row],
            entries.offsets[row] if entries.kinds[row] == Kind.FILE else None,
            entries.links.get(row, b""),
        )
        for row in range(len(entries))
    ]


@given(st.lists(members(), max_size=8), st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
def test_the_walk_finds_what_tarfile_finds(
    found: Sequence[tuple[bytes, Member]], kind: int
) -> None:
    data = archive(found, format=kind)

    assert by_walk(data) == by_tarfile(data)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("length", [99, 100, 101, 154, 155, 156, 254])
def test_long_names_in_each_format(kind: int, length: int) -> None:
    path = b"d/" * 60 + b"f" * (length - 120) if length > 150 else b"f" * length
    if kind == tarfile.USTAR_FORMAT and length in {101, 254}:
        above = length - 100
        path = b"d" * above + b"/" + b"f" * (length - above - 1)
    data = archive([(path, b"content"), (b"last", b"x")], format=kind)

    assert by_walk(data) == by_tarfile(data)


def test_more_entries_than_one_batch() -> None:
    data = archive((f"d/{number}", b"x" * (number % 3)) for number in range(9001))

    assert by_walk(data) == by_tarfile(data)


def test_negative_times_and_large_sizes_are_read_as_gnu_writes_them() -> None:
    data = archive([("old", Member(mtime=-86_400)), ("new", b"")], format=tarfile.GNU_FORMAT)

    assert by_walk(data)[0][6] == -86_400


@settings(max_examples=300)
@given(st.lists(members(), min_size=1, max_size=4), st.sampled_from(FORMATS[1:]), st.data())
def test_a_damaged_archive_is_an_error_or_an_answer_and_never_a_crash(
    found: Sequence[tuple[bytes, Member]], kind: int, choice: st.DataObject
) -> None:
    data = bytearray(archive(found, format=kind))
    for _ in range(choice.draw(st.integers(1, 4))):
        at = choice.draw(st.integers(0, min(len(data), 4096) - 1))
        data[at] = choice.draw(st.integers(0, 255))
    fixed = bytes(_with_checksums(data)) if choice.draw(st.booleans()) else bytes(data)

    try:
        entries = walk(fixed, LayerLimits())
    except (TarError, LayerTooLarge):
        return
    for row in range(len(entries)):
        assert 0 <= entries.offsets[row] <= len(fixed)
        assert entries.sparse.get(row) is not None or (
            entries.offsets[row] + entries.sizes[row] <= len(fixed)
        )


def _with_checksums(data: bytearray) -> bytearray:
    """Make every block a header with a right checksum, so that damage reaches the fields."""
    for at in range(0, len(data) - 511, 512):
        block = data[at : at + 512]
        if any(block):
            block[148:156] = b" " * 8
            data[at + 148 : at + 156] = b"%06o\0 " % sum(block)
    return data
