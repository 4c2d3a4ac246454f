"""A layer that takes long is read for as long as it may, and what was found by then counts."""

from __future__ import annotations

import itertools
import re
import signal
from typing import TYPE_CHECKING

import msgspec
import pytest

from scantling_analyzers.extraction import work
from scantling_analyzers.extraction.alarm import Alarm, TimeUp
from scantling_analyzers.extraction.work import (
    READING,
    WALKING,
    LayerDone,
    LayerWork,
    perform,
)
from scantling_analyzers.facts.models import FactSet, LocatedError
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
    return worked(folder, BUILT, ("every-file",), seconds=SECONDS)


def worked(
    folder: Path, built: BuiltLayer, readers: tuple[str, ...], *, seconds: float
) -> LayerDone:
    """Do the work of a layer, in this process."""
    (folder / "blob").write_bytes(built.blob)
    item = LayerWork(
        path=str(folder / "blob"),
        offset=0,
        size=len(built.blob),
        digest=built.digest,
        readers=readers,
        output=str(folder),
        limits=Limits(layer=LayerLimits(seconds=seconds)),
    )
    answer = perform(item, CATALOGUE, lambda _: None, SEAL)
    assert isinstance(answer, LayerDone)
    return answer


def told(folder: Path, reader: str) -> tuple[list[str], list[str]]:
    """Return the files that have facts, and the codes of errors."""
    found = facts_of(folder, reader)
    errors = [error.code for error in errors_of(folder, reader)]
    return [file.path for file in found.files if file.facts], errors


def errors_of(folder: Path, reader: str) -> list[LocatedError]:
    return [error for file in facts_of(folder, reader).files for error in file.errors]


def facts_of(folder: Path, reader: str) -> FactSet:
    packed = msgspec.msgpack.decode((folder / "facts").read_bytes(), type=dict[str, bytes])
    return bodies.unpack(packed[reader], FactSet)


def test_in_time_nothing_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = performed(tmp_path, Passing(0.0), monkeypatch)
    assert (done.diff_id, done.is_whole, done.again, done.cut) == (BUILT.diff_id, True, False, ())
    assert told(tmp_path, "every-file") == (["a", "b", "c"], [])


def test_readers_that_begin_no_further_file_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The layer comes in one piece, and the alarm is set; after one file the time is over.
    clock = Passing(SECONDS * WALKING - 2)
    monkeypatch.setattr(work, "READING", 1.0)
    done = performed(tmp_path, clock, monkeypatch)
    assert (done.diff_id, done.is_whole, done.again) == (BUILT.diff_id, True, True)
    # What there is, is known: only what is in it was not looked at.
    assert done.cut == ("every-file",)
    assert told(tmp_path, "every-file") == (["a"], ["deadline"])
    assert told(tmp_path, "files") == ([], [])


def test_a_file_that_takes_all_the_time_is_named_and_what_was_found_is_kept(
    tmp_path: Path,
) -> None:
    built = BuiltLayer(plain=layer({"a": b"1", "do/dawdle": b"", "etc/b": b"2"}))
    done = worked(tmp_path, built, ("apk", "every-file"), seconds=0.5)
    assert (done.diff_id, done.is_whole, done.again) == (built.diff_id, True, True)
    assert set(done.cut) == {"apk", "every-file"}
    assert told(tmp_path, "apk") == (["do/dawdle"], ["deadline", "deadline"])
    assert told(tmp_path, "every-file")[1] == ["deadline"]
    of_file, of_rest = errors_of(tmp_path, "apk")
    assert (of_file.path, of_rest.path) == ("do/dawdle", "")
    assert "'apk'" in of_file.message
    assert "etc/b" in of_rest.message


def test_the_alarm_rings_for_whoever_looks_then_and_for_nobody_else() -> None:
    with Alarm(3600) as alarm:
        signal.raise_signal(signal.SIGALRM)
        alarm.is_looking = True
        with pytest.raises(TimeUp):
            signal.raise_signal(signal.SIGALRM)
        assert not alarm.is_looking
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_the_alarm_ends_an_expression_that_would_take_for_ever() -> None:
    with Alarm(0.01) as alarm:
        alarm.is_looking = True
        with pytest.raises(TimeUp):
            re.fullmatch("(a|a)*b", "a" * 64)


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
