"""What a zip holds that its directory does not name is looked at all the same.

Where the directory is lost it is told to be damaged.
"""

from __future__ import annotations

import io
import struct
import time
import zipfile
from typing import TYPE_CHECKING, Final

import pytest
from msgspec.structs import replace

from scantling_analyzers.facts.archives.budget import Budget
from scantling_analyzers.facts.archives.contents import Content, contents
from scantling_analyzers.limits import ArchiveLimits
from tests.builders.packed import zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from _typeshed import ReadableBuffer

LIMITS: Final = ArchiveLimits()
HELLO: Final = b"hello, world\n" * 3
DIRECTORY: Final = b"PK\x01\x02"


class Pipe(io.RawIOBase):
    """Takes what is written and can't go back: sizes stand behind each member."""

    def __init__(self) -> None:
        self.written = b""

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        self.written += bytes(data)
        return len(bytes(data))


def piped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return pipe.written


def look(
    data: bytes, limits: ArchiveLimits = LIMITS, now: Callable[[], float] = lambda: 0.0
) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    """Return what is found in a file by its path, and the errors as (path, code)."""
    found: dict[str, bytes] = {}
    errors = []
    for each in contents(memoryview(data), "a", Budget(limits, now)):
        if isinstance(each, Content):
            found[each.path] = bytes(each.data)
        else:
            errors.append((each.path, each.code))
    del found["a"]
    return found, errors


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
@pytest.mark.parametrize("pack", [zipped, piped])
@pytest.mark.parametrize("before", [b"", b"PK\x07\x08"])
def test_members_are_found_by_their_headers(
    pack: Callable[[Mapping[str, bytes], int], bytes], method: int, before: bytes
) -> None:
    inner = zipped({"deep": HELLO})
    large = bytes(range(256)) * 2000
    files = {"one": HELLO, "d/": b"", "inner.jar": inner, "large": large, "/two": b"2"}
    packed = pack(files, method)
    found, errors = look(before + packed[: packed.index(DIRECTORY, len(packed) - 400)])
    if method == zipfile.ZIP_DEFLATED or pack is zipped:
        assert found.pop("a!/inner.jar!/deep") == HELLO
        assert found == {"a!/one": HELLO, "a!/inner.jar": inner, "a!/large": large, "a!/two": b"2"}
        assert errors == [("a", "malformed" if before else "truncated")]
    else:
        # Where a stored member ends is told by nothing but what follows it.
        assert found["a!/one"] == HELLO
        assert found["a!/two"] == b"2"


