"""A member declares what it imports; what is installed is pinned, hashed, and placeless."""

from __future__ import annotations

from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING

import pytest

from tests.house.declarations import LOCKS, undeclared_imports, unlocked_lines, unpinned
from tests.house.sources import MEMBERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.house.sources import Module


def test_members_import_what_they_declare(repository: Path, modules: list[Module]) -> None:
    assert list(undeclared_imports(repository, modules, packages_distributions())) == []


def test_members_dependencies_are_pinned(repository: Path) -> None:
    assert list(unpinned(repository)) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_have_hashes_and_no_place(repository: Path, lock: str) -> None:
    text = (repository / lock).read_text()

    assert text.count("--hash=sha256:") > 100
    assert list(unlocked_lines(lock, text)) == []


def _declare(root: Path, dependencies: str) -> None:
    for package, folder in MEMBERS.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / "pyproject.toml").write_text(
            f'[project]\nname = "{package}"\ndependencies = [{dependencies}]\n'
        )


def test_an_undeclared_import_is_seen(
    tmp_path: Path, made: Callable[[Mapping[str, str]], list[Module]]
) -> None:
    _declare(tmp_path, '"PyYAML>=6", "scantling-common"')
    modules = made({"scantling_sync.a": "import os, yaml, scantling_common.b\nimport orjson"})

    found = list(
        undeclared_imports(
            tmp_path,
            modules,
            {"yaml": ["PyYAML"], "orjson": ["orjson"], "scantling_common": ["scantling-common"]},
        )
    )

    assert len(found) == 1
    assert found[0].endswith("scantling_sync does not declare orjson")


def test_a_dependency_that_is_not_pinned_is_seen(tmp_path: Path) -> None:
    _declare(tmp_path, '"orjson>=3", "msgspec"')
    (tmp_path / "requirements").mkdir()
    (tmp_path / LOCKS[0]).write_text("orjson==3.1 \\\n    --hash=sha256:00\n")

    assert len(list(unpinned(tmp_path))) == len(MEMBERS)
    assert all("msgspec" in line for line in unpinned(tmp_path))


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://example.org/simple",
        "--find-links wheels",
        "-e ./libs/common",
        "orjson @ file:///tmp/orjson.whl --hash=sha256:00",
        "orjson==3.1",
        "orjson>=3.1 --hash=sha256:00",
    ],
)
def test_a_loose_line_is_seen(line: str) -> None:
    assert len(list(unlocked_lines("run.txt", f"# comment\n\n{line}\n"))) == 1
