"""What is packed in a 7z archive is looked at, or it is said what was not."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import pytest
from msgspec.structs import replace

from scantling_analyzers.facts.archives.budget import Budget
from scantling_analyzers.facts.archives.contents import Content, contents
from scantling_analyzers.limits import ArchiveLimits
from tests.builders.packed import zipped
from tests.builders.seven_zip import AES, LZMA2, WAYS, X86, number, seven_zip, with_directory

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMITS: Final = ArchiveLimits()
CHANCE: Final = random.Random(7)  # noqa: S311  # the same bytes each time
NOISE: Final = CHANCE.randbytes(300_000)
PROGRAM: Final = NOISE[:99] + b"\xe8\0\1\2\0" * 30_000 + b"end"
FILES: Final = {"a": b"hello " * 99, "empty": b"", "d/prog": PROGRAM, "ö": b"x"}
FULL: Final = {f"x!/{name}": content for name, content in FILES.items() if content}
DIRECTORY: Final = b"\1\4\6"
"""How the directory begins that the builder makes."""
DEFLATE64, BCJ2 = (b"\x04\x01\x09", b""), (b"\x03\x03\x01\x1b", b"")


def look(
    data: bytes, limits: ArchiveLimits = LIMITS, ticks: float = 0.0
) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    """Return what is packed by its path, and the errors as (path, code)."""
    clock = iter(range(10_000_000))
    budget = Budget(limits, lambda: next(clock) * ticks)
    found = list(_copied(data, budget))
    contents_ = {each[0]: each[1] for each in found if isinstance(each[1], bytes)}
    errors = [(path, code) for path, code in found if isinstance(code, str)]
    return contents_, errors


def _copied(data: bytes, budget: Budget) -> Sequence[tuple[str, bytes | str]]:
    # Content is valid until the next one is asked for.
    found: list[tuple[str, bytes | str]] = []
    for each in contents(memoryview(data), "x", budget):
        if not isinstance(each, Content):
            found.append((each.path, each.code))
        elif each.path != "x":
            found.append((each.path, bytes(each.data)))
    return found


@pytest.mark.parametrize("together", [1, 2, 9])
@pytest.mark.parametrize("way", WAYS)
def test_files_are_unpacked(way: str, together: int) -> None:
    assert look(seven_zip(FILES, way, together=together)) == (FULL, [])
    assert look(seven_zip(FILES, way, together=together, encoded=True)) == (FULL, [])


def test_an_archive_of_nothing_is_one() -> None:
    assert look(with_directory(b"", b"")) == ({}, [])
    assert look(seven_zip({"empty": b""})) == ({}, [])


def test_archives_in_it_are_unpacked_too() -> None:
    inner = seven_zip({"b.zip": zipped({"c": b"deep"})}, "bzip2")
    found, errors = look(seven_zip({"a.7z": inner}))
    assert (found["x!/a.7z!/b.zip!/c"], errors) == (b"deep", [])


@pytest.mark.parametrize("coders", [(AES,), (LZMA2, AES), (DEFLATE64,), (BCJ2,), (X86,)])
def test_what_is_encrypted_or_packed_in_a_rare_way_is_told(
    coders: Sequence[tuple[bytes, bytes]],
) -> None:
    packed = seven_zip(FILES, coders=coders)
    assert look(packed) == ({}, [("x!/a", "unsupported_format")])
    assert look(seven_zip(FILES, together=1, coders=coders))[1] == [
        (path, "unsupported_format") for path in FULL
    ]


def test_a_directory_that_is_encrypted_is_told() -> None:
    packed = seven_zip(FILES, encoded=True)
    at = packed.rindex(b"\x21\x21\1\x10")
    directory = (
        packed[packed.rindex(b"\x17\x06") : at] + b"\x24\x06\xf1\x07\x01\1\x10" + packed[at + 4 :]
    )
    assert look(with_directory(b"", directory)) == ({}, [("x", "unsupported_format")])


def test_damage_is_told_and_what_stands_before_it_is_looked_at() -> None:
    files = {"a": b"hello", "b": NOISE, "c": b"more"}
    packed = bytearray(seven_zip(files))
    packed[200_000] ^= 0xFF
    found, errors = look(bytes(packed))
    assert found["x!/a"] == b"hello"
    assert errors
    assert {code for _, code in errors} <= {"malformed", "truncated"}
    assert {path for path, _ in errors} <= {"x!/b", "x!/c"}


@pytest.mark.parametrize("way", WAYS)
def test_content_that_is_not_what_its_checksum_says_is_told(way: str) -> None:
    packed = bytearray(seven_zip({"a": bytes(range(256)) * 9}, way))
    packed[40] ^= 0x55
    _, errors = look(bytes(packed))
    assert [path for path, _ in errors] == ["x!/a"]
    assert errors[0][1] in {"malformed", "truncated"}


def test_an_archive_that_is_cut_is_told_wherever_it_is() -> None:
    packed = seven_zip(FILES)
    for end in [*range(6, 40), len(packed) // 2, len(packed) - 1]:
        assert look(packed[:end]) == ({}, [("x", "truncated")]), end


def test_its_header_and_directory_have_checksums() -> None:
    packed = seven_zip(FILES)
    for at in (8, 12, 20, 28, len(packed) - 3):
        damaged = bytearray(packed)
        damaged[at] ^= 1
        assert look(bytes(damaged))[1] == [("x", "malformed")], at


def test_a_directory_that_lies_is_told_and_nothing_else_happens() -> None:
    plain = seven_zip(FILES, "x86", together=2)
    start = plain.rindex(DIRECTORY)
    body, directory = plain[32:start], plain[start:]
    codes: set[str] = set()
    for _ in range(1500):
        lying = bytearray(directory)
        for _ in range(CHANCE.randrange(1, 4)):
            lying[CHANCE.randrange(len(lying))] = CHANCE.choice([0, 1, 2, 5, 9, 0x7F, 0x80, 0xFF])
        lying = lying[: CHANCE.choice([len(lying), CHANCE.randrange(1, len(lying))])]
        codes |= {code for _, code in look(with_directory(body, bytes(lying)))[1]}
    assert codes <= {"malformed", "truncated", "unsupported_format", "too_many", "too_large"}
    assert {"malformed", "too_many"} <= codes


@pytest.mark.parametrize(
    ("limits", "errors"),
    [
        (replace(LIMITS, nested_bytes=1000), [("x!/a", "too_large")]),
        (replace(LIMITS, members=3), [("x", "too_many")]),
        (
            replace(LIMITS, inflated_bytes=100_000),
            [("x!/d/prog", "too_large"), ("x!/ö", "too_large")],
        ),
        (replace(LIMITS, depth=0), [(path, "nested_too_deep") for path in FULL]),
    ],
)
def test_it_is_bounded(limits: ArchiveLimits, errors: list[tuple[str, str]]) -> None:
    assert look(seven_zip(FILES, "copy"), limits)[1] == errors


def test_a_bomb_is_not_unpacked() -> None:
    bomb = seven_zip({"a": bytes(20_000_000)})
    assert look(bomb, replace(LIMITS, ratio_floor=1_000_000))[1] == [("x!/a", "too_large")]


def test_time_is_bounded() -> None:
    assert look(seven_zip({"a": PROGRAM * 9}, "copy"), ticks=50.0)[1] == [("x!/a", "deadline")]


def test_a_directory_that_is_packed_again_and_again_is_told() -> None:
    # It is stored, and so unpacks to itself.
    stored = (
        b"\x17\x06" + number(0) + b"\1\x09" + number(99) + b"\0\x07\x0b\1\0\1\1\0\x0c" + number(99)
    )
    stored += b"\0\0"
    body = stored.ljust(99, b"\0")
    assert look(with_directory(body, stored))[1] == [("x", "nested_too_deep")]


def test_a_dictionary_that_takes_too_much_memory_is_told() -> None:
    limits = replace(LIMITS, nested_bytes=1 << 40, ratio=1 << 40)
    packed = seven_zip({"a": b"hello"}, coders=((b"\x21", b"\x28"),))
    assert look(packed, limits)[0] == {"x!/a": b"hello"}
    huge = packed.replace(b"\x0c\x05", b"\x0c" + number(1 << 30), 1)
    start = huge.rindex(DIRECTORY)
    told = look(with_directory(packed[32 : packed.rindex(DIRECTORY)], huge[start:]), limits)[1]
    assert told == [("x!/a", "too_large")]
