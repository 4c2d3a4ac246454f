"""What is found for secrets is kept under a mark of all that it was found by."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

import scantling_analyzers
from scantling_analyzers.rule_packs import own_secrets
from scantling_analyzers.rule_packs.own_secrets import secret_mark

if TYPE_CHECKING:
    from pathlib import Path

ENGINE = {
    "scantling_analyzers.secrets": "engine.py",
    "scantling_analyzers.secrets.gitleaks": "rules.py",
    "scantling_analyzers.secrets.rules": "aws.toml",
    "scantling_analyzers.secrets.validation": "keys.py",
}


def place(folder: Path, package: str) -> Path:
    return folder.joinpath(*package.split("."))


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory with a file of each package, which are taken for the engine."""
    for package, name in ENGINE.items():
        place(tmp_path, package).mkdir(parents=True)
        place(tmp_path, package).joinpath(name).write_text("one")
    monkeypatch.setattr(own_secrets, "files", lambda package: place(tmp_path, package))
    return tmp_path


def mark() -> str:
    own_secrets._own.cache_clear()
    return secret_mark()


@pytest.mark.parametrize("package", ENGINE)
def test_another_engine_finds_anew(copied: Path, package: str) -> None:
    before = mark()
    assert mark() == before
    place(copied, package).joinpath(ENGINE[package]).write_text("two")
    assert mark() != before


def test_what_is_compiled_of_the_engine_is_no_part_of_it(copied: Path) -> None:
    before = mark()
    place(copied, "scantling_analyzers.secrets").joinpath("engine.pyc").write_bytes(b"x")
    assert mark() == before


def test_every_package_of_the_engine_has_a_part_in_the_mark() -> None:
    root = files(scantling_analyzers) / "secrets"
    packages = {"scantling_analyzers.secrets"} | {
        f"scantling_analyzers.secrets.{each.name}"
        for each in root.iterdir()
        if each.is_dir() and each.joinpath("__init__.py").is_file()
    }
    assert packages == set(own_secrets._PLACES) == set(ENGINE)