@pytest.mark.parametrize("pack", [zipped, piped])
def test_what_is_there_of_a_member_that_goes_on_is_looked_at(
    pack: Callable[[Mapping[str, bytes], int], bytes],
) -> None:
    content = bytes(byte * 7 % 256 for byte in range(100_000))
    packed = pack({"x": HELLO, "y": content}, zipfile.ZIP_DEFLATED)
    cut = packed[: (packed.index(DIRECTORY) + packed.index(b"PK\x03\x04", 4)) // 2]
    found, errors = look(cut)
    assert found["a!/x"] == HELLO
    assert 0 < len(found["a!/y"]) < len(content)
    assert content.startswith(found["a!/y"])
    assert errors == [("a", "truncated"), ("a!/y", "truncated")]


def test_what_is_there_of_a_stored_member_that_goes_on_is_looked_at() -> None:
    packed = zipped({"x": HELLO * 100}, zipfile.ZIP_STORED)
    found, errors = look(packed[:1000])
    assert (HELLO * 100).startswith(found["a!/x"])
    assert found["a!/x"]
    assert errors == [("a", "truncated"), ("a!/x", "truncated")]


def test_a_directory_that_is_damaged_in_the_middle_hides_nothing() -> None:
    packed = bytearray(zipped({"x": HELLO, "y": b"2", "z": b"3"}))
    second = packed.index(DIRECTORY, packed.index(DIRECTORY) + 1)
    packed[second] = 0
    found, errors = look(bytes(packed))
    assert found == {"a!/x": HELLO, "a!/y": b"2", "a!/z": b"3"}
    assert errors == [("a", "malformed")]


def lost(files: Mapping[str, bytes]) -> bytearray:
    packed = zipped(files)
    return bytearray(packed[: packed.index(DIRECTORY)])


def test_what_a_header_says_is_held_against_what_follows() -> None:
    packed = lost({"x": HELLO, "y": b"2"})
    packed[14] ^= 1
    assert look(bytes(packed)) == (
        {"a!/x": HELLO, "a!/y": b"2"},
        [("a", "truncated"), ("a!/x", "malformed")],
    )
    packed = lost({"x": HELLO, "y": b"2"})
    packed[31:34] = b"\xff\xff\xff"
    found, errors = look(bytes(packed))
    assert found["a!/y"] == b"2"
    assert errors == [("a", "truncated"), ("a!/x", "malformed")]


def test_an_encrypted_member_is_told_and_the_next_one_found() -> None:
    packed = lost({"x": HELLO, "y": b"2"})
    packed[6] |= 1
    assert look(bytes(packed)) == (
        {"a!/y": b"2"},
        [("a", "truncated"), ("a!/x", "unsupported_format")],
    )
    packed = lost({"x": HELLO, "y": b"2"})
    packed[8] = 97
    assert look(bytes(packed))[1] == [("a", "truncated"), ("a!/x", "unsupported_format")]


def test_a_size_of_64_bits_is_known() -> None:
    header = struct.pack("<4s5H3I2H", b"PK\x03\x04", 45, 0, 0, 0, 0, 0, 2**32 - 1, 2**32 - 1, 1, 20)
    packed = header + b"x" + struct.pack("<2H2Q", 1, 16, 3, 3) + b"PK\x03"
    assert look(packed + bytes(lost({"y": b"2"})))[0] == {"a!/x": b"PK\x03", "a!/y": b"2"}


@pytest.mark.parametrize("size", [0, 5000])
def test_what_only_looks_like_a_header_is_none(size: int) -> None:
    header = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, 0, 0, size, 0)
    assert look(header + bytes(6000) + bytes(lost({"y": b"2"})))[0] == {"a!/y": b"2"}
    assert look(b"PK\x03\x04 is a beginning") == ({}, [("a", "truncated")])
    assert look(header + b"x")[0] == {}


def test_members_without_a_directory_are_bounded() -> None:
    packed = bytes(lost({str(n): b"1" for n in range(9)}))
    found, errors = look(packed, replace(LIMITS, members=5))
    assert len(found) == 5
    assert errors == [("a", "truncated"), ("a", "too_many")]
    bomb = bytes(lost({"x": bytes(3_000_000), "y": b"1"}))
    found, errors = look(bomb, replace(LIMITS, nested_bytes=1_500_000))
    assert errors == [("a", "truncated"), ("a!/x", "too_large")]
    assert len(found["a!/x"]) <= 1_500_000
    assert found["a!/y"] == b"1"


def test_streams_that_go_through_each_other_are_bounded() -> None:
    header = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 8, 8, 0, 0, 0, 0, 0, 1, 0) + b"x"
    # Each stream has the next header as its content, and so goes on to the end.
    block = b"\0" + struct.pack("<2H", len(header), 0xFFFF ^ len(header))
    packed = header + (block + header) * 2000
    limits = replace(LIMITS, inflated_bytes=1_000_000)
    given = 0
    for each in contents(memoryview(packed), "a", Budget(limits, lambda: 0.0)):
        given += each.data.nbytes if isinstance(each, Content) and each.path != "a" else 0
    assert 0 < given <= 1_000_000
    clock = iter(range(10_000_000))
    found, errors = look(packed, replace(LIMITS, seconds=50), lambda: float(next(clock)))
    assert found
    assert errors[-1] == ("a", "deadline")


def member(name: str, content: bytes) -> bytes:
    """Return a member, with its header and without what a directory says of it."""
    return bytes(lost({name: content}))


def within(inserted: bytes, files: Mapping[str, bytes], before: str) -> bytes:
    """Return a zip with bytes before a member, whose directory is right and names none in them."""
    packed = zipped(files)
    at = packed.index(b"PK\x03\x04") if before == "" else packed.index(before.encode()) - 30
    directory = packed.index(DIRECTORY)
    moved = bytearray(packed[directory:])
    entry = 0
    while (entry := moved.find(DIRECTORY, entry)) >= 0:
        (offset,) = struct.unpack_from("<I", moved, entry + 42)
        struct.pack_into("<I", moved, entry + 42, offset + (len(inserted) if offset >= at else 0))
        entry += 1
    end = len(moved) - 22
    struct.pack_into("<I", moved, end + 16, directory + len(inserted))
    whole = packed[:at] + inserted + packed[at:directory] + bytes(moved)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == list(files)
    return whole


