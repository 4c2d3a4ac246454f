"""Small modules with names that say something, and nothing postponed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.house.shape import (
    MAX_LINES,
    MAX_MEDIAN_LINES,
    TEXT_SUFFIXES,
    median_too_long,
    modules_too_long,
    names_that_say_nothing,
    unwanted_words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.house.sources import Module

    Make = Callable[[Mapping[str, str]], list[Module]]


def test_modules_are_named_after_nouns(modules: list[Module]) -> None:
    assert list(names_that_say_nothing(modules)) == []


def test_modules_are_small(modules: list[Module]) -> None:
    assert list(modules_too_long(modules)) == []
    assert list(median_too_long(modules)) == []


def test_nothing_is_postponed_and_no_machine_is_named(repository: Path) -> None:
    found = [
        line
        for path in _texts(repository)
        for line in unwanted_words(path, path.read_text(encoding="utf-8"))
    ]

    assert found == []


def _texts(repository: Path) -> list[Path]:
    found: list[Path] = []
    for folder, folders, files in os.walk(repository):
        folders[:] = [name for name in folders if not name.startswith(".") or name == ".ci"]
        found += [Path(folder, name) for name in files if Path(name).suffix in TEXT_SUFFIXES]
    assert len(found) > 100
    return found


@pytest.mark.parametrize("name", ["utils", "sync_helpers", "misc.thing", "task_manager"])
def test_a_name_that_says_nothing_is_seen(name: str, made: Make) -> None:
    assert len(list(names_that_say_nothing(made({f"scantling_sync.{name}": ""})))) == 1


def test_a_long_module_is_seen(made: Make) -> None:
    long = made({"scantling_sync.long": "\n" * (MAX_LINES + 1)})

    assert len(list(modules_too_long(long))) == 1


def test_a_long_median_is_seen(made: Make) -> None:
    text = "import a\nimport b\n" + "\n" * MAX_MEDIAN_LINES
    modules = made({"scantling_sync.a": text, "scantling_sync.b": text, "scantling_sync.c": ""})

    assert len(list(median_too_long(modules))) == 1


@pytest.mark.parametrize(
    "line",
    ["# todo later".upper(), "x = 1  # fixme".upper(), "open('#work#x')".replace("#", "/")],
)
def test_an_unwanted_word_is_seen(line: str) -> None:
    assert len(list(unwanted_words(Path("a.py"), f"one\n{line}\n"))) == 1


@pytest.mark.parametrize("line", ["todo = 1", "mkdir /srv/work/x", "usr/share/work/a"])
def test_a_harmless_word_is_not(line: str) -> None:
    assert list(unwanted_words(Path("a.py"), line)) == []
