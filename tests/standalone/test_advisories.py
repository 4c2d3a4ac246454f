"""`scantling advisories`: databases are built, shown and compared; what is left out is told."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from scantling.advisories.progress import EVERY, ProgressLine
from scantling.cli.main import main
from scantling_analyzers.advisories.database.reader import AdvisoryDatabase
from scantling_analyzers.advisories.database.tally import Tally
from tests.builders.advisories import osv_record
from tests.standalone.running import COMMAND, clean_environment

if TYPE_CHECKING:
    from pathlib import Path

DONE, UNREADABLE = 0, 3


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCANTLING_DATA", raising=False)


def feeds(folder: Path, *records: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        for record in records:
            archive.writestr(f"{record['id']}.json", json.dumps(record))
    return folder


LEFT_PAD = osv_record("GHSA-aaaa-bbbb-cccc", "npm", "left-pad", "1.3.0")
RIGHT_PAD = osv_record("GHSA-dddd-eeee-ffff", "npm", "right-pad", "2.0.0")
USELESS = {**osv_record("GHSA-0000-0000-0000", "npm", "x", "1"), "affected": "everything"}


def test_a_build_says_what_was_used_of_each_source(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = feeds(tmp_path / "feeds" / "npm", LEFT_PAD, RIGHT_PAD, USELESS).parent
    target = tmp_path / "advisories.db"

    assert main(["advisories", "build", str(source), "-o", str(target)]) == DONE

    said = capsys.readouterr()
    row = next(line for line in said.out.splitlines() if line.startswith("npm/all.zip"))
    assert row.split()[:7] == ["npm/all.zip", "osv", "3", "3", "2", "1", "0"]
    assert "GHSA-0000-0000-0000" in said.out
    assert "2 advisories" in said.out
    assert said.err == f"scantling: {target} is written\n"
    with AdvisoryDatabase(target) as opened:
        assert len(opened.statements("npm", "left-pad")) == 1


def test_a_strict_build_writes_nothing_where_a_record_was_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = feeds(tmp_path / "feeds", LEFT_PAD, USELESS), tmp_path / "advisories.db"

    status = main(["advisories", "build", str(source), "-o", str(target), "--strict"])

    said = capsys.readouterr()
    assert status == UNREADABLE
    assert "GHSA-0000-0000-0000" in said.out
    assert "[advisories_refused]" in said.err
    assert not target.exists()


def test_a_strict_build_of_good_records_is_written(tmp_path: Path) -> None:
    source, target = feeds(tmp_path / "feeds", LEFT_PAD), tmp_path / "advisories.db"

    assert main(["advisories", "build", str(source), "-o", str(target), "--strict"]) == DONE
    assert target.exists()


@pytest.mark.parametrize(
    ("content", "code"), [(None, "source_unreadable"), (b"read me", "source_unknown")]
)
def test_a_source_that_is_of_no_use_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, code: str
) -> None:
    good, bad = feeds(tmp_path / "feeds", LEFT_PAD), tmp_path / "bad"
    if content is not None:
        bad.write_bytes(content)
    target = tmp_path / "advisories.db"

    status = main(["advisories", "build", str(good), str(bad), "-o", str(target)])

    assert status == UNREADABLE
    assert f"[{code}]" in capsys.readouterr().err
    assert not target.exists()


def test_the_database_is_in_the_data_directory_unless_said_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCANTLING_DATA", str(tmp_path / "data"))

    assert main(["advisories", "build", str(feeds(tmp_path / "feeds", LEFT_PAD))]) == DONE
    assert (tmp_path / "data" / "advisories.db").is_file()
    assert main(["advisories", "status"]) == DONE
    assert "npm" in capsys.readouterr().out


def test_status_without_a_database_says_how_to_build_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "nothing.db"

    assert main(["advisories", "status", "--advisories", str(missing)]) == UNREADABLE

    said = capsys.readouterr().err
    assert "[advisories_unusable]" in said
    assert "scantling advisories build" in said


def test_status_says_what_is_loaded_and_how_old_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "advisories.db"
    source = feeds(tmp_path / "feeds", LEFT_PAD, osv_record("DSA-1", "Debian:12", "curl", "8"))
    main(["advisories", "build", str(source), "-o", str(target)])
    os.utime(target, (0, 0))
    capsys.readouterr()

    assert main(["advisories", "status", "--advisories", str(target)]) == DONE

    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("written:        1970-01-01 00:00 UTC (") for line in lines)
    assert any(line.startswith("newest record:  2026-01-02") for line in lines)
    assert {"debian:12", "npm"} <= {line.split()[0] for line in lines if line}


def test_status_as_json_has_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "advisories.db"
    source = feeds(tmp_path / "feeds", LEFT_PAD, USELESS)
    main(["advisories", "build", str(source), "-o", str(target)])
    capsys.readouterr()

    assert main(["advisories", "status", "--advisories", str(target), "--json"]) == DONE

    status = json.loads(capsys.readouterr().out)
    with AdvisoryDatabase(target) as opened:
        assert status["build"] == opened.build
    assert (status["advisories"], status["packages"]) == (1, 1)
    assert [each["stream"] for each in status["streams"]] == ["npm"]
    assert [(each["path"], each["used"]) for each in status["sources"]] == [("all.zip", 1)]
    assert [each["document"] for each in status["refusals"]] == [
        "all.zip!/GHSA-0000-0000-0000.json"
    ]


def test_a_difference_names_the_packages_that_it_touches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    main(["advisories", "build", str(feeds(tmp_path / "a", LEFT_PAD)), "-o", str(old)])
    main(["advisories", "build", str(feeds(tmp_path / "b", LEFT_PAD, RIGHT_PAD)), "-o", str(new)])
    capsys.readouterr()

    assert main(["advisories", "diff", str(old), str(new)]) == DONE
    assert capsys.readouterr().out == "added    package    npm right-pad\n"
    assert main(["advisories", "diff", str(new), str(old), "--json"]) == DONE
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"kind": "package", "stream": "npm", "name": "right-pad", "change": "removed"}
    ]
    assert main(["advisories", "diff", str(old), str(old)]) == DONE
    assert capsys.readouterr().out == ""


def test_what_terminals_act_upon_is_not_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = {**USELESS, "id": "GHSA-\x1b[31m"}
    target = tmp_path / "advisories.db"
    main(["advisories", "build", str(feeds(tmp_path / "a", LEFT_PAD, hostile)), "-o", str(target)])
    main(["advisories", "status", "--advisories", str(target)])

    assert "\x1b" not in capsys.readouterr().out


def test_a_build_that_is_told_to_end_leaves_nothing(tmp_path: Path) -> None:
    many = [osv_record(f"GHSA-{n}", "npm", f"p{n}", "1") for n in range(20_000)]
    source, folder = feeds(tmp_path / "feeds", *many), tmp_path / "out"
    folder.mkdir()
    process = subprocess.Popen(
        [COMMAND, "advisories", "build", str(source), "-o", str(folder / "advisories.db")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=clean_environment(),
    )
    while process.poll() is None and not list(folder.iterdir()):
        pass
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)

    assert (process.returncode, said) == (130, b"scantling: interrupted\n")
    assert list(folder.iterdir()) == []


def test_a_database_that_is_damaged_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "advisories.db"
    main(["advisories", "build", str(feeds(tmp_path / "a", LEFT_PAD)), "-o", str(target)])
    with closing(sqlite3.connect(target)) as connection:
        connection.execute("DROP TABLE coverage")

    assert main(["advisories", "status", "--advisories", str(target)]) == UNREADABLE
    assert "[advisories_unusable]" in capsys.readouterr().err


def test_progress_is_one_line_that_is_taken_away(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    tally = Tally()
    tally.documents, tally.file = 1234, "npm/\x1b.zip"
    with ProgressLine(shown=True, now=lambda: now[0]) as line:
        line(tally)
        tally.documents = 1235
        line(tally)
        now[0] += EVERY
        line(tally)

    parts = capsys.readouterr().err.split("\r")
    assert [part.strip() for part in parts] == [
        "",
        r"1,234 documents, npm/\x1b.zip",
        r"1,235 documents, npm/\x1b.zip",
        "",
        "",
    ]


def test_no_progress_is_shown_to_what_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressLine(shown=False) as line:
        line(Tally())

    assert capsys.readouterr().err == ""