FILES: Final = {"one": HELLO, "two": b"2", "in.jar": zipped({"deep": HELLO}, zipfile.ZIP_STORED)}
FOUND: Final = {
    **{f"a!/{name}": content for name, content in FILES.items()},
    "a!/in.jar!/deep": HELLO,
}


@pytest.mark.parametrize("before", ["", "two", "in.jar"])
def test_a_member_that_the_directory_does_not_name_is_found(before: str) -> None:
    assert look(within(member("hidden", b"h"), FILES, before)) == ({**FOUND, "a!/hidden": b"h"}, [])


def test_a_member_behind_the_directory_is_found() -> None:
    assert look(zipped(FILES) + member("hidden", b"h")) == ({**FOUND, "a!/hidden": b"h"}, [])


def test_all_of_several_zips_in_a_row_are_looked_at() -> None:
    packed = zipped({"first": b"1"}) + zipped({"second": b"2"}) + zipped(FILES)
    assert look(packed) == ({**FOUND, "a!/first": b"1", "a!/second": b"2"}, [])


def test_what_a_directory_does_not_name_and_cannot_be_read_is_told() -> None:
    encrypted = bytearray(member("hidden", HELLO))
    encrypted[6] |= 1
    damaged = bytearray(member("hidden", HELLO))
    damaged[14] ^= 1
    cut = member("hidden", HELLO)[:-5]
    for inserted, code in (
        (encrypted, "unsupported_format"),
        (damaged, "malformed"),
        (cut, "truncated"),
    ):
        found, errors = look(within(bytes(inserted), FILES, "two"))
        assert errors == [("a!/hidden", code)]
        assert found.items() >= FOUND.items()


@pytest.mark.parametrize(
    "inserted",
    [
        bytes(4096),
        b"#!/bin/sh\nexec java -jar $0\n",
        b"APK Sig Block 42" * 9,
        b"MZ" + bytes(90) + b"\x81\x3fPK\x03\x04\x0f\x85\xf0\x01\0\0" + b"\x90\x01\0" * 50,
    ],
)
@pytest.mark.parametrize("before", ["", "two"])
def test_what_fills_a_zip_is_no_member(inserted: bytes, before: str) -> None:
    assert look(within(inserted, FILES, before)) == (FOUND, [])


def test_what_an_impossible_header_holds_is_found_where_it_is_as_that_says() -> None:
    strange = bytearray(member("hidden", HELLO))
    strange[4:6] = b"\x14\xff"
    assert look(within(bytes(strange), FILES, "two")) == ({**FOUND, "a!/hidden": HELLO}, [])


@pytest.mark.parametrize("pack", [zipped, piped])
def test_a_member_that_is_empty_by_the_directory_and_not_by_its_header_is_found(
    pack: Callable[[Mapping[str, bytes]], bytes],
) -> None:
    packed = bytearray(pack({"x": HELLO}))
    struct.pack_into("<II", packed, packed.index(DIRECTORY) + 20, 0, 0)
    assert look(bytes(packed)) == ({"a!/x": HELLO}, [])


def test_members_that_no_directory_names_are_bounded() -> None:
    hidden = b"".join(member(f"h{n}", b"h") for n in range(9))
    found, errors = look(within(hidden, FILES, "two"), replace(LIMITS, members=5))
    assert found == {**FOUND, "a!/h0": b"h"}
    assert errors == [("a", "too_many")]


def test_stored_members_that_claim_the_same_bytes_are_bounded() -> None:
    header = struct.pack("<4s5H3I2H", b"PK\x03\x04", 0xFF14, 0, 0, 0, 0, 0, 100_000, 100_000, 1, 0)
    packed = (header + b"x") * 10_000
    found, errors = look(packed, replace(LIMITS, stored_bytes=50_000_000))
    assert found == {}
    assert errors == [("a", "truncated"), ("a", "too_large")]


def test_stored_members_that_are_described_later_are_found_in_linear_time() -> None:
    header = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 8, 0, 0, 0, 0, 0, 0, 1, 0) + b"x"
    begun = time.process_time()
    found, errors = look(header * 100_000)
    assert (found, errors) == ({}, [("a", "truncated")])
    assert time.process_time() - begun < 10
