"""rpm: the same packages from every form of the database, and what broken ones do."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.rpm import reader as module
from scantling_analyzers.facts.packages.rpm.reader import RpmReader
from tests.analyzers.facts.files import Found, read
from tests.analyzers.facts.sample_data import image_files, sample
from tests.builders import rpmdb
from tests.builders.rpmdb import RpmPackage

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGES = [
    RpmPackage("bash", "5.1.8", "6.el9", source="bash-5.1.8-6.el9.src.rpm"),
    RpmPackage("shadow-utils", "4.9", "8.el9", epoch=2, files=3000, vendor="(none)"),
    RpmPackage("nodejs", "18.1", "1.module", module="nodejs:18:123:abc", arch="noarch"),
    RpmPackage("gpg-pubkey", "b86b3716", "61e69f29"),
    RpmPackage("zero", epoch=0, licence="(none)"),
]
HEADERS = [rpmdb.header(package) for package in PACKAGES]
VERSIONS = [
    ("bash", "5.1.8-6.el9"),
    ("shadow-utils", "2:4.9-8.el9"),
    ("nodejs", "18.1-1.module"),
    ("zero", "0:1.0-1.el9"),
]
FORMS: dict[str, tuple[str, Callable[[list[bytes]], bytes]]] = {
    "sqlite": (rpmdb.SQLITE, rpmdb.sqlite_database),
    "sqlite-512": (rpmdb.SQLITE, lambda h: rpmdb.sqlite_database(h, page_size=512)),
    "sqlite-65536": (rpmdb.SQLITE, lambda h: rpmdb.sqlite_database(h, page_size=65536)),
    "ndb": (rpmdb.NDB, rpmdb.ndb_database),
    "berkeley-little": (rpmdb.BERKELEY, rpmdb.berkeley_database),
    "berkeley-big": (rpmdb.BERKELEY, lambda h: rpmdb.berkeley_database(h, order=">")),
    "berkeley-512": (rpmdb.BERKELEY, lambda h: rpmdb.berkeley_database(h, page_size=512)),
}


def _read(content: bytes, path: str) -> Found:
    return read(RpmReader(), content, path)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_packages_without_public_keys(form: str) -> None:
    path, build = FORMS[form]
    found = _read(build(HEADERS), path)
    assert found.versions == VERSIONS
    assert not found.errors


@pytest.mark.parametrize("form", FORMS)
def test_many_packages_are_all_read(form: str) -> None:
    path, build = FORMS[form]
    count = 40 if form == "berkeley-512" else 300
    built = [RpmPackage(f"package-{n}", f"1.{n}", files=n % 100 + 1) for n in range(count)]
    found = _read(build([rpmdb.header(package) for package in built]), path)
    assert found.versions == [(package.name, f"{package.version}-1.el9") for package in built]
    assert not found.errors


@pytest.mark.parametrize("form", FORMS)
def test_a_database_cut_anywhere_ends_in_errors_never_in_silence(form: str) -> None:
    path, build = FORMS[form]
    whole = build(HEADERS)
    for size in range(1, len(whole) - 4096, max(1, len(whole) // 97)):
        found = _read(whole[:size], path)
        assert found.errors or found.versions == VERSIONS, size
        assert set(found.versions) <= set(VERSIONS)


@pytest.mark.parametrize("form", FORMS)
def test_a_database_without_packages_is_no_error(form: str) -> None:
    path, build = FORMS[form]
    found = _read(build([]), path)
    assert not found.facts
    assert not found.errors


def test_a_package_carries_what_its_header_says() -> None:
    package = RpmPackage(
        "nodejs-libs",
        "18.1",
        "1.module",
        epoch=1,
        arch="aarch64",
        source="nodejs-18.1-1.module.src.rpm",
        module="nodejs:18:123:abc",
    )
    found = _read(rpmdb.sqlite_database([rpmdb.header(package)]), rpmdb.SQLITE)
    assert found.packages == [
        Package(
            path=rpmdb.SQLITE,
            name="nodejs-libs",
            version="1:18.1-1.module",
            type="rpm",
            arch="aarch64",
            source_name="nodejs",
            source_version="18.1-1.module",
            licenses=("GPLv3+",),
            module="nodejs:18:123:abc",
            maintainer="AlmaLinux",
            found_by="rpm",
        )
    ]


def test_the_form_is_told_by_the_content_not_by_the_name() -> None:
    for _, build in FORMS.values():
        assert _read(build(HEADERS), rpmdb.BERKELEY).versions == VERSIONS


def test_the_live_log_beside_a_database_is_read_with_it() -> None:
    main, log = rpmdb.sqlite_with_log(HEADERS[:2], HEADERS[2:])
    assert _read(main, rpmdb.SQLITE).versions == VERSIONS[:2]
    layer = {rpmdb.SQLITE: main, f"{rpmdb.SQLITE}-wal": log}
    found = Found(RpmReader(), layer, rpmdb.SQLITE)
    assert found.versions == VERSIONS
    assert not found.errors
    assert not Found(RpmReader(), layer, f"{rpmdb.SQLITE}-wal").facts


def test_a_log_is_read_up_to_its_last_whole_commit() -> None:
    main, log = rpmdb.sqlite_with_log(HEADERS[:1], HEADERS[1:])
    found = Found(RpmReader(), {rpmdb.SQLITE: main, f"{rpmdb.SQLITE}-wal": log[:-1]}, rpmdb.SQLITE)
    assert found.versions == VERSIONS[:-1]
    torn = bytearray(log)
    torn[-2000] ^= 1
    found = Found(
        RpmReader(), {rpmdb.SQLITE: main, f"{rpmdb.SQLITE}-wal": bytes(torn)}, rpmdb.SQLITE
    )
    assert found.versions == VERSIONS[:-1]


def test_a_log_that_makes_no_sense_is_an_error_and_the_database_is_read() -> None:
    main = rpmdb.sqlite_database(HEADERS)
    layer = {rpmdb.SQLITE: main, f"{rpmdb.SQLITE}-wal": b"\xff" * 5000}
    found = Found(RpmReader(), layer, rpmdb.SQLITE)
    assert found.versions == VERSIONS
    assert [(error.code, error.path) for error in found.errors] == [
        ("malformed", f"{rpmdb.SQLITE}-wal")
    ]


def test_a_log_whose_database_lies_in_a_lower_layer_is_an_error() -> None:
    _, log = rpmdb.sqlite_with_log(HEADERS[:1], HEADERS[1:])
    assert _read(log, f"{rpmdb.SQLITE}-wal").codes == ["base_file_missing"]
    assert not _read(b"", f"{rpmdb.SQLITE}-wal").errors


def test_a_log_over_the_limit_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    main, log = rpmdb.sqlite_with_log(HEADERS[:2], HEADERS[2:])
    monkeypatch.setattr(module, "MAX_LOG_BYTES", 100)
    layer = {rpmdb.SQLITE: main, f"{rpmdb.SQLITE}-wal": log}
    found = Found(RpmReader(), layer, rpmdb.SQLITE)
    assert (found.versions, found.codes) == (VERSIONS[:2], ["too_large"])


def test_an_unfinished_transaction_is_told() -> None:
    layer = {rpmdb.SQLITE: rpmdb.sqlite_database(HEADERS)}
    layer[f"{rpmdb.SQLITE}-journal"] = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(600)
    found = Found(RpmReader(), layer, rpmdb.SQLITE)
    assert found.versions == VERSIONS
    assert found.codes == ["unfinished_transaction"]
    layer[f"{rpmdb.SQLITE}-journal"] = bytes(600)
    assert not Found(RpmReader(), layer, rpmdb.SQLITE).errors


def test_small_values_of_berkeley_db_stand_in_the_hash_page() -> None:
    small = [rpmdb.header(RpmPackage(f"p{n}", files=1)) for n in range(5)]
    found = _read(rpmdb.berkeley_database(small, inline=True), rpmdb.BERKELEY)
    assert [name for name, _ in found.versions] == ["p0", "p1", "p2", "p3", "p4"]


def test_overflow_pages_in_a_circle_end() -> None:
    content = bytearray(rpmdb.berkeley_database(HEADERS[:2]))
    struct.pack_into("<I", content, 2 * 4096 + 16, 2)
    found = _read(bytes(content), rpmdb.BERKELEY)
    assert found.versions == VERSIONS[1:2]
    assert found.codes == ["malformed"]


def test_a_tree_in_a_circle_ends() -> None:
    whole = bytearray(rpmdb.sqlite_database([rpmdb.header(RpmPackage(f"p{n}")) for n in range(99)]))
    interior = next(at for at in range(4096, len(whole), 4096) if whole[at] == 5)
    struct.pack_into(">I", whole, interior + 8, interior // 4096 + 1)
    found = _read(bytes(whole), rpmdb.SQLITE)
    assert 50 < len(found.packages) < 99
    assert found.codes == ["malformed"]


def test_rows_that_overlap_can_t_multiply_the_work() -> None:
    whole = bytearray(rpmdb.sqlite_database([rpmdb.header(RpmPackage("a", files=1))]))
    leaf = next(at for at in range(4096, len(whole), 4096) if whole[at + 3 : at + 5] == b"\0\1")
    (cell,) = struct.unpack_from(">H", whole, leaf + 8)
    count = (cell - 8) // 2
    struct.pack_into(f">H3x{count}H", whole, leaf + 3, count, *[cell] * count)
    found = _read(bytes(whole), rpmdb.SQLITE)
    assert found.versions == [("a", "1.0-1.el9")]
    assert "malformed" in found.codes


def test_slots_that_share_a_package_can_t_multiply_the_work() -> None:
    whole = bytearray(rpmdb.ndb_database([HEADERS[0]]))
    for slot in range(2, 256):
        whole[slot * 16 : slot * 16 + 16] = whole[32:48]
    found = _read(bytes(whole), rpmdb.NDB)
    assert found.versions == VERSIONS[:1]
    assert found.codes == ["malformed"]


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ((0xFFFFFFFF, 16), "too_large"),
        ((1, 0xFFFFFFFF), "too_large"),
        ((60_000, 16), "truncated"),
        ((0, 0), "malformed"),
    ],
)
def test_a_header_with_absurd_counts_is_an_error(counts: tuple[int, int], code: str) -> None:
    content = rpmdb.ndb_database([HEADERS[0], struct.pack(">II", *counts) + bytes(64)])
    found = _read(content, rpmdb.NDB)
    assert found.versions == VERSIONS[:1]
    assert found.codes == [code]


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ((1000, 6, b"a" * 5000 + b"\0", 1), "too_large"),
        ((1000, 6, b"no end", 1), None),
        ((1000, 4, b"\0\0\0\1", 1), "malformed"),
        ((1003, 6, b"1\0", 1), "malformed"),
        ((1000, 6, b"a\0", 0), "malformed"),
        ((1000, 200, b"a\0", 1), "malformed"),
    ],
)
def test_a_tag_of_an_impossible_form_is_an_error(
    tag: tuple[int, int, bytes, int], code: str | None
) -> None:
    tags = [(1000, 6, b"a\0", 1), (1001, 6, b"1\0", 1), tag]
    found = _read(rpmdb.ndb_database([rpmdb.encode(tags)]), rpmdb.NDB)
    assert found.codes == ([code] if code else [])


def test_of_a_tag_that_rpm_appended_the_last_counts() -> None:
    tags = [(1000, 6, b"a\0", 1), (1001, 6, b"1\0", 1), (1001, 6, b"2\0", 1)]
    assert _read(rpmdb.ndb_database([rpmdb.encode(tags)]), rpmdb.NDB).versions == [("a", "2")]


def test_names_that_are_no_utf8_or_steer_terminals_are_escaped() -> None:
    header = rpmdb.header(RpmPackage("a\udcff\x1b[31m", "1\u202e"))
    found = _read(rpmdb.sqlite_database([header]), rpmdb.SQLITE)
    assert found.versions == [(r"a\xff\x1b[31m", r"1\xe2\x80\xae-1.el9")]


def test_a_file_of_another_kind_is_an_error() -> None:
    assert _read(b"\x7fELF" + bytes(4096), rpmdb.BERKELEY).codes == ["unsupported_format"]
    assert _read(b"", rpmdb.BERKELEY).codes == ["truncated"]
    assert _read(b"SQLite format 3\0", rpmdb.SQLITE).codes == ["truncated"]
    other = rpmdb.sqlite_database([]).replace(b"Packages", b"Pakkages")
    assert _read(other, rpmdb.SQLITE).codes == ["unsupported_format"]


def test_too_much_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    content = rpmdb.ndb_database(HEADERS)
    monkeypatch.setattr(module, "MAX_FACTS", 2)
    found = _read(content, rpmdb.NDB)
    assert (found.versions, found.codes) == (VERSIONS[:2], ["too_many"])
    monkeypatch.setattr(module, "MAX_DATABASE_BYTES", 100)
    assert _read(content, rpmdb.NDB).codes == ["too_large"]


@pytest.mark.parametrize(
    ("image", "path", "count", "bash"),
    [
        ("alma9-micro", rpmdb.SQLITE, 22, "5.1.8-6.el9_1"),
        ("alma8-micro-s390x", rpmdb.BERKELEY, 19, "4.4.20-4.el8_6"),
    ],
)
def test_real_images(image: str, path: str, count: int, bash: str) -> None:
    files = image_files(image)
    found = Found(RpmReader(), files, path)
    assert not found.errors
    assert len(found.packages) == count
    assert ("bash", bash) in found.versions


@pytest.mark.parametrize(
    ("name", "count", "first"),
    [
        ("cbl-mariner-2.0/rpmdb.sqlite", 129, ("mariner-release", "2.0-4.cm2")),
        ("sle15-bci/Packages.db", 35, ("system-user-root", "20190513-3.3.1")),
        ("libuuid/Packages", 1, ("libuuid", "2.32.1-42.el8_8")),
    ],
)
def test_real_databases(name: str, count: int, first: tuple[str, str]) -> None:
    path = f"var/lib/rpm/{name.rpartition('/')[2]}"
    found = _read(sample(f"rpmdb/{name}").read_bytes(), path)
    assert not found.errors
    assert len(found.packages) == count
    assert found.versions[0] == first
