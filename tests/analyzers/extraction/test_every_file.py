"""Readers of every file: what is of no use to them, or too large, is not kept for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.extraction import files, walk
from scantling_analyzers.extraction.matcher import Matcher
from scantling_analyzers.facts.models import Package
from scantling_analyzers.limits import Limits
from scantling_common.images.digests import Digest
from scantling_common.layers import capture
from scantling_common.layers.limits import LayerLimits
from scantling_common.layers.verify import open_layer
from tests.analyzers.extraction.readers import EveryFile
from tests.analyzers.facts.files import SEAL
from tests.builders.image import sha256
from tests.builders.layer import layer

if TYPE_CHECKING:
    from pathlib import Path

    from scantling_analyzers.facts.models import FactSet

LARGEST = 4096


class Named(EveryFile):
    """Wants one file for its name."""

    name = "named"
    patterns = ("opt/named",)


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (capture, files, walk):
        monkeypatch.setattr(module, "LARGE_BYTES", LARGEST)


def walked(folder: Path, contents: dict[str, bytes]) -> tuple[list[FactSet], int]:
    """Return what the two readers found, and how many files were kept."""
    plain = layer(contents)
    blob = folder / "blob"
    blob.write_bytes(plain)
    readers = [EveryFile(), Named()]
    matcher = Matcher(readers)
    digest, limits = Digest(sha256(plain)), LayerLimits()
    with (
        blob.open("rb") as file,
        open_layer(file, 0, len(plain), digest, limits=limits, selection=matcher) as opened,
    ):
        sets = walk.walk(opened, readers, matcher, Limits(), seal=SEAL, entering=lambda _: None)
        return sets, sum(map(opened.has, range(len(opened.index))))


def found(facts: FactSet) -> list[str]:
    return [f.name for file in facts.files for f in file.facts if isinstance(f, Package)]


@pytest.mark.usefixtures("_small")
def test_a_file_that_is_too_large_is_told_and_kept_only_for_whoever_asks_for_it(
    tmp_path: Path,
) -> None:
    large = bytes(LARGEST + 1)
    contents = {"opt/large": large, "opt/named": large, "opt/fits": bytes(LARGEST)}
    (every, named), kept = walked(tmp_path, contents)

    assert found(named) == ["opt/named"]
    assert found(every) == ["opt/named", "opt/fits"]
    errors = [(e.path, e.code) for file in every.files for e in file.errors]
    assert errors == [("opt/large", "too_large")]
    assert kept == 2
    assert walk.is_cut(every)


def test_an_empty_file_is_shown_only_to_whoever_asks_for_it(tmp_path: Path) -> None:
    (every, named), _ = walked(tmp_path, {"opt/empty": b"", "opt/named": b"", "opt/x": b"1"})
    assert found(every) == ["opt/x"]
    assert found(named) == ["opt/named"]
