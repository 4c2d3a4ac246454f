"""A zip that neither begins nor ends as one is found where it may be, and told to be damaged."""

from __future__ import annotations

import struct
from typing import Final

import pytest

from scantling_analyzers.facts.archives.budget import Budget
from scantling_analyzers.facts.archives.contents import Content, contents
from scantling_analyzers.facts.archives.formats import format_of
from scantling_analyzers.facts.archives.kinds import Format
from scantling_analyzers.limits import ArchiveLimits
from tests.builders.elf import elf
from tests.builders.packed import zipped

HELLO: Final = b"hello, world\n" * 3
WHOLE: Final = zipped({"one": HELLO, "two": b"2"})
LOST: Final = WHOLE[: WHOLE.index(b"PK\x01\x02")]


def windows(content: bytes, **lies: int) -> bytes:
    """Return a program of Windows with one section."""
    said = {"at": 64, "sections": 1, "size": len(content), **lies}
    start = struct.pack("<2s58xI", b"MZ", said["at"])
    header = struct.pack("<4sHH12xHH", b"PE\0\0", 0x8664, said["sections"], 16, 2) + bytes(16)
    place = len(start) + len(header) + 40
    return start + header + struct.pack("<8s8x2I16x", b".text", said["size"], place) + content


def look(data: bytes, name: str = "a") -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    """Return what is found in a file by its path, and the errors as (path, code)."""
    found, errors = {}, []
    for each in contents(memoryview(data), name, Budget(ArchiveLimits(), lambda: 0.0)):
        if not isinstance(each, Content):
            errors.append((each.path, each.code))
        elif each.path != name:
            found[each.path] = bytes(each.data)
    return found, errors


BEFORE: Final = {
    "a script": b"#!/bin/sh\nexec unzip $0\n",
    "a program": elf({".text": bytes(100)}),
    "a program without sections": elf({".text": bytes(100)}, stripped=True, bits=32, order=">"),
    "a program of Windows": windows(bytes(100)),
    "a damaged header": b"PK\x03\x05" + bytes(40),
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_members_behind_something_else_are_found_without_a_directory(before: bytes) -> None:
    assert look(before + LOST) == ({"a!/one": HELLO, "a!/two": b"2"}, [("a", "malformed")])


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_what_has_no_member_is_no_archive(before: bytes) -> None:
    assert look(before) == ({}, [])


@pytest.mark.parametrize("name", ["a.zip", "lib/A.JAR", "a.tar!/b.whl"])
def test_what_is_called_like_a_zip_is_looked_through(name: str) -> None:
    damaged = bytes(8) + LOST[8:]
    assert look(damaged, name) == ({f"{name}!/two": b"2"}, [(name, "malformed")])
    assert look(damaged, "a.bin") == ({}, [])
    assert look(b"no archive at all", name) == ({}, [])


@pytest.mark.parametrize(
    "program",
    [elf({".rodata": LOST}), windows(LOST), elf({".text": b"1"}, segments_at=1 << 40) + LOST],
)
def test_what_is_loaded_of_a_program_is_no_archive_behind_it(program: bytes) -> None:
    assert format_of(memoryview(program)) is None


@pytest.mark.parametrize(
    "program",
    [
        b"MZ",
        windows(bytes(9), at=1 << 31) + LOST,
        windows(bytes(9), sections=60_000) + LOST,
        windows(bytes(9))[:100],
        windows(bytes(9), size=0xFFFFFFFF) + LOST,
        b"\x7fELF",
        b"\x7fELF" + bytes(60) + LOST,
    ],
)
def test_behind_what_is_no_good_program_nothing_is_looked_for(program: bytes) -> None:
    assert format_of(memoryview(program)) is None


def test_what_only_begins_like_a_member_is_none() -> None:
    script = b"#!/usr/bin/env python\nMAGIC = b'PK\x03\x04'\n" + bytes(range(1, 256))
    assert format_of(memoryview(script)) is None
    assert format_of(memoryview(script + LOST)) is Format.ZIP
