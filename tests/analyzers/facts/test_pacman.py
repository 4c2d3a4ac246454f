"""pacman: what is said of a package, whose a file is, and what broken records do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages import pacman as module
from scantling_analyzers.facts.packages.pacman import PacmanReader
from tests.analyzers.facts.files import Found, keys, read
from tests.builders import pacman

if TYPE_CHECKING:
    import pytest

DESC = f"{pacman.FOLDER}/curl-1:8.4.0-2/desc"
FILES = f"{pacman.FOLDER}/curl-1:8.4.0-2/files"


def _read(content: bytes, path: str = DESC) -> Found:
    return read(PacmanReader(), content, path)


def test_a_package_carries_what_its_record_says() -> None:
    found = Found(PacmanReader(), pacman.installed("curl", "1:8.4.0-2"), DESC)
    assert found.facts == [
        Package(
            path=DESC,
            name="curl",
            version="1:8.4.0-2",
            type="alpm",
            arch="x86_64",
            source_name="curl-base",
            source_version="1:8.4.0-2",
            licenses=("GPL", "custom: own"),
            maintainer="A Packager <packager@example.org>",
            found_by="pacman",
        )
    ]


def test_a_package_without_a_base_is_its_own_source() -> None:
    (package,) = _read(b"%NAME%\na\n\n%VERSION%\n1-1").packages
    assert (package.source_name, package.licenses) == ("a", ())


def test_the_files_of_a_package_are_its_own_and_folders_are_left_out() -> None:
    layer = pacman.installed("curl", "1:8.4.0-2", files=["usr/", "usr/bin/", "usr/bin/curl"])
    assert Found(PacmanReader(), layer, FILES).owned == {"alpm:curl": keys(b"usr/bin/curl")}


def test_without_the_record_beside_it_the_folder_names_the_package() -> None:
    content = pacman.sections(FILES=["usr/bin/curl"])
    assert list(_read(content, FILES).owned) == ["alpm:curl"]
    layer = {FILES: content, DESC: b"%VERSION%\n1\n"}
    assert list(Found(PacmanReader(), layer, FILES).owned) == ["alpm:curl"]
    assert not _read(b"%BACKUP%\nx\n", FILES).facts


def test_a_record_without_name_or_version_is_an_error() -> None:
    assert _read(b"%NAME%\na\n\n%VERSION%\n\n1\n").codes == ["malformed"]
    assert _read(b"").codes == ["malformed"]


def test_hostile_names_are_escaped_and_binary_and_large_files_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hostile = pacman.sections(NAME=["a\x1b[31m"], VERSION=["1"])
    assert _read(hostile).versions == [(r"a\x1b[31m", "1")]
    assert _read(b"%NAME%\n\0").codes == ["not_text"]
    monkeypatch.setattr(module, "MAX_DESC_BYTES", 5)
    assert _read(hostile).codes == ["too_large"]
    monkeypatch.setattr(module, "MAX_FILES_BYTES", 5)
    assert _read(hostile, FILES).codes == ["too_large"]
