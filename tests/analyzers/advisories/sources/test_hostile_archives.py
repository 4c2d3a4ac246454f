"""Bombs, lies and damage in archives are told, are bounded, and cost nothing but themselves."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import struct
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.advisories.sources.limits import LIMITS, MIB
from tests.analyzers.advisories.sources.archives import (
    FILES,
    PACKERS,
    entry,
    read,
    tar_of,
    tarred,
    written,
    zipped,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.analyzers.advisories.sources.archives import Archiver


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../../etc/passwd", "leads out"),
        ("a/../../b", "leads out"),
        ("/etc/passwd", "absolute"),
        ("a\\..\\..\\b", "leads out"),
        ("C:/windows", "absolute"),
        ("x" * 5000, "too long"),
    ],
)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_cve_2007_4559_names_that_lead_out_are_told_and_not_taken(
    tmp_path: Path, name: str, why: str, pack: Archiver
) -> None:
    documents, (lost,) = read(written(tmp_path, "a", pack({name: b"x", "good": b"{}"})))

    assert documents == {"a!/good": b"{}"}
    assert lost.code == "source_unsafe"
    assert why in lost.message


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_in_a_tar_archive_are_told_and_not_followed(tmp_path: Path, kind: bytes) -> None:
    packed = tar_of(entry("link", kind, "/etc/passwd"), entry("good", size=3))
    documents, (lost,) = read(written(tmp_path, "a.tar", packed))

    assert documents == {"a.tar!/good": b"xxx"}
    assert (lost.path, lost.code) == ("a.tar!/link", "source_unsafe")


def test_a_link_in_a_zip_archive_is_told_and_not_followed(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    documents, (lost,) = read(written(tmp_path, "a.zip", packed.getvalue()))

    assert documents == {}
    assert (lost.path, lost.code) == ("a.zip!/link", "source_unsafe")


def test_devices_and_folders_in_a_tar_archive_are_no_documents(tmp_path: Path) -> None:
    packed = tar_of(
        entry("folder", tarfile.DIRTYPE), entry("null", tarfile.CHRTYPE), entry("fifo", b"6")
    )
    documents, lost = read(written(tmp_path, "a.tar", packed))

    assert documents == {}
    assert [each.path for each in lost] == ["a.tar!/null", "a.tar!/fifo"]


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_decompression_bomb_is_stopped(tmp_path: Path, suffix: str) -> None:
    bomb = PACKERS[suffix](bytes(8 * MIB))
    written(tmp_path, f"bomb{suffix}", bomb)
    written(tmp_path, "good", b"{}")

    documents, (lost,) = read(tmp_path, LIMITS._replace(ratio=20, ratio_floor=MIB))

    assert documents == {"good": b"{}"}
    assert lost.code == "source_too_large"
    assert "bomb" in lost.message


def test_a_bomb_in_a_zip_archive_is_stopped(tmp_path: Path) -> None:
    packed = zipped({"bomb": bytes(8 * MIB), "good": b"{}"})
    documents, (lost,) = read(
        written(tmp_path, "a.zip", packed), LIMITS._replace(ratio=20, ratio_floor=MIB)
    )

    assert documents == {"a.zip!/good": b"{}"}
    assert (lost.path, lost.code) == ("a.zip!/bomb", "source_too_large")


def test_a_document_over_the_limit_costs_itself_alone(tmp_path: Path) -> None:
    limits = LIMITS._replace(document_bytes=1000)
    files = {"large": bytes(1001), "small": b"{}"}
    written(tmp_path, "a.zip", zipped(files))
    written(tmp_path, "b.tar", tarred(files))
    written(tmp_path, "c", bytes(1001))

    documents, lost = read(tmp_path, limits)

    assert set(documents) == {"a.zip!/small", "b.tar!/small"}
    assert [(each.path, each.code) for each in lost] == [
        ("a.zip!/large", "source_too_large"),
        ("b.tar!/large", "source_too_large"),
        ("c", "source_too_large"),
    ]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_all_of_a_file_is_bounded(tmp_path: Path, pack: Archiver) -> None:
    packed = pack({f"{n}": bytes(600) for n in range(10)})
    written(tmp_path, "a", packed)
    written(tmp_path, "b", b"{}")

    documents, lost = read(tmp_path, LIMITS._replace(total_bytes=1500))

    assert set(documents) == {"a!/0", "a!/1", "b"}
    assert [(each.path, each.code) for each in lost] == [("a", "source_too_large")]


def test_all_of_a_compressed_file_is_bounded(tmp_path: Path) -> None:
    path = written(tmp_path, "a.tar.gz", gzip.compress(tarred({"a": bytes(50_000)})))
    documents, lost = read(path, LIMITS._replace(total_bytes=10_000))

    assert documents == {}
    assert {each.code for each in lost} == {"source_too_large"}


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_entries_are_bounded(tmp_path: Path, pack: Archiver) -> None:
    packed = pack({f"{n}": b"{}" for n in range(5)})
    _, lost = read(written(tmp_path, "a", packed), LIMITS._replace(entries=3))

    assert [each.code for each in lost] == ["source_too_large"]


def test_a_zip_directory_that_claims_too_much_is_not_read(tmp_path: Path) -> None:
    packed = bytearray(zipped(FILES))
    struct.pack_into("<I", packed, packed.rfind(b"PK\x05\x06") + 12, 1 << 31)
    _, (lost,) = read(written(tmp_path, "a.zip", bytes(packed)))

    assert lost.code == "source_damaged"


def test_a_zip64_directory_that_claims_too_much_is_not_read(tmp_path: Path) -> None:
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 1 << 40, 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, 4, 1)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    _, (lost,) = read(written(tmp_path, "a.zip", b"PK\x03\x04" + end64 + locator + end))

    assert lost.code == "source_damaged"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_whose_output_has_no_bound_is_not_read(tmp_path: Path, method: int) -> None:
    packed = zipped({"bomb": bytes(MIB)}, method)
    documents, (lost,) = read(written(tmp_path, "a.zip", packed))

    assert documents == {}
    assert (lost.path, lost.code) == ("a.zip!/bomb", "source_damaged")
    assert "method" in lost.message


def test_entries_that_share_their_content_are_bounded_together(tmp_path: Path) -> None:
    # As in the zip bombs of Fifield: many records of the directory, one entry.
    content = os.urandom(1000)
    packed = zipped({"a": content}, zipfile.ZIP_STORED)
    at = packed.find(b"PK\x01\x02")
    end = packed.rfind(b"PK\x05\x06")
    record, many = packed[at:end], 500
    ending = bytearray(packed[end:])
    struct.pack_into("<HHI", ending, 8, many, many, len(record) * many)
    path = written(tmp_path, "a.zip", packed[:at] + record * many + bytes(ending))
    limits = LIMITS._replace(ratio=2, ratio_floor=1000)

    lost = read(path, limits)[1]

    assert [each.code for each in lost] == ["source_too_large"]


def test_an_archive_of_very_many_entries_is_read_through(tmp_path: Path) -> None:
    # Over 65,535 entries take the longer form of the end.
    files = {f"{n:05}": b"%d" % n for n in range(66_000)}
    documents, lost = read(written(tmp_path, "a.zip", zipped(files, zipfile.ZIP_STORED)))

    assert documents == {f"a.zip!/{name}": content for name, content in files.items()}
    assert lost == []


@pytest.mark.parametrize("size", [1 << 31, (1 << 32) - 2])
def test_an_entry_that_begins_beyond_the_end_is_told(tmp_path: Path, size: int) -> None:
    packed = bytearray(zipped({"a": b"x", "b": b"y"}))
    struct.pack_into("<I", packed, packed.find(b"PK\x01\x02") + 42, size)
    documents, (lost,) = read(written(tmp_path, "a.zip", bytes(packed)))

    assert documents == {"a.zip!/b": b"y"}
    assert (lost.path, lost.code) == ("a.zip!/a", "source_damaged")


def test_an_entry_in_whose_place_another_stands_is_told(tmp_path: Path) -> None:
    packed = bytearray(zipped({"a": b"x", "b": b"y"}))
    struct.pack_into("<I", packed, packed.find(b"PK\x01\x02") + 42, packed.rfind(b"PK\x03\x04"))
    documents, (lost,) = read(written(tmp_path, "a.zip", bytes(packed)))

    assert documents == {"a.zip!/b": b"y"}
    assert (lost.path, lost.code) == ("a.zip!/a", "source_damaged")


@pytest.mark.parametrize("junk", [b"", b"#!/bin/sh\n" * 100])
def test_an_archive_may_stand_behind_something_else(tmp_path: Path, junk: bytes) -> None:
    inner = b"PK\x03\x04" + junk
    documents, lost = read(written(tmp_path, "a.zip", inner + zipped(FILES)))

    assert set(documents) == {"a.zip!/a.json", "a.zip!/dir/b.json"}
    assert lost == []


def test_a_zip64_archive_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    packed = zipped({"a": b"x" * 50, "b": b"y"})
    assert b"PK\x06\x06" in packed

    documents, lost = read(written(tmp_path, "a.zip", packed))

    assert documents == {"a.zip!/a": b"x" * 50, "a.zip!/b": b"y"}
    assert lost == []


def test_an_entry_without_a_name_is_told(tmp_path: Path) -> None:
    packed = bytearray(zipped({"a": b"x", "b": b"y"}))
    at = packed.find(b"PK\x01\x02")
    # The only byte of the name becomes extra data.
    packed[at + 28 : at + 32] = b"\0\0\1\0"
    documents, (lost,) = read(written(tmp_path, "a.zip", bytes(packed)))

    assert documents == {"a.zip!/b": b"y"}
    assert lost.code == "source_unsafe"


def test_an_encrypted_entry_is_told(tmp_path: Path) -> None:
    packed = bytearray(zipped({"a": b"x", "b": b"y"}))
    packed[packed.find(b"PK\x01\x02") + 8] |= 1
    documents, (lost,) = read(written(tmp_path, "a.zip", bytes(packed)))

    assert documents == {"a.zip!/b": b"y"}
    assert (lost.path, lost.code) == ("a.zip!/a", "source_damaged")


def test_an_entry_of_a_zip_archive_that_is_broken_costs_itself_alone(tmp_path: Path) -> None:
    content = os.urandom(1000)
    packed = bytearray(zipped({"a": content, "b": b"{}"}, zipfile.ZIP_STORED))
    packed[packed.find(content) + 500] ^= 1
    documents, (lost,) = read(written(tmp_path, "a.zip", bytes(packed)))

    assert documents == {"a.zip!/b": b"{}"}
    assert (lost.path, lost.code) == ("a.zip!/a", "source_damaged")


@pytest.mark.parametrize("cut", [10, 100, 700])
def test_a_zip_archive_that_was_cut_is_told(tmp_path: Path, cut: int) -> None:
    packed = zipped({f"{n}.json": os.urandom(200) for n in range(5)})[:-cut]
    documents, lost = read(written(tmp_path, "a.zip", packed))

    assert documents == {}
    assert [each.code for each in lost] == ["source_damaged"]


def test_a_tar_archive_that_was_cut_gives_what_came_before(tmp_path: Path) -> None:
    packed = tarred({"a": b"1" * 600, "b": b"2" * 600}, tarfile.USTAR_FORMAT)
    documents, lost = read(written(tmp_path, "a.tar", packed[: 512 + 1024 + 512 + 300]))

    assert documents == {"a.tar!/a": b"1" * 600}
    assert {each.code for each in lost} == {"source_damaged"}


@pytest.mark.parametrize(
    ("at", "content"),
    [
        (1536 + 148, b"9999999\0"),
        (1536 + 124, b"notanumber\0\0"),
        (1536 + 156, b"\x7f"),
    ],
)
def test_a_header_that_is_broken_ends_a_tar_archive(
    tmp_path: Path, at: int, content: bytes
) -> None:
    packed = bytearray(tarred({"a": b"1" * 600, "b": b"2" * 600}, tarfile.USTAR_FORMAT))
    packed[at : at + len(content)] = content
    documents, (lost,) = read(written(tmp_path, "a.tar", bytes(packed)))

    assert documents == {"a.tar!/a": b"1" * 600}
    assert lost.code == "source_damaged"


@pytest.mark.parametrize(
    ("records", "code"),
    [
        (b"99 path=x\n", "source_damaged"),
        (b"11 size=-5\n", "source_damaged"),
        (b"10 size=x\n", "source_damaged"),
    ],
)
def test_extended_headers_that_lie_end_a_tar_archive(
    tmp_path: Path, records: bytes, code: str
) -> None:
    packed = tar_of(entry("pax", b"x", size=len(records)), entry("a", size=1))
    packed = packed[:512] + records.ljust(512, b"\0") + packed[1024:]
    _, lost = read(written(tmp_path, "a.tar", packed))

    assert [each.code for each in lost] == [code]


def test_an_extended_header_of_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    header = entry("pax", b"x", size=1 << 30).tobuf()
    _, (lost,) = read(written(tmp_path, "a.tar", header + bytes(1024)))

    assert lost.code == "source_too_large"


@pytest.mark.parametrize("length", [512, 600, 1000])
def test_an_archive_that_ends_in_a_header_is_told(tmp_path: Path, length: int) -> None:
    packed = tar_of(entry("pax", b"x", size=500)) + bytes(512)
    _, (lost,) = read(written(tmp_path, "a.tar", packed[:length]))

    assert lost.code == "source_damaged"


@pytest.mark.parametrize("suffix", PACKERS)
def test_compressed_data_that_ends_early_is_told(tmp_path: Path, suffix: str) -> None:
    packed = PACKERS[suffix](os.urandom(100_000))
    documents, (lost,) = read(written(tmp_path, f"a{suffix}", packed[:-100]))

    assert documents == {}
    assert (lost.file, lost.code) == (f"a{suffix}", "source_damaged")


@pytest.mark.parametrize("suffix", PACKERS)
def test_compressed_data_that_is_broken_is_told(tmp_path: Path, suffix: str) -> None:
    packed = bytearray(PACKERS[suffix](bytes(range(256)) * 4000))
    packed[len(packed) // 2 :] = b"\xff" * (len(packed) - len(packed) // 2)
    documents, (lost,) = read(written(tmp_path, f"a{suffix}", bytes(packed)))

    assert documents == {}
    assert lost.code == "source_damaged"


@pytest.mark.parametrize("suffix", PACKERS)
def test_what_follows_the_end_of_compressed_data_is_told(tmp_path: Path, suffix: str) -> None:
    packed = PACKERS[suffix](b"content") + b"something else"
    documents, (lost,) = read(written(tmp_path, f"a{suffix}", packed))

    assert documents == {}
    assert lost.code == "source_damaged"


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".bz2"])
def test_zeros_may_follow_the_end_of_compressed_data(tmp_path: Path, suffix: str) -> None:
    packed = PACKERS[suffix](b"content") + bytes(1000)

    assert read(written(tmp_path, f"a{suffix}", packed)) == ({"a": b"content"}, [])


def test_a_dictionary_that_is_too_large_is_not_made(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 64 * MIB}]
    packed = lzma.compress(b"content", filters=filters)
    _, (lost,) = read(written(tmp_path, "a.xz", packed), LIMITS._replace(memory_bytes=16 * MIB))

    assert lost.code == "source_damaged"
    assert "emory" in lost.message


def test_a_tar_archive_damaged_inside_its_compression_gives_what_came_before(
    tmp_path: Path,
) -> None:
    first, second = tarred({"a": b"1"})[:1024], tarred({"b": os.urandom(200_000)})
    packed = gzip.compress(first) + gzip.compress(second)[:-5000]
    documents, lost = read(written(tmp_path, "a.tar.gz", packed))

    assert documents == {"a.tar.gz!/a": b"1"}
    assert {each.code for each in lost} == {"source_damaged"}
