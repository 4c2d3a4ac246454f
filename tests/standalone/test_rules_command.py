"""`scantling rules`, as a user runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from scantling.cli.main import main
from tests.builders.malware_marker import MARKER, RULE, TEST_FILE
from tests.builders.packed import zipped

if TYPE_CHECKING:
    from pathlib import Path

BAD = "rule Bad { condition: nowhere }\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCANTLING_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("SCANTLING_RULES", raising=False)
    (tmp_path / "Our Rules.yar").write_text(RULE)
    return tmp_path


def test_packs_are_added_listed_and_removed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rules", "add", str(folder / "Our Rules.yar")]) == 0
    assert "our-rules" in capsys.readouterr().out
    assert main(["rules", "list"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:2] == ["our-rules", "1"]
    assert main(["rules", "list", "--json"]) == 0
    (pack,) = json.loads(capsys.readouterr().out)
    assert (pack["name"], pack["rules"], pack["problems"]) == ("our-rules", {"yara": 1}, [])
    assert main(["rules", "add", str(folder / "Our Rules.yar")]) == 3
    assert "--replace" in capsys.readouterr().err
    assert main(["rules", "remove", "our-rules"]) == 0
    assert main(["rules", "list"]) == 0
    assert "no packs" in capsys.readouterr().err


def test_rules_that_are_left_out_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mixed.yar").write_text(RULE + BAD)
    assert main(["rules", "add", str(folder / "mixed.yar"), "--name", "mixed"]) == 3
    said = capsys.readouterr()
    assert "left out: mixed.yar:12, rule Bad: " in said.err
    assert said.out.splitlines()[1].split()[:3] == ["mixed", "1", "1"]


def test_files_of_this_machine_are_looked_at(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = folder / "files"
    files.mkdir()
    (files / "a.zip").write_bytes(zipped({"b": MARKER}))
    (files / "clean").write_bytes(b"nothing")
    (files / "empty").write_bytes(b"")
    (files / "link").symlink_to("/etc/passwd")
    assert main(["rules", "test", str(files)]) == 0
    (files / "test").write_bytes(TEST_FILE)
    main(["rules", "add", str(folder / "Our Rules.yar")])
    capsys.readouterr()
    assert main(["rules", "test", str(files), "--json"]) == 1
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {(each["path"].rpartition("/files/")[2], each["kind"]) for each in found} == {
        ("a.zip!/b", "malware"),
        ("test", "malware"),
    }
    assert main(["rules", "test", str(files), "--rules", str(folder / "Our Rules.yar")]) == 1
    assert [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()] == [
        "The marker of the tests [our-rules/Marker, critical, score 99]"
    ]


def test_what_can_not_be_looked_at_is_said_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["rules", "add", str(folder / "Our Rules.yar")])
    capsys.readouterr()
    (folder / "a.zip").write_bytes(zipped({"b": MARKER})[:-20])
    assert main(["rules", "test", str(folder / "a.zip")]) == 3
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["rules", "test", "nowhere"],
        ["rules", "test", ".", "--rules", "nowhere"],
        ["rules", "add", "no such thing"],
        ["rules", "remove", "nothing"],
    ],
)
def test_what_is_not_there_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(arguments) in {2, 3}
    assert capsys.readouterr().err.startswith("scantling: ")
    assert folder.exists()
