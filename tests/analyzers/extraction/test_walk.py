"""The walk of a layer, where a file is not stored as it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.extraction.matcher import Matcher
from scantling_analyzers.extraction.walk import is_cut, walk
from scantling_analyzers.limits import Limits
from scantling_common.images.digests import Digest
from scantling_common.layers.limits import LayerLimits
from scantling_common.layers.verify import open_layer
from tests.analyzers.extraction.readers import EveryFile, Executables
from tests.analyzers.facts.files import SEAL
from tests.builders.image import sha256
from tests.builders.layer import END, archive, header, layer, padded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scantling_analyzers.contract import Reader
    from scantling_analyzers.facts.models import FactSet

ELF = b"\x7fELF\2\1\1\0"
SIZE = 1 << 20


def sparse_program() -> bytes:
    """Return an archive with an executable file of which only the first bytes are stored."""
    number = b"%011o\0"
    rest = bytes(41) + number % 0 + number % len(ELF) + bytes(138 - 41 - 24) + number % SIZE
    block = header(
        b"bin/sparse", size=len(ELF), flag=b"S", mode=0o755, magic=b"ustar  \0", rest=rest
    )
    return block + padded(ELF) + END


def walked(
    folder: Path,
    limits: LayerLimits,
    plain: bytes = sparse_program(),
    *,
    is_overdue: Callable[[], bool] = lambda: False,
    reader: type[Reader] = Executables,
) -> FactSet:
    blob = folder / "blob"
    blob.write_bytes(plain)
    readers = [reader()]
    matcher = Matcher(readers)
    with (
        blob.open("rb") as file,
        open_layer(
            file, 0, len(plain), Digest(sha256(plain)), limits=limits, selection=matcher
        ) as opened,
    ):
        (found,) = walk(
            opened,
            readers,
            matcher,
            Limits(layer=limits),
            seal=SEAL,
            entering=lambda _: None,
            is_overdue=is_overdue,
        )
        return found


def test_a_sparse_program_is_looked_at(tmp_path: Path) -> None:
    (file,) = walked(tmp_path, LayerLimits()).files
    assert [getattr(fact, "name", "") for fact in file.facts] == ["bin/sparse"]


def test_one_that_is_too_large_to_put_together_is_shown_to_whoever_may_want_it(
    tmp_path: Path,
) -> None:
    (file,) = walked(tmp_path, LayerLimits(file_bytes=100)).files
    assert file.path == "bin/sparse"


def test_a_walk_that_is_overdue_ends_and_says_where(tmp_path: Path) -> None:
    plain = layer({"opt/lib1.so": b"1", "opt/lib2.so": b"2", "opt/lib3.so": b"3"})
    looks = iter([False, True])
    found = walked(tmp_path, LayerLimits(), plain, is_overdue=lambda: next(looks))
    first, last = found.files
    assert first.path == "opt/lib1.so"
    assert (last.path, [error.code for error in last.errors]) == ("", ["deadline"])
    assert "opt/lib2.so, and what comes after it" in last.errors[0].message
    assert is_cut(found)


class NotInUsr(EveryFile):
    """Wants every file that is not below a directory."""

    passes_over = staticmethod(lambda path: path.startswith(b"usr/"))


def looked_at(facts: FactSet) -> list[tuple[str, str, bool]]:
    """Return path, size and whether it is unseen of each file."""
    return [
        (file.path, getattr(fact, "version", ""), file.unseen)
        for file in facts.files
        for fact in file.facts
    ]


TWICE = archive(
    [
        ("opt/lib.so", b"old"),
        ("usr/x", b"1"),
        ("usr/x", b"22"),
        ("opt/lib.so", b"newer"),
        ("opt/.wh.lib.so", b"in a marker"),
    ]
)


def test_what_a_later_entry_replaces_is_shown_to_readers_of_every_file(tmp_path: Path) -> None:
    assert looked_at(walked(tmp_path, LayerLimits(), TWICE, reader=EveryFile)) == [
        ("usr/x", "2", False),
        ("opt/lib.so", "5", False),
        ("opt/lib.so", "3", True),
        ("usr/x", "1", True),
        ("opt/.wh.lib.so", "11", True),
    ]


def test_readers_that_go_by_paths_are_shown_the_last_entry_only(tmp_path: Path) -> None:
    found = walked(tmp_path, LayerLimits(), TWICE)
    assert looked_at(found) == [("opt/lib.so", "alone", False)]


def test_what_a_reader_passes_over_it_passes_over_there_too(tmp_path: Path) -> None:
    found = walked(tmp_path, LayerLimits(), TWICE, reader=NotInUsr)
    assert [path for path, _, unseen in looked_at(found) if unseen] == [
        "opt/lib.so",
        "opt/.wh.lib.so",
    ]
    (tally,) = (fact for file in found.files if not file.path for fact in file.facts)
    assert getattr(tally, "counts", {})["passed_over"] == 2


def test_a_walk_that_is_overdue_at_replaced_entries_says_so(tmp_path: Path) -> None:
    looks = iter([False, False, False, True])
    found = walked(tmp_path, LayerLimits(), TWICE, is_overdue=lambda: next(looks), reader=EveryFile)
    *_, last = found.files
    assert [path for path, _, unseen in looked_at(found) if unseen] == ["opt/lib.so"]
    assert [error.code for error in last.errors] == ["deadline"]
