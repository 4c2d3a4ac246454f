"""Documents can be followed: links lead somewhere, commands are commands."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest

from scantling.cli.parser import make_parser
from tests.house.documents import (
    broken_links,
    commands,
    documents,
    headings,
    named_commands,
    named_tests,
)

if TYPE_CHECKING:
    from pathlib import Path


def known_commands() -> set[str]:
    """Return the names of our commands."""
    return {
        name
        for action in make_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
        for name in action.choices
    }


def test_links_lead_somewhere(repository: Path) -> None:
    found = [link for each in documents(repository) for link in broken_links(each, repository)]

    assert found == []


def test_commands_in_blocks_are_commands(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser, wrong, seen = make_parser(), [], 0
    for document in documents(repository):
        for command in commands(document.read_text(encoding="utf-8")):
            seen += 1
            try:
                parser.parse_args(command)
            except SystemExit:
                reason = capsys.readouterr().err.strip().rpartition("\n")[2]
                wrong.append(f"{document.relative_to(repository)}: {command}: {reason}")

    assert wrong == []
    assert seen > 50


def test_commands_in_prose_exist(repository: Path) -> None:
    named = {
        name
        for document in documents(repository)
        for name in named_commands(document.read_text(encoding="utf-8"))
    }

    assert {"up", "scan", "sync"} <= named <= known_commands()


def test_tests_that_are_named_as_a_proof_exist(repository: Path) -> None:
    named = {
        document.name: named_tests(document.read_text(encoding="utf-8"))
        for document in documents(repository)
    }

    missing = [
        test for tests in named.values() for test in tests if not (repository / test).exists()
    ]
    assert missing == []
    assert len(named["security.md"]) > 20


def test_documents_name_no_place_of_this_machine(repository: Path) -> None:
    found = [
        each.name
        for each in documents(repository)
        if str(repository) in each.read_text(encoding="utf-8")
    ]

    assert found == []


def test_broken_links_are_seen(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# A b, (c)\n```sh\n# no heading [x](y)\n```\n")
    readme = tmp_path / "README.md"
    readme.write_text(
        "[1](docs/a.md) [2](docs/a.md#a-b-c) [3](docs/a.md#no-heading) [4](gone.md)\n"
        "[5](https://example.org/x) [6](../outside) [7](#here)\n## Here\n"
    )

    found = list(broken_links(readme, tmp_path))

    assert headings(tmp_path / "docs" / "a.md") == {"a-b-c"}
    assert [each.partition(": ")[2] for each in found] == [
        "docs/a.md#no-heading",
        "gone.md",
        "../outside",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("scantling list set approved-bases -", [["list", "set", "approved-bases", "-"]]),
        ("echo x | scantling up", [["up"]]),
        (".venv/bin/scantling scan a.tar  # why", [["scan", "a.tar"]]),
        ("ID=$(scantling task list | awk '{ print $1 }')", [["task", "list"]]),
        ('A=1 B=2 scantling task show "$ID" > x', [["task", "show", "$ID"]]),
        ("scantling image report a:1 \\\n  -o b && break", [["image", "report", "a:1", "-o", "b"]]),
        ("scantling search '@babel/*'; scantling up", [["search", "@babel/*"], ["up"]]),
        ("echo scantling", []),
    ],
)
def test_calls_are_found(line: str, expected: list[list[str]]) -> None:
    assert list(commands(f"```sh\n{line}\n```\n")) == expected
    assert list(commands(f"```text\n{line}\n```\n")) == []
