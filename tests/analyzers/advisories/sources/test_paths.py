"""Documents are found in files, directories and archives, by paths that can be shown."""

from __future__ import annotations

import gzip
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from scantling_analyzers.advisories.feeds.contract import HEAD, FeedUnreadable
from scantling_analyzers.advisories.sources.document import of_bytes
from scantling_analyzers.advisories.sources.errors import SourceError, SourceTooLarge
from scantling_analyzers.advisories.sources.limits import IN_MEMORY, LIMITS
from tests.analyzers.advisories.sources.archives import (
    FILES,
    PACKERS,
    read,
    tarred,
    written,
    zipped,
)


def test_a_file_is_a_document(tmp_path: Path) -> None:
    assert read(written(tmp_path, "a.json", b"{}")) == ({"a.json": b"{}"}, [])


def test_the_folder_that_a_source_is_in_stays_in_paths_where_it_names_a_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, "kylin:V10-SP2/updateinfo.xml", b"<updates/>")
    named = {"kylin:V10-SP2/updateinfo.xml": b"<updates/>"}

    assert read(file) == (named, [])
    assert read(file.parent) == (named, [])
    assert read(tmp_path) == (named, [])
    monkeypatch.chdir(file.parent)
    assert read(Path(file.name)) == (named, [])
    assert read(Path()) == (named, [])
    assert read(written(tmp_path, "some:thing/a.json", b"{}")) == ({"a.json": b"{}"}, [])


def test_a_directory_gives_all_files_by_their_paths(tmp_path: Path) -> None:
    for name, content in FILES.items():
        written(tmp_path, name, content)

    assert read(tmp_path) == (FILES, [])


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_archive_gives_its_entries(tmp_path: Path, method: int) -> None:
    documents, lost = read(written(tmp_path, "all.zip", zipped(FILES, method)))

    assert documents == {f"all.zip!/{name}": content for name, content in FILES.items()}
    assert lost == []


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_tar_archive_gives_its_entries(tmp_path: Path, form: int) -> None:
    long = "/".join(["d" * 50] * 4) + "/c.json"
    files = FILES if form == tarfile.USTAR_FORMAT else {**FILES, long: b"3" * 5000}
    documents, lost = read(written(tmp_path, "all.tar", tarred(files, form)))

    assert documents == {f"all.tar!/{name}": content for name, content in files.items()}
    assert lost == []


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_compressed_file_goes_by_the_name_of_what_it_holds(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path, f"updateinfo.xml{suffix}", PACKERS[suffix](b"<updates/>"))

    assert read(path) == ({"updateinfo.xml": b"<updates/>"}, [])


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_compressed_tar_archive_streams_by(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path, f"all.tar{suffix}", PACKERS[suffix](tarred(FILES)))
    documents, lost = read(path)

    assert documents == {f"all.tar{suffix}!/{name}": content for name, content in FILES.items()}
    assert lost == []


@pytest.mark.parametrize("suffix", PACKERS)
def test_several_members_are_one_content(tmp_path: Path, suffix: str) -> None:
    packed = PACKERS[suffix](b"one ") + PACKERS[suffix](b"two")

    assert read(written(tmp_path, f"a{suffix}", packed)) == ({"a": b"one two"}, [])


def test_archives_in_an_archive_are_read(tmp_path: Path) -> None:
    inner = {"Go/all.zip": zipped(FILES), "b.json.gz": gzip.compress(b"{}")}
    documents, lost = read(written(tmp_path, "osv.tar.xz", lzma.compress(tarred(inner))))

    assert documents == {
        "osv.tar.xz!/Go/all.zip!/a.json": FILES["a.json"],
        "osv.tar.xz!/Go/all.zip!/dir/b.json": FILES["dir/b.json"],
        "osv.tar.xz!/b.json": b"{}",
    }
    assert lost == []


def test_archives_in_archives_in_archives_are_told_and_not_read(tmp_path: Path) -> None:
    inner = zipped({"middle.zip": zipped({"deep.zip": zipped(FILES), "flat.json": b"{}"})})
    documents, (lost,) = read(written(tmp_path, "outer.zip", inner))

    assert documents == {"outer.zip!/middle.zip!/flat.json": b"{}"}
    assert (lost.path, lost.code) == ("outer.zip!/middle.zip!/deep.zip", "source_nested")


