"""What readers say of how many files, added up for a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.contract import Reader
from scantling_analyzers.extraction.matcher import Matcher
from scantling_analyzers.extraction.walk import walk
from scantling_analyzers.facts.models import FileFacts, LocatedError, Tally
from scantling_analyzers.limits import Limits
from scantling_common.images.digests import Digest
from scantling_common.layers.verify import open_layer
from tests.analyzers.extraction.readers import EveryFile
from tests.analyzers.facts.files import SEAL
from tests.builders.image import sha256
from tests.builders.layer import layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import pytest

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, FactSet


class Counting(Reader):
    """Counts files by their last letter, but those in ``usr``, and finds fault with ``z``."""

    name = "counting"
    version = 1
    patterns = ("**",)

    @property
    def passes_over(self) -> Callable[[bytes], bool]:
        return lambda path: path.startswith(b"usr/")

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        yield Tally(path=file.text_path, counts={file.text_path[-1]: 1})
        if file.text_path[-1] == "z":
            yield LocatedError(path=file.text_path, code="malformed", message="it ends so")


def walked(folder: Path, plain: bytes) -> list[FactSet]:
    blob = folder / "blob"
    blob.write_bytes(plain)
    readers: list[Reader] = [Counting(), EveryFile()]
    matcher = Matcher(readers)
    digest = Digest(sha256(plain))
    with (
        blob.open("rb") as file,
        open_layer(file, 0, len(plain), digest, selection=matcher) as opened,
    ):
        return walk(opened, readers, matcher, Limits(), seal=SEAL, entering=lambda _: None)


def test_counts_of_files_are_one_fact_of_the_layer(tmp_path: Path) -> None:
    files = {
        "a": b"1",
        "b/a": b"2",
        "b/b": b"3",
        "usr/a": b"4",
        "usr/b/c": b"5",
        "z": b"6",
        "e": b"",
    }
    counting, every = walked(tmp_path, layer(files))

    fault, tally = counting.files
    assert (fault.path, [error.code for error in fault.errors]) == ("z", ["malformed"])
    assert tally == FileFacts(
        path="",
        facts=(Tally(path="", counts={"a": 2, "b": 1, "empty": 1, "passed_over": 2, "z": 1}),),
    )
    assert len(every.files) == len(files) - 1


def test_of_a_reader_that_wants_few_facts_no_more_are_kept_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EveryFile, "most_facts", 2)
    _, every = walked(tmp_path, layer({"a": b"1", "b": b"2", "c": b"3", "d": b"4"}))

    assert sum(len(file.facts) for file in every.files) == 2
    (error,) = (error for file in every.files for error in file.errors)
    assert (error.path, error.code) == ("b", "too_many")
    assert "more than 2 facts in the layer" in error.message


def test_where_nothing_was_counted_nothing_is_said(tmp_path: Path) -> None:
    counting, _ = walked(tmp_path, layer({}))
    assert counting.files == ()
