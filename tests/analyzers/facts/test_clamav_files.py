"""The test files of ClamAV are found by their hashes, through every container that is unpacked."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from scantling_analyzers.facts.malware_files import MalwareReader
from scantling_analyzers.facts.models import LocatedError, Malware
from scantling_analyzers.rule_packs.content import rules_of_path
from tests.analyzers.facts.files import MemoryFile
from tests.builders.packed import ARCHIVES, COMPRESSIONS, tarred

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FOLDER: Final = Path("/usr/share/clamav-testfiles")
"""Where Debian's package ``clamav-testfiles`` has them."""

EACH: Final[dict[str, Callable[[bytes], bytes]]] = {
    "as it is": lambda content: content,
    **COMPRESSIONS,
}
ALL: Final[dict[str, Callable[[Mapping[str, bytes]], bytes]]] = {
    **ARCHIVES,
    **{
        f"tar.{kind}": lambda files, pack=pack: pack(tarred(files))  # type: ignore[misc]  # bound
        for kind, pack in COMPRESSIONS.items()
    },
}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="clamav-testfiles is not installed")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> MalwareReader:
    """Return a reader of a list of hashes as ClamAV has them, made from the files."""
    hashes = tmp_path_factory.mktemp("hashes") / "testfiles.hsb"
    lines = []
    for file in sorted(FOLDER.iterdir()):
        content = file.read_bytes()
        lines.append(f"{hashlib.sha256(content).hexdigest()}:{len(content)}:Test.{file.name}\n")
    hashes.write_text("".join(lines))
    (rules,) = rules_of_path("testfiles", hashes)
    return MalwareReader(rules)


def found(reader: MalwareReader, content: bytes) -> set[str]:
    """Return what hashes of the list are found."""
    items = reader.read(MemoryFile({"opt/x": content}, "opt/x"))
    return {each.rule for each in items if isinstance(each, Malware)}


@pytest.mark.parametrize("kind", EACH)
def test_each_is_found_alone(reader: MalwareReader, kind: str) -> None:
    files = sorted(FOLDER.iterdir())
    assert len(files) > 40
    for file in files:
        assert f"Test.{file.name}" in found(reader, EACH[kind](file.read_bytes()))


@pytest.mark.parametrize("kind", ALL)
def test_all_are_found_in_one_archive(reader: MalwareReader, kind: str) -> None:
    files = {file.name[:15]: file for file in FOLDER.iterdir()}
    packed = ALL[kind]({name: file.read_bytes() for name, file in files.items()})
    assert {f"Test.{file.name}" for file in files.values()} <= found(reader, packed)


def test_what_is_not_unpacked_of_them_is_said(reader: MalwareReader) -> None:
    told = {}
    for name in ("clam.cab", "clam.d64.zip", "clam.impl.zip"):
        content = (FOLDER / name).read_bytes()
        for each in reader.read(MemoryFile({name: content}, name)):
            if isinstance(each, LocatedError):
                told[name] = each.code
    assert told == dict.fromkeys(
        ("clam.cab", "clam.d64.zip", "clam.impl.zip"), "unsupported_format"
    )


def test_what_they_have_as_7z_is_unpacked(reader: MalwareReader) -> None:
    assert found(reader, (FOLDER / "clam.7z").read_bytes()) == {"Test.clam.7z", "Test.clam.exe"}