def test_a_large_document_is_held_on_disk_and_read_the_same(tmp_path: Path) -> None:
    large = os.urandom(1024) * (IN_MEMORY // 1024 + 1)
    files = {"large": large}
    written(tmp_path, "plain", large)
    written(tmp_path, "packed.zip", zipped(files, zipfile.ZIP_STORED))

    documents, lost = read(tmp_path, LIMITS._replace(ratio_floor=1 << 40))

    assert documents == {"plain": large, "packed.zip!/large": large}
    assert lost == []


def test_a_document_can_be_read_more_than_once() -> None:
    document = of_bytes("a", b"x" * (HEAD + 1))

    assert document.head() == b"x" * HEAD
    assert document.open().read(3) == b"xxx"
    assert document.data() == b"x" * (HEAD + 1)


def test_a_document_is_not_given_whole_over_a_limit() -> None:
    with pytest.raises(FeedUnreadable, match="has 4 bytes, 3 are read"):
        of_bytes("a", b"1234").data(3)


def test_a_source_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not there"):
        read(tmp_path / "nothing")


def test_a_source_may_be_a_link(tmp_path: Path) -> None:
    written(tmp_path, "real/a.json", b"{}")
    (tmp_path / "link").symlink_to(tmp_path / "real")

    assert read(tmp_path / "link") == ({"a.json": b"{}"}, [])


def test_links_in_a_directory_are_told_and_not_followed(tmp_path: Path) -> None:
    source = tmp_path / "source"
    written(tmp_path, "secret/key", b"secret")
    written(source, "a.json", b"{}")
    (source / "file").symlink_to(tmp_path / "secret" / "key")
    (source / "folder").symlink_to(tmp_path / "secret")
    (source / "loop").symlink_to(source)

    documents, lost = read(source)

    assert documents == {"a.json": b"{}"}
    assert [(each.path, each.code) for each in lost] == [
        ("file", "source_unsafe"),
        ("folder", "source_unsafe"),
        ("loop", "source_unsafe"),
    ]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    documents, (lost,) = read(tmp_path)

    assert documents == {}
    assert (lost.path, lost.code) == ("pipe", "source_unsafe")


def test_a_file_that_may_not_be_read_costs_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "a.json", b"{}")
    written(tmp_path, "b.json", b"{}")
    opened = Path.open

    def refuse(path: Path, mode: str) -> object:
        if path.name == "a.json":
            raise PermissionError(13, "Permission denied")
        return opened(path, mode)

    monkeypatch.setattr(Path, "open", refuse)
    documents, (lost,) = read(tmp_path)

    assert documents == {"b.json": b"{}"}
    assert (lost.path, lost.code) == ("a.json", "source_unreadable")


def test_a_full_disk_is_no_fault_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "a.json", b"{}")

    def full(_path: Path, _mode: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", full)

    with pytest.raises(OSError, match="No space left"):
        read(tmp_path)


def test_directories_are_entered_to_a_depth(tmp_path: Path) -> None:
    written(tmp_path, "a/b/c/deep.json", b"{}")
    written(tmp_path, "a/flat.json", b"{}")

    documents, (lost,) = read(tmp_path, LIMITS._replace(depth=1))

    assert documents == {"a/flat.json": b"{}"}
    assert (lost.path, lost.code) == ("a", "source_nested")


def test_more_files_than_the_limit_are_an_error(tmp_path: Path) -> None:
    for n in range(3):
        written(tmp_path, f"{n}", b"{}")

    with pytest.raises(SourceTooLarge, match="more than 2 files"):
        read(tmp_path, LIMITS._replace(files=2))


def test_names_are_escaped(tmp_path: Path) -> None:
    written(tmp_path, "a\x1b[31m.json", b"{}")
    written(tmp_path, "b\x07.tar", tarred({"\u202ec": b"{}"}))
    written(tmp_path, "c.zip", zipped({"\u202ed": b"{}"}))

    assert set(read(tmp_path)[0]) == {
        r"a\x1b[31m.json",
        r"b\x07.tar!/\xe2\x80\xaec",
        r"c.zip!/\xe2\x80\xaed",
    }
