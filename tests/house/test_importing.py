"""Importing does nothing, and what scans one image loads no server and no driver."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.house.sources import MEMBERS, is_within

if TYPE_CHECKING:
    from tests.house.sources import Module

PROGRAM: Final = Path(__file__).parent / "importing.py"
IMPORT_SECONDS: Final = 60
SLOW_TO_LOAD: Final = ("aiohttp", "aiokafka", "motor", "opentelemetry", "pydantic", "pymongo")
SCAN_PATH: Final = (
    "scantling_common.errors",
    "scantling_common.layers",
    "scantling_common.outcomes",
    "scantling_analyzers.contract",
    "scantling_analyzers.facts",
    "scantling_analyzers.risks",
    "scantling.scan.command",
    "scantling.cli.main",
)


def _import(modules: list[str], *, first: list[str], path: list[str]) -> Any:
    request = {"modules": modules, "first": first, "path": path}
    done = subprocess.run(
        [sys.executable, str(PROGRAM)],
        input=json.dumps(request),
        check=False,
        capture_output=True,
        text=True,
        timeout=IMPORT_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _importable(modules: list[Module]) -> list[str]:
    return [module.name for module in modules if not module.name.endswith("__main__")]


def test_importing_a_module_does_nothing(modules: list[Module]) -> None:
    others = {
        found.parent or found.target
        for module in modules
        for found in module.imports
        if not any(is_within(found.parent or found.target, package) for package in MEMBERS)
    }

    done = _import(_importable(modules), first=sorted(others), path=[])

    assert done["effects"] == {}
    assert set(done["loaded"]) >= set(_importable(modules))


def test_scanning_one_image_loads_no_server_and_no_driver(modules: list[Module]) -> None:
    names = [
        name
        for name in _importable(modules)
        if any(is_within(name, package) for package in SCAN_PATH)
    ]
    assert len(names) > len(SCAN_PATH)

    loaded = _import(names, first=[], path=[])["loaded"]

    assert sorted(set(SLOW_TO_LOAD) & set(loaded)) == []


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("import socket\nsocket.socket().close()", "makes a socket"),
        ("import threading\nthreading.Thread(target=int).start()", "starts a thread"),
        ("import subprocess\nsubprocess.run(['true'])", "starts a process"),
        ("import sqlite3\nsqlite3.connect(':memory:').close()", "opens a database"),
        ("open('made', 'w').close()", "writes made"),
    ],
)
def test_an_effect_is_seen(
    text: str, effect: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quiet.py").write_text("value = 1\n")
    (tmp_path / "loud.py").write_text(text)

    done = _import(["quiet", "loud"], first=[], path=[str(tmp_path)])

    assert effect in done["effects"]["loud"]
    assert "quiet" not in done["effects"]
