"""rpm: which files a package owns, and what a header does that lists them wrongly."""

from __future__ import annotations

import struct

import pytest

from scantling_analyzers.facts.packages import ownership
from scantling_analyzers.facts.packages.rpm import files as module
from scantling_analyzers.facts.packages.rpm.reader import RpmReader
from tests.analyzers.facts.files import Found, keys, read
from tests.analyzers.facts.sample_data import image_files
from tests.builders import rpmdb
from tests.builders.rpmdb import RpmPackage

NAMES = [(1000, 6, b"a\0", 1), (1001, 6, b"1\0", 1)]
BASENAMES = (1117, 8, b"x\0y\0", 2)
DIRNAMES = (1118, 8, b"/usr/\0", 1)
DIRINDEXES = (1116, 4, struct.pack(">II", 0, 0), 2)


def _read(*headers: bytes) -> Found:
    return read(RpmReader(), rpmdb.ndb_database(headers), rpmdb.NDB)


def _tags(*tags: tuple[int, int, bytes, int]) -> Found:
    return _read(rpmdb.encode(sorted([*NAMES, *tags])))


def test_files_are_put_together_from_folder_and_name_and_folders_are_left_out() -> None:
    paths = ("/usr/bin/a", "/usr/share/doc/a/", "/usr/share/doc/a/README", "/etc/a.conf")
    found = _read(rpmdb.header(RpmPackage("a", paths=paths)), rpmdb.header(RpmPackage("b")))
    assert found.owned == {
        "rpm:a": keys(b"usr/bin/a", b"usr/share/doc/a/README", b"etc/a.conf"),
        "rpm:b": keys(b"opt/file-0", b"opt/file-1", b"opt/file-2"),
    }
    assert not found.errors


def test_files_that_were_not_installed_or_were_replaced_belong_to_nobody() -> None:
    package = RpmPackage("a", paths=("/a", "/b", "/c", "/d"), states=b"\0\1\2")
    assert _read(rpmdb.header(package)).owned == {"rpm:a": keys(b"a", b"d")}


def test_before_rpm_4_a_path_was_whole() -> None:
    assert _tags((1027, 8, b"/bin/x\0/bin/y\0", 2)).owned == {"rpm:a": keys(b"bin/x", b"bin/y")}


def test_a_package_without_files_owns_nothing() -> None:
    found = _read(rpmdb.header(RpmPackage("a", files=0)))
    assert (found.owned, found.codes, len(found.packages)) == ({}, [], 1)


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([BASENAMES], "malformed"),
        ([BASENAMES, DIRINDEXES], "malformed"),
        ([BASENAMES, DIRNAMES], "malformed"),
        ([BASENAMES, DIRNAMES, (1116, 4, struct.pack(">II", 0, 1), 2)], "malformed"),
        ([BASENAMES, DIRNAMES, (1116, 4, struct.pack(">I", 0), 9999)], "malformed"),
        ([BASENAMES, DIRNAMES, (1116, 6, b"0\0", 2)], "malformed"),
        ([(1117, 6, b"x\0y\0", 2), DIRNAMES, DIRINDEXES], "malformed"),
        ([(1117, 8, b"x\0y\0", 99), DIRNAMES, DIRINDEXES], "truncated"),
        ([(1117, 8, b"x\0y\0", 600_000), DIRNAMES, DIRINDEXES], "too_many"),
        ([(1117, 8, b"x\0y\0", 0xFFFFFFFF), DIRNAMES, DIRINDEXES], "too_many"),
        ([BASENAMES, (1118, 8, b"/" + b"u" * 5000 + b"/\0", 1), DIRINDEXES], "too_large"),
    ],
)
def test_files_listed_wrongly_are_an_error_and_the_package_stays(
    tags: list[tuple[int, int, bytes, int]], code: str
) -> None:
    found = _tags(*tags)
    assert found.versions == [("a", "1")]
    assert found.codes == [code]


def test_states_and_modes_of_another_form_say_nothing() -> None:
    found = _tags(BASENAMES, DIRNAMES, DIRINDEXES, (1029, 6, b"\2\2\0", 2), (1030, 4, b"\0" * 8, 2))
    assert found.owned == {"rpm:a": keys(b"usr/x", b"usr/y")}


def test_many_files_in_many_folders_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FILES", 2)
    found = _read(rpmdb.header(RpmPackage("a", files=3)), rpmdb.header(RpmPackage("b", files=2)))
    assert found.codes == ["too_many"]
    assert list(found.owned) == ["rpm:b"]


def test_lists_that_claim_much_and_hold_nothing_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "MAX_FILES", 5)
    wrong = rpmdb.encode(sorted([*NAMES, (1117, 8, b"x\0" * 3, 3), DIRNAMES]))
    found = _read(*[wrong] * 5)
    assert found.codes == ["malformed", "too_many"]
    assert found.versions == [("a", "1")]


@pytest.mark.parametrize(
    ("image", "path", "count"),
    [("alma9-micro", rpmdb.SQLITE, 2356), ("alma8-micro-s390x", rpmdb.BERKELEY, 2359)],
)
def test_real_images_own_nearly_every_file(image: str, path: str, count: int) -> None:
    files = image_files(image)
    found = Found(RpmReader(), files, path)
    owned = b"".join(found.owned.values())
    assert len(owned) == 8 * count
    known = {owned[at : at + 8] for at in range(0, len(owned), 8)}
    strangers = [
        name for name in files if keys(name.encode("utf-8", "surrogateescape")) not in known
    ]
    assert len(strangers) <= 30
    assert all(name.startswith(("etc/", "var/lib/rpm/", "root/", "run/")) for name in strangers)
