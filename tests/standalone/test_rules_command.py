"""`scantling rules`, as a user runs it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, NoReturn

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


def test_what_has_no_effect_is_named_and_leaves_nothing_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ", ".join(f"'none-{number:02}'" for number in range(12))
    off = f"[extend]\ndisabledRules = ['generic-token', 'github-personal-token', {names}]\n"
    (folder / "off.toml").write_text(off)
    assert main(["rules", "add", str(folder / "off.toml")]) == 0
    said = capsys.readouterr()
    assert (
        "scantling: off.toml: disabledRules: no rule of the product is called none-00," in said.err
    )
    assert said.err.endswith("none-09 and 2 more\n")
    assert said.out.splitlines()[1].split()[:2] == ["off", "14"]
    assert main(["rules", "list", "--json"]) == 0
    (pack,) = json.loads(capsys.readouterr().out)
    assert (len(pack["notes"]), pack["problems"]) == (1, [])


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


def test_a_test_says_how_much_was_looked_at(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = folder / "files"
    (files / "below").mkdir(parents=True)
    os.mkfifo(files / "pipe")
    (files / "link").symlink_to(folder)
    assert main(["rules", "test", str(files)]) == 3
    said = "0 files looked at, nothing found; 2 links or special files left out"
    assert said in capsys.readouterr().err
    (files / "below" / "a").write_bytes(b"nothing")
    (files / "empty").write_bytes(b"")
    assert main(["rules", "test", str(files)]) == 0
    assert "2 files looked at, nothing found; 2 links" in capsys.readouterr().err
    (folder / "named").symlink_to(files / "below" / "a")
    assert main(["rules", "test", str(folder / "named")]) == 0
    assert capsys.readouterr().err == "scantling: 1 file looked at, nothing found\n"


def test_a_directory_that_can_not_be_listed_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def scandir(path: str) -> NoReturn:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert main(["rules", "test", str(folder)]) == 3
    assert f"{folder}: Permission denied [unreadable]" in capsys.readouterr().err


def test_a_pipe_or_a_device_is_not_looked_at(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(folder / "pipe")
    for path in (str(folder / "pipe"), "/dev/zero"):
        assert main(["rules", "test", path]) == 2
        assert f"{path} is neither a file nor a directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "status", "said"),
    [
        ("half.yar", RULE + BAD, 3, "a rule of half.yar:12 is left out: Bad: "),
        ("noise.yar", "\x01\x02 no rule", 2, "noise.yar has no rule that can be used: the file: "),
        ("noise.hdb", "no hash\n", 2, "noise.hdb has no rule that can be used: the file: "),
        ("empty.yar", "", 2, "empty.yar has no rule that can be used"),
        ("none.odt", "", 2, "none.odt holds no rules"),
        ("secrets.toml", "", 2, "secrets.toml holds no rules for malware"),
    ],
)
def test_a_test_names_given_rules_that_can_not_be_used(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: str,
    status: int,
    said: str,
) -> None:
    (folder / name).write_text(content)
    (folder / "clean").write_bytes(b"nothing")
    assert main(["rules", "test", str(folder / "clean"), "--rules", str(folder / name)]) == status
    assert said in capsys.readouterr().err


def test_packs_that_were_added_in_part_are_told_of_in_each_test(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mixed.yar").write_text(RULE + BAD)
    (folder / "marked").write_bytes(MARKER)
    main(["rules", "add", str(folder / "mixed.yar")])
    capsys.readouterr()
    assert main(["rules", "test", str(folder / "marked")]) == 3
    assert "1 problem of the rule pack mixed when it was added" in capsys.readouterr().err
    assert main(["rules", "test", str(folder / "marked"), "--allow-partial"]) == 1


def test_a_pack_that_was_added_as_it_is_leaves_nothing_partial(folder: Path) -> None:
    (folder / "mixed.yar").write_text(RULE + BAD)
    (folder / "clean").write_bytes(b"nothing")
    (folder / "damaged.gz").write_bytes(b"\x1f\x8b\x08" + bytes(20))
    assert main(["rules", "add", str(folder / "mixed.yar"), "--allow-partial"]) == 0
    assert main(["rules", "test", str(folder / "clean")]) == 0
    assert main(["rules", "test", str(folder / "damaged.gz")]) == 3
    assert main(["rules", "test", str(folder / "damaged.gz"), "--allow-partial"]) == 0


def test_what_holds_no_rules_is_called_what_the_user_calls_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = folder / "empty.yar"
    empty.write_bytes(b"")
    assert main(["rules", "add", str(empty)]) == 3
    said = capsys.readouterr().err
    assert f"{empty} holds no rules" in said
    assert ".draft-" not in said


def test_what_is_neither_a_file_nor_a_reference_is_said_to_be_neither(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rules", "add", f"{folder}/nowhere"]) == 2
    said = capsys.readouterr().err
    assert f"there is no file {folder}/nowhere [usage]" in said
    assert main(["rules", "add", "registry.example.com/UPPER"]) == 2
    said = capsys.readouterr().err
    assert "no file registry.example.com/UPPER, and it is no reference of an artifact" in said


@pytest.mark.parametrize(
    "typo",
    ["typo.yar", "./typo.YARA", "rules/typo.hdb", "typo", "ours/rules", "rules.d/x.csv", "x.tgz"],
)
def test_a_file_that_is_not_there_is_not_asked_for_at_a_registry(
    folder: Path, capsys: pytest.CaptureFixture[str], typo: str
) -> None:
    assert main(["rules", "add", typo]) == 2
    assert f"there is no file {typo}" in capsys.readouterr().err
    assert not (folder / "rules").exists()


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
