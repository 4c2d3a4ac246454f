"""What `scantling scan` loads, and what it does not: a scan must start at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from scantling.cli import main
from scantling.cli.parser import make_parser
from tests.builders.advisories import advisory_database, osv_record
from tests.builders.image import docker_archive, image
from tests.builders.node_package import installed
from tests.standalone.running import scantling

if TYPE_CHECKING:
    from pathlib import Path

IMPORTED = re.compile(r"^import time:[ \d]+\|[ \d]+\|\s+(\S+)$", re.MULTILINE)
OF_VULNERABILITIES = (
    "scantling_common.versions",
    "scantling_analyzers.advisories.database.reader",
    "scantling_analyzers.advisories.matching",
    "scantling_analyzers.advisories.models",
)
OF_OTHERS = ("scantling.cli.clients", "scantling.cli.serve", "scantling_reporter.formats.terminal")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return docker_archive(tmp_path / "image.tar", {"a/b:1": image(installed("left", "1.0.0"))})


def loaded(*arguments: object) -> list[str]:
    """Return the modules that a scan loads, in the order in which they are there."""
    ended = scantling(
        "scan",
        "--no-cache",
        *map(str, arguments),
        PYTHONPROFILEIMPORTTIME="1",
        SCANTLING_DATA="/nil",
    )
    assert ended.returncode == 0, ended.stderr
    return IMPORTED.findall(ended.stderr)


def test_who_asks_for_no_vulnerabilities_loads_nothing_of_them(archive: Path) -> None:
    modules = set(loaded("--risk", "software,file,baseimage", archive))
    assert "scantling_analyzers.analysis.content" in modules
    assert modules.isdisjoint({*OF_VULNERABILITIES, *OF_OTHERS, "scantling.scan.advisories"})


def test_without_a_database_matching_is_not_loaded(archive: Path) -> None:
    assert set(loaded("--allow-partial", "--risk", "software,vulnerability", archive)).isdisjoint(
        {*OF_VULNERABILITIES, *OF_OTHERS}
    )


def test_a_database_is_loaded_while_layers_are_read(archive: Path, tmp_path: Path) -> None:
    file = tmp_path / "advisories.db"
    advisory_database(file, osv_record("GHSA-a", "npm", "left", "1.0.1"))
    modules = loaded("--advisories", file, archive)
    # Opening the archive is what comes before the first layer.
    opened = modules.index("scantling_common.images.sources.local")
    assert [name for name in OF_VULNERABILITIES if modules.index(name) < opened] == []


def test_the_parser_of_one_command_reads_it_as_that_of_all_does() -> None:
    given = ["scan", "--risk", "software", "--format", "json", "-q", "image.tar"]
    alone, one_of_all = make_parser("scan").parse_args(given), make_parser().parse_args(given)
    assert vars(alone) == vars(one_of_all)


@pytest.mark.parametrize("given", [["--help"], ["scam"], []])
def test_who_names_no_command_hears_of_all(
    given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main.main(given)
    printed = capsys.readouterr()
    if given:
        assert all(name in printed.out + printed.err for name in ("scan", "up", "advisories"))
    else:
        assert "COMMAND" in printed.err
