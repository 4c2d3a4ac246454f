"""A short run of the fuzzer over what reads bytes of an image, and proof that it can find."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Final

import pytest

from scantling_analyzers.contract import kind_of
from scantling_analyzers.facts.catalogue import READERS
from tests.fuzz.runs import fuzz
from tests.fuzz.targets import Target, defect, targets

if TYPE_CHECKING:
    from pathlib import Path

SECONDS: Final = 4
CHOSEN: Final = ("tar", "blob", "rpm", "java", "dpkg", "apk", "binary")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("atheris") is None,
        reason="atheris is published for Linux on x86-64 only",
    ),
]


@pytest.mark.parametrize("name", CHOSEN)
def test_a_short_run_finds_nothing(name: str, tmp_path: Path) -> None:
    corpus = tmp_path / name
    found = fuzz(name, targets()[name], corpus, SECONDS)
    assert found == ""
    assert len([*corpus.iterdir()]) > len(targets()[name].seeds)


def test_every_reader_is_a_target() -> None:
    assert {kind_of(reader.name) for reader in READERS} <= set(targets())


def test_a_defect_is_found(tmp_path: Path) -> None:
    found = fuzz("defect", Target(defect, (b"",)), tmp_path / "defect", 60)
    assert "DefectFound" in found
