"""Everything that is packed in a file is looked at, within limits, or it is said what was not."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import struct
import tarfile
import zipfile
from importlib.util import MAGIC_NUMBER
from typing import TYPE_CHECKING, Final

import pytest
from msgspec.structs import replace

from scantling_analyzers.facts.archives import contents as contents_module
from scantling_analyzers.facts.archives.budget import Budget
from scantling_analyzers.facts.archives.contents import Content, contents
from scantling_analyzers.facts.archives.formats import format_of
from scantling_analyzers.facts.archives.kinds import UNSUPPORTED, Format
from scantling_analyzers.limits import ArchiveLimits
from scantling_common.layers.limits import MIB
from tests.builders.layer import END, entry, pax_header
from tests.builders.packed import ARCHIVES, COMPRESSIONS, ar, cpio, tarred, zipped, zstd
from tests.builders.unread import RESEMBLING, UNREAD

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITS: Final = ArchiveLimits()
HELLO: Final = b"hello, world\n" * 3


def look(
    data: bytes, path: str = "a", limits: ArchiveLimits = LIMITS
) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    """Return what is found by its path, and the errors as (path, code)."""
    found: dict[str, bytes] = {}
    errors = []
    for each in contents(memoryview(data), path, Budget(limits, lambda: 0.0)):
        if isinstance(each, Content):
            assert each.path not in found
            found[each.path] = bytes(each.data)
        else:
            errors.append((each.path, each.code))
    return found, errors


def test_a_plain_file_is_itself() -> None:
    assert look(HELLO) == ({"a": HELLO}, [])
    assert look(b"") == ({"a": b""}, [])


@pytest.mark.parametrize("kind", ARCHIVES)
def test_what_is_in_an_archive_is_found(kind: str) -> None:
    packed = ARCHIVES[kind]({"one": HELLO, "two": b"2"})
    assert look(packed) == ({"a": packed, "a!/one": HELLO, "a!/two": b"2"}, [])


@pytest.mark.parametrize("kind", COMPRESSIONS)
def test_what_a_compressed_file_holds_is_found_under_its_own_name(kind: str) -> None:
    packed = COMPRESSIONS[kind](HELLO)
    assert look(packed, f"x/b.txt.{kind}")[0][f"x/b.txt.{kind}!/b.txt"] == HELLO
    assert look(packed, "x/b")[0]["x/b!/content"] == HELLO
    assert look(packed + packed, "b")[0]["b!/content"] == 2 * HELLO


@pytest.mark.parametrize("kind", sorted(set(COMPRESSIONS) - {"zst"}))
def test_zeros_may_pad_a_compressed_file(kind: str) -> None:
    packed = COMPRESSIONS[kind](HELLO) + b"\0" * 70_000
    assert look(packed, "b") == ({"b": packed, "b!/content": HELLO}, [])


@pytest.mark.parametrize("kind", COMPRESSIONS)
def test_a_compressed_tar_is_a_tar_in_a_compressed_file(kind: str) -> None:
    packed = COMPRESSIONS[kind](tarred({"d/x": HELLO}))
    short = {"gz": "tgz", "xz": "txz", "bz2": "tbz2", "zst": "tzst"}[kind]
    assert look(packed, f"b.{short}")[0][f"b.{short}!/b.tar!/d/x"] == HELLO


def test_archives_nest_in_every_order() -> None:
    packed = HELLO
    path = ""
    for n, (kind, pack) in enumerate(sorted(ARCHIVES.items()) * 2):
        packed, path = pack({f"{n}.{kind}": packed}), f"!/{n}.{kind}{path}"
    assert look(packed) == (dict(look(packed)[0]), [])
    assert look(packed)[0][f"a{path}"] == HELLO


def test_a_program_with_a_zip_at_its_end_is_looked_into() -> None:
    packed = b"#!/usr/bin/env python3\n" + zipped({"__main__.py": HELLO})
    assert look(packed)[0]["a!/__main__.py"] == HELLO


@pytest.mark.parametrize("comment", [b"xy", b"#" * 65_535, b"PK\x05\x06" + bytes(18)])
@pytest.mark.parametrize("said", [False, True])
def test_what_follows_a_zip_hides_it_from_nobody(comment: bytes, *, said: bool) -> None:
    """Python runs a file with a comment at its end, and one with anything at all there."""
    packed = b"#!/usr/bin/env python3\n" + zipped({"__main__.py": HELLO})
    data = packed[:-2] + (len(comment) if said else 0).to_bytes(2, "little") + comment
    found, errors = look(data)
    assert (found["a!/__main__.py"], errors) == (HELLO, [])


def test_the_signature_of_a_zip_makes_no_zip_of_a_program() -> None:
    program = b"\x7fELF" + bytes(100) + b"PK\x05\x06" + bytes(100) + b"PK\x05\x06"
    assert look(program) == ({"a": program}, [])


def test_directories_links_and_empty_files_are_no_content() -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, kind in (("d", tarfile.DIRTYPE), ("l", tarfile.SYMTYPE), ("e", tarfile.REGTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "d"
            archive.addfile(member)
    packed = zipped({"d/": b"", "e": b"", "t.tar": made.getvalue()})
    assert look(packed) == ({"a": packed, "a!/t.tar": made.getvalue()}, [])


def test_the_names_of_members_are_escaped() -> None:
    found, _ = look(tarred({"a\x1b[1m": b"1", "b\u202ec": b"2"}))
    assert all(path.isprintable() and "\x1b" not in path for path in found)
    assert len(found) == 3


def test_a_member_that_leads_out_of_its_archive_is_said_not_to_be_read() -> None:
    found, errors = look(tarred({"../x": b"1", "ok": b"2"}))
    assert found["a!/ok"] == b"2"
    assert errors == [("a!/../x", "entry_not_addressable")]


def test_a_sparse_file_is_put_together_within_its_limit() -> None:
    def sparse(size: int) -> bytes:
        said = (b"GNU.sparse.major", b"1"), (b"GNU.sparse.realsize", str(size).encode())
        return pax_header(*said) + entry(b"s", b"1\n0\n4\n".ljust(512, b"\0") + b"data") + END

    assert look(sparse(9))[0]["a!/s"] == b"data" + bytes(5)
    assert look(sparse(1 << 32)) == ({"a": sparse(1 << 32)}, [("a!/s", "too_large")])


@pytest.mark.parametrize("name", UNREAD)
def test_an_archive_that_is_not_unpacked_is_said_to_be_one(name: str) -> None:
    (error,) = list(contents(memoryview(UNREAD[name]), "a", Budget(LIMITS, lambda: 0.0)))[1:]
    assert error.path == "a"
    assert not isinstance(error, Content)
    assert (error.code, name in error.message) == ("unsupported_format", True)


def test_a_file_that_is_two_kinds_at_once_is_looked_into_and_told() -> None:
    """The first 32 KiB of an image of a disk are free for anything: for a tar, too."""
    packed = tarred({"x": HELLO, "rest": bytes(40_000)})
    both = packed[:0x8001] + b"CD001\x01" + packed[0x8007:]
    found, errors = look(both)
    assert (found["a!/x"], errors) == (HELLO, [("a", "unsupported_format")])


def test_every_format_that_is_not_unpacked_has_an_example() -> None:
    told = {format_of(memoryview(data)) for data in UNREAD.values()}
    assert told == set(UNSUPPORTED)


@pytest.mark.parametrize("data", RESEMBLING)
def test_what_only_resembles_such_an_archive_is_a_plain_file(data: bytes) -> None:
    assert look(data) == ({"a": data}, [])


@pytest.mark.parametrize(
    "cut", [data[:at] for data in UNREAD.values() for at in (1, 4, 12, 30, 100)]
)
def test_the_first_bytes_of_such_an_archive_do_no_harm(cut: bytes) -> None:
    assert look(cut)[0] == {"a": cut}


@pytest.mark.parametrize("dictionary", [{"preset": 0}, {"dict_size": 3 << 20}])
def test_the_older_compression_of_lzma_is_unpacked(dictionary: dict[str, int]) -> None:
    filters = [{"id": lzma.FILTER_LZMA1, "preset": 0, **dictionary}]
    packed = lzma.compress(HELLO, lzma.FORMAT_ALONE, filters=filters)
    sized = packed[:5] + len(HELLO).to_bytes(8, "little") + packed[13:]
    for data in (packed, sized):
        assert look(data, "b.lzma") == ({"b.lzma": data, "b.lzma!/b": HELLO}, [])
    twice = look(packed * 2, "b")
    assert twice == ({"b": packed * 2, "b!/content": HELLO * 2}, [])


def test_a_tar_in_the_older_compression_of_lzma_is_looked_into() -> None:
    packed = lzma.compress(tarred({"x": HELLO}), lzma.FORMAT_ALONE)
    assert look(packed, "c.tlz")[0]["c.tlz!/c.tar!/x"] == HELLO
    assert look(packed, "c.tar.lzma")[0]["c.tar.lzma!/c.tar!/x"] == HELLO


def test_damage_in_the_older_compression_of_lzma_is_told() -> None:
    content = hashlib.shake_128(b"x").digest(20_000)
    packed = lzma.compress(content, lzma.FORMAT_ALONE)
    assert look(packed[:-9])[1] == [("a!/content", "truncated")]
    assert look(packed + b"more")[1] == [("a!/content", "malformed")]
    huge = packed[:1] + b"\xff\xff\xff\xff" + packed[5:]
    assert look(huge)[1] == [("a!/content", "too_large")]
    told = replace(LIMITS, ratio_floor=1 * MIB)
    bomb = lzma.compress(b"x" + bytes(40 * MIB), lzma.FORMAT_ALONE, preset=0)
    assert look(bomb, limits=told)[1] == [("a!/content", "too_large")]


@pytest.mark.parametrize(
    "data",
    [
        b"\x5d\0\0\x80\0" + b"\xff" * 8,  # a header alone
        b"\x5d\0\0\x80\0" + b"\xff" * 8 + bytes(5000),  # zeros unpack to zeros
        b"\x5d\0\0\x80\0" + b"\xff" * 8 + b"\0" + b"\xff" * 500,
        b"\x5d\0\0\x81\0" + b"\xff" * 8 + b"\0" + b"a" * 50,  # the size of no dictionary
        b"\xe1\0\0\x80\0" + b"\xff" * 8 + b"\0" + b"a" * 50,  # no such properties
        b"\x5d\0\0\x80\0" + b"\0" * 7 + b"\x01\0" + b"a" * 50,  # larger than anything
        struct.pack("<4I", 1, 1, 1, 0) + bytes(range(200)),
    ],
)
def test_numbers_at_the_start_of_a_file_make_no_lzma_of_it(data: bytes) -> None:
    assert look(data) == ({"a": data}, [])


@pytest.mark.parametrize("between", [0, 512, 8704, 200 * 512])
def test_tars_in_a_row_are_all_read(between: int) -> None:
    data = tarred({"x": HELLO}) + bytes(between) + tarred({"y": b"2"}) + tarred({"z": b"3"})
    found, errors = look(data)
    assert (found["a!/x"], found["a!/y"], found["a!/z"], errors) == (HELLO, b"2", b"3", [])


@pytest.mark.parametrize("zeros", [512, 1024, 70 * 1024])
def test_a_tar_behind_zeros_is_read(zeros: int) -> None:
    found, errors = look(bytes(zeros) + tarred({"x": HELLO}))
    assert (found["a!/x"], errors) == (HELLO, [])


def test_what_is_behind_a_tar_and_no_tar_is_told() -> None:
    packed = tarred({"x": HELLO})
    for rest in (b"rest", bytes(511) + b"x", bytes(70_000) + b"x" * 600, bytes(100) + packed):
        found, errors = look(packed + rest)
        assert (found["a!/x"], errors) == (HELLO, [("a", "malformed")])


def test_a_tar_goes_on_behind_a_single_zero_block() -> None:
    first = entry(b"x", HELLO)
    found, errors = look(first + bytes(512) + tarred({"y": b"2"}) + tarred({"z": b"3"}))
    assert (found["a!/x"], found["a!/y"], found["a!/z"], errors) == (HELLO, b"2", b"3", [])
    found, errors = look(first + bytes(512) + b"x" * 512 + tarred({"y": b"2"}))
    assert (found["a!/x"], errors) == (HELLO, [("a", "malformed")])
    many = b"".join(entry(b"%d" % n, b"1") + bytes(512) for n in range(9))
    assert look(many, limits=replace(LIMITS, members=5))[1] == [("a", "too_many")]


def test_tars_in_a_row_are_bounded_together() -> None:
    many = b"".join(tarred({str(n): b"1"}) for n in range(9))
    assert look(many, limits=replace(LIMITS, members=5))[1] == [("a", "too_many")]
    ticks = iter(range(1000))
    budget = Budget(replace(LIMITS, seconds=5.0), lambda: float(next(ticks)))
    found = list(contents(memoryview(many), "a", budget))
    assert [each.code for each in found if not isinstance(each, Content)] == ["deadline"]


@pytest.mark.parametrize("flag", [b"x", b"X"])
def test_the_extended_headers_of_solaris_are_those_of_pax(flag: bytes) -> None:
    extended = bytearray(pax_header((b"path", b"long/name")))
    extended[156:157] = flag
    extended[148:156] = b" " * 8
    extended[148:156] = b"%06o\0 " % sum(extended[:512])
    found, errors = look(bytes(extended) + entry(b"short", HELLO) + END)
    assert (found["a!/long/name"], errors) == (HELLO, [])


def test_compiled_python_that_holds_a_bad_archive_is_no_bad_archive() -> None:
    packed = bytearray(zipped({"x": HELLO, "y": b"2"}))
    at = packed.index(b"PK\x01\x02")
    packed[at + 8] |= 1
    found, errors = look(MAGIC_NUMBER + bytes(12) + packed + b"more constants")
    assert (found["a!/y"], errors) == (b"2", [])
    # A program that unpacks itself is told; so is what is over a limit, and what is in a member.
    assert look(b"\x7fELF" + bytes(12) + packed)[1] == [("a!/x", "unsupported_format")]
    limits = replace(LIMITS, members=1)
    assert look(MAGIC_NUMBER + bytes(12) + packed, limits=limits)[1] == [("a", "too_many")]
    inner = MAGIC_NUMBER + bytes(12) + zipped({"x.gz": COMPRESSIONS["gz"](HELLO)[:-9]})
    assert look(inner)[1] == [("a!/x.gz!/x", "truncated")]


def test_an_encrypted_member_is_said_not_to_be_read() -> None:
    packed = bytearray(zipped({"x": HELLO, "y": b"2"}))
    at = packed.index(b"PK\x01\x02")
    packed[at + 8] |= 1
    found, errors = look(bytes(packed))
    assert errors == [("a!/x", "unsupported_format")]
    assert found["a!/y"] == b"2"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_packed_in_a_rare_way_is_said_not_to_be_read(method: int) -> None:
    assert look(zipped({"x": HELLO}, method))[1] == [("a!/x", "unsupported_format")]


@pytest.mark.parametrize("kind", COMPRESSIONS)
def test_what_comes_before_damage_counts_and_the_damage_is_told(kind: str) -> None:
    content = bytes(range(256)) * 4000
    packed = COMPRESSIONS[kind](content)
    found, errors = look(packed[: len(packed) - 5])
    assert errors == [("a!/content", "truncated")]
    assert content.startswith(found.get("a!/content", b""))
    assert [code for _, code in look(packed + b"more of it")[1]] == ["malformed"]


def test_damaged_archives_are_told() -> None:
    packed = zipped({"x": HELLO})
    assert look(packed[:-30])[1] == [("a", "truncated")]
    assert look(tarred({"x": b"1" * 600})[:700])[1] == [("a", "truncated"), ("a!/x", "truncated")]
    broken = bytearray(tarred({"x": b"1", "y": b"2"}))
    broken[1024:1030] = b"broken"
    assert look(bytes(broken))[1] == [("a", "malformed")]
    whole = ar({"x": b"1", "y": b"22"})
    assert look(whole[:-4])[1] == [("a", "truncated")]
    assert look(whole[:75])[1] == [("a", "truncated")]
    assert look(whole.replace(b"`\n", b"..", 1))[1] == [("a", "malformed")]


def test_a_file_that_only_begins_like_a_compressed_one_is_told() -> None:
    assert look(gzip.compress(HELLO)[:10])[1] == [("a!/content", "truncated")]
    assert look(b"\x1f\x8b\x08\0" + b"\xff" * 60)[1] == [("a!/content", "malformed")]
    assert look(b"\xfd7zXZ\0" + b"\xff" * 60)[1] == [("a!/content", "malformed")]


def test_what_is_over_a_limit_is_told_and_the_rest_is_looked_at() -> None:
    packed = zipped({"large": bytes(3000), "small": b"1"})
    found, errors = look(packed, limits=replace(LIMITS, nested_bytes=1000))
    assert errors == [("a!/large", "too_large")]
    assert found["a!/small"] == b"1"
    assert look(packed, limits=replace(LIMITS, archive_bytes=100))[1] == [("a", "too_large")]
    assert look(packed, limits=replace(LIMITS, members=1))[1] == [("a", "too_many")]
    many = tarred({str(n): b"1" for n in range(9)})
    assert look(many, limits=replace(LIMITS, members=5))[1] == [("a", "too_many")]
    several = ar({str(n): b"1" for n in range(9)})
    assert look(several, limits=replace(LIMITS, members=5))[1] == [("a", "too_many")]


@pytest.mark.parametrize("kind", COMPRESSIONS)
def test_a_bomb_is_told_and_costs_no_more_than_its_limit(kind: str) -> None:
    limits = replace(LIMITS, ratio_floor=1 * MIB, inflated_bytes=64 * MIB)
    found, errors = look(COMPRESSIONS[kind](bytes(40 * MIB)), limits=limits)
    assert errors == [("a!/content", "too_large")]
    assert len(found.get("a!/content", b"")) <= 16 * MIB


def test_bombs_of_zip_are_told() -> None:
    limits = replace(LIMITS, ratio_floor=1 * MIB)
    assert look(zipped({"x": bytes(8 * MIB)}), limits=limits)[1] == [("a!/x", "too_large")]
    tight = replace(LIMITS, inflated_bytes=10_000)
    found, errors = look(zipped({str(n): bytes(4000) for n in range(4)}), limits=tight)
    assert [code for _, code in errors] == ["too_large"] * 2
    assert len(found) == 3


def test_a_stream_that_asks_for_too_much_memory_is_told() -> None:
    wide = lzma.compress(
        HELLO, filters=[{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]
    )
    assert look(wide)[1] == [("a!/content", "too_large")]
    window = struct.pack("<IBB", 0xFD2FB528, 0, 0xB0)
    assert look(window + zstd(HELLO)[6:])[1] == [("a!/content", "too_large")]


def test_ten_archives_in_each_other_are_read_and_a_hundred_are_told() -> None:
    def nest(depth: int) -> bytes:
        packed = HELLO
        for _ in range(depth):
            packed = zipped({"x": packed}, zipfile.ZIP_STORED)
        return packed

    assert look(nest(10))[0]["a" + "!/x" * 10] == HELLO
    found, errors = look(nest(100))
    assert errors == [("a" + "!/x" * 17, "nested_too_deep")]
    assert len(found) == 17


def test_an_archive_that_holds_itself_many_times_is_bounded() -> None:
    packed = HELLO
    for n in range(12):
        packed = zipped({f"{n}.{m}": packed for m in range(8)}, zipfile.ZIP_STORED)
        if len(packed) > MIB:
            break
    found, errors = look(packed, limits=replace(LIMITS, members=2_000))
    assert len(found) <= 2_001
    assert {code for _, code in errors} == {"too_many"}


def test_archives_that_are_held_at_once_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents_module, "HELD", 15_000)
    inner = gzip.compress(tarred({"x": bytes(6000)}))
    assert look(inner)[0]["a!/content!/x"] == bytes(6000)
    outer = gzip.compress(tarred({"y.gz": inner, "z": b"1"}) + b"")
    found, errors = look(outer)
    assert errors == [("a!/content!/y.gz!/y", "too_large")]
    assert found["a!/content!/z"] == b"1"


def test_time_is_bounded() -> None:
    ticks = iter(range(1000))
    budget = Budget(replace(LIMITS, seconds=3.0), lambda: float(next(ticks)))
    errors = [
        each
        for each in contents(memoryview(zipped({str(n): b"1" for n in range(9)})), "a", budget)
        if not isinstance(each, Content)
    ]
    assert {error.code for error in errors} == {"deadline"}


@pytest.mark.parametrize(
    "data",
    [
        *(pack(b"") * 100 for pack in COMPRESSIONS.values()),
        cpio({}) * 100,
        (b"!<arch>\n" + (f"{'/':<48}{0:<10}`\n".encode() * 100)),
    ],
    ids=[*COMPRESSIONS, "cpio", "ar"],
)
def test_members_that_hold_nothing_take_time_too(data: bytes) -> None:
    ticks = iter(range(1000))
    budget = Budget(replace(LIMITS, seconds=50.0), lambda: float(next(ticks)))
    errors = [
        each.code
        for each in contents(memoryview(data), "a", budget)
        if not isinstance(each, Content)
    ]
    assert errors == ["deadline"]


def test_the_end_of_a_cpio_archive_is_padded_with_any_number_of_zeros() -> None:
    packed = cpio({"a": HELLO}) + bytes(200_000) + cpio({"b": b"2"})
    found, errors = look(packed)
    assert (found["a!/b"], errors) == (b"2", [])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0", Format.BZIP2),
        (b"BZh is no archive", None),
        (b"\x50\x2a\x4d\x18\x04\0\0\0abcd", Format.ZSTD),
        (b"PK\x03\x04", Format.ZIP),
        (b"\0" * 600, None),
        (b"123456" * 200, None),
        (b"070701 is a date", None),
        (b"070701", None),
    ],
)
def test_formats_are_told_by_their_first_bytes(data: bytes, kind: Format | None) -> None:
    assert format_of(memoryview(data)) is kind


def old_cpio(name: bytes, content: bytes) -> bytes:
    numbers = (0, 0, 0o100644, 0, 0, 1, 0)
    fields = b"".join(b"%06o" % number for number in numbers)
    sizes = b"%011o%06o%011o" % (0, len(name) + 1, len(content))
    return b"070707" + fields + sizes + name + b"\0" + content


def test_initial_file_systems_follow_each_other_and_the_last_is_compressed() -> None:
    packed = cpio({"early": HELLO}) + bytes(1024) + COMPRESSIONS["gz"](cpio({"init": b"x"}))
    found, errors = look(packed)
    assert (found["a!/early"], found["a!/rest!/content!/init"], errors) == (HELLO, b"x", [])


def test_the_older_form_of_cpio_is_read() -> None:
    packed = old_cpio(b"x", HELLO) + old_cpio(b"TRAILER!!!", b"")
    assert look(packed) == ({"a": packed, "a!/x": HELLO}, [])


def test_damaged_archives_of_cpio_are_told() -> None:
    whole = cpio({"x": HELLO, "y": b"1"})
    assert look(whole[:80])[1] == [("a", "truncated")]
    assert look(whole[:130])[1] == [("a", "truncated")]
    second = whole.rindex(b"070701", 0, -124)
    broken = whole[: second + 20] + b"z" + whole[second + 21 :]
    assert look(broken)[1] == [("a", "malformed")]
    assert look(b"070701" + b"f" * 104)[1] == [("a", "malformed")]
    assert look(whole, limits=replace(LIMITS, members=1))[1] == [("a", "too_many")]


def test_static_libraries_have_long_names_and_tables() -> None:
    header: Callable[[str, int], bytes] = lambda name, size: (  # noqa: E731  # one line each
        f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{size:<10}`\n".encode()
    )
    packed = b"!<arch>\n" + header("/", 4) + b"\0" * 4 + header("#1/8", 10) + b"long.o\0\0ab"
    packed += header("short.o/", 2) + b"cd"
    found, errors = look(packed)
    assert (found["a!/long.o"], found["a!/short.o"], errors) == (b"ab", b"cd", [])
