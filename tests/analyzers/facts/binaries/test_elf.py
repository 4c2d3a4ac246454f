"""ELF headers: every word size and byte order, without section headers, and broken ones."""

from __future__ import annotations

from typing import Any

import pytest

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.binaries import elf as module
from scantling_analyzers.facts.binaries.elf import Elf, parse
from scantling_analyzers.facts.binaries.reader import BinaryReader
from tests.analyzers.facts.files import read
from tests.builders.elf import BASE, elf, go_program, offsets

SECTIONS = {".text": bytes(20), ".data": b"data", ".note": b"note"}


def _parse(content: bytes) -> Elf:
    found = parse(memoryview(content))
    assert found is not None
    return found


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["<", ">"])
def test_sections_and_segments_in_every_word_size_and_byte_order(bits: int, order: str) -> None:
    found = _parse(elf(SECTIONS, bits=bits, order=order))
    section = found.section(b".data")
    assert section is not None
    assert bytes(found.content(section)) == b"data"
    assert section.address == BASE + offsets(SECTIONS, bits)[".data"]
    assert bytes(found.at(section.address + 1)) == b"ata"
    assert found.section(b".absent") is None
    assert found.at(7).nbytes == 0
    assert [bool(s.flags & module.SEGMENT_WRITABLE) for s in found.segments] == [False, True, False]


def test_a_program_without_section_headers_has_its_segments() -> None:
    found = _parse(elf(SECTIONS, stripped=True))
    assert (found.sections, found.damage) == ((), None)
    assert len(found.segments) == 3


@pytest.mark.parametrize("kind", [0, 1, 4])
def test_objects_and_core_dumps_and_others_are_nothing_that_runs(kind: int) -> None:
    assert parse(memoryview(elf(SECTIONS, kind=kind))) is None


def test_what_only_begins_like_elf_is_no_error() -> None:
    for content in (b"", b"\x7fELF", b"\x7fELF" + bytes(4096), b"\x7fELG" + elf({})[4:]):
        assert parse(memoryview(content)) is None
        assert not read(BinaryReader(), content, "x").errors


def test_a_class_that_only_the_kernel_ignores_is_an_error() -> None:
    content = bytearray(elf(SECTIONS))
    content[4] = 9
    assert read(BinaryReader(), bytes(content), "x").codes == ["malformed"]


def test_a_file_that_ends_in_its_header_is_an_error() -> None:
    for size in (18, 30, 63):
        assert read(BinaryReader(), elf(SECTIONS)[:size], "x").codes == ["truncated"]


@pytest.mark.parametrize(
    ("lies", "code"),
    [
        ({"segments_at": 1 << 40}, "truncated"),
        ({"segments": 4097}, "too_many"),
        ({"segment_size": 8}, "malformed"),
    ],
)
def test_segments_that_cannot_be_read_end_the_file(lies: dict[str, Any], code: str) -> None:
    found = read(BinaryReader(), elf(SECTIONS, **lies), "x")
    assert (found.codes, found.facts) == ([code], [])


@pytest.mark.parametrize(
    ("lies", "code"),
    [
        ({"sections_at": 1 << 60}, "truncated"),
        ({"section_size": 8}, "malformed"),
        ({"names": 77}, "malformed"),
        ({"section_count": 0xFF00}, "truncated"),
    ],
)
def test_sections_that_cannot_be_read_are_an_error_beside_the_segments(
    lies: dict[str, Any], code: str
) -> None:
    found = read(BinaryReader(), go_program("go1.22.3", **lies), "x")
    assert found.codes == [code]
    assert found.versions == [("stdlib", "1.22.3")]


def test_a_program_that_ends_before_the_names_of_its_sections_is_damaged() -> None:
    # Go's linker puts the headers of sections first and their names last.
    content = bytearray(elf(SECTIONS))
    content[-64 + 32 : -64 + 40] = (1 << 20).to_bytes(8, "little")
    damage = _parse(bytes(content)).damage
    assert damage is not None
    assert damage.reason == "truncated"


def test_too_many_sections_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SECTIONS", 3)
    damage = _parse(elf(SECTIONS)).damage
    assert damage is not None
    assert damage.reason == "too_many"


def test_counts_that_do_not_fit_the_header_stand_in_the_first_section() -> None:
    plain = elf(SECTIONS)
    content = bytearray(elf(SECTIONS, section_count=0, names=0xFFFF))
    at = int.from_bytes(plain[0x28:0x30], "little")
    content[at + 32 : at + 40] = (5).to_bytes(8, "little")
    content[at + 40 : at + 44] = (4).to_bytes(4, "little")
    assert _parse(bytes(content)).section(b".note") is not None


def test_a_section_beyond_the_end_is_an_error_when_it_is_read() -> None:
    found = _parse(elf(SECTIONS))
    section = found.section(b".note")
    assert section is not None
    with pytest.raises(Unreadable) as error:
        found.content(section._replace(size=1 << 40))
    assert error.value.reason == "truncated"
