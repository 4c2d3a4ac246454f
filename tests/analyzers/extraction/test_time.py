"""A layer that takes long is read for as long as it may, and what was found by then counts."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import msgspec

from scantling_analyzers.extraction import work
from scantling_analyzers.extraction.work import (
    READING,
    WALKING,
    LayerDone,
    LayerWork,
    perform,
)
from scantling_analyzers.facts.models import FactSet
from scantling_analyzers.limits import Limits
from scantling_analyzers.storage.facts import RETRY_MS, FactKey
from scantling_common import bodies
from scantling_common.layers.limits import LayerLimits
from tests.analyzers.extraction.readers import CATALOGUE, EveryFile
from tests.analyzers.facts.files import SEAL
from tests.builders.image import BuiltLayer
from tests.builders.layer import layer

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.analyzers.extraction.conftest import Extraction

SECONDS = 100.0
BUILT = BuiltLayer(plain=layer({"a": b"1", "b": b"2", "c": b"3"}), compression="gzip")


class Passing:
    """A clock on which each look takes one second, from a moment on."""

    def __init__(self, begins: float) -> None:
        self._times = itertools.chain([0.0], itertools.count(begins, 1.0))

    def monotonic(self) -> float:
        return next(self._times)


def performed(folder: Path, clock: Passing, monkeypatch: pytest.MonkeyPatch) -> LayerDone:
    """Do the work of a layer while time passes."""
    monkeypatch.setattr(work, "time", clock)
    (folder / "blob").write_bytes(BUILT.blob)
    item = LayerWork(
        path=str(folder / "blob"),
        offset=0,
        size=len(BUILT.blob),
        digest=BUILT.digest,
        readers=("every-file",),
        output=str(folder),
        limits=Limits(layer=LayerLimits(seconds=SECONDS)),
    )
    answer = perform(item, CATALOGUE, lambda _: None, SEAL)
    assert isinstance(answer, LayerDone)
    return answer


def told(folder: Path, reader: str) -> tuple[list[str], list[str]]:
    """Return the files that have facts, and the codes of errors."""
    packed = msgspec.msgpack.decode((folder / "facts").read_bytes(), type=dict[str, bytes])
    facts = bodies.unpack(packed[reader], FactSet)
    errors = [error.code for file in facts.files for error in file.errors]
    return [file.path for file in facts.files if file.facts], errors


def test_in_time_nothing_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = performed(tmp_path, Passing(0.0), monkeypatch)
    assert (done.diff_id, done.is_whole, done.again, done.cut) == (BUILT.diff_id, True, False, ())
    assert told(tmp_path, "every-file") == (["a", "b", "c"], [])


def test_readers_that_begin_no_further_file_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The layer comes in one piece; after the first file the time of the walk is over.
    clock = Passing(SECONDS * WALKING - 1)
    monkeypatch.setattr(work, "READING", 1.0)
    done = performed(tmp_path, clock, monkeypatch)
    assert (done.diff_id, done.is_whole, done.again) == (BUILT.diff_id, True, True)
    # What there is, is known: only what is in it was not looked at.
    assert done.cut == ("every-file",)
    assert told(tmp_path, "every-file") == (["a"], ["deadline"])
    assert told(tmp_path, "files") == ([], [])


def test_a_layer_is_unpacked_no_further_when_readers_need_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = performed(tmp_path, Passing(SECONDS * READING + 1), monkeypatch)
    assert (done.diff_id, done.is_whole, done.again) == ("", False, True)
    assert set(done.cut) == {"every-file", "files"}
    assert told(tmp_path, "every-file") == (["a", "b", "c"], ["deadline"])
    assert told(tmp_path, "files") == ([], ["deadline"])


async def test_what_time_cut_is_tried_again_after_a_day_or_when_that_is_wanted(
    extraction: Extraction,
) -> None:
    facts, name = extraction.shelves.facts, EveryFile.name
    key, other = FactKey("sha256:a", name, 1), FactKey("sha256:a", "files", 1)
    packed = {key: b"", other: b""}
    await facts.write(packed, now_ms=1, cut={key: "mark"}, again=True)
    readers = {name: 1, "files": 1}

    async def statuses(now_ms: int, *, again: bool = False, limits: str = "mark") -> list[str]:
        found = await facts.statuses("sha256:a", readers, now_ms=now_ms, again=again, limits=limits)
        return [found[each] for each in readers]

    assert await statuses(2) == ["cut", "read"]
    assert await statuses(2, limits="other") == ["missing", "read"]
    assert await statuses(2, again=True) == ["missing", "read"]
    assert await statuses(RETRY_MS + 1) == ["missing", "read"]
    await facts.write({key: b""}, now_ms=1, cut={key: "mark"})
    assert await statuses(RETRY_MS + 1, again=True) == ["cut", "read"]
