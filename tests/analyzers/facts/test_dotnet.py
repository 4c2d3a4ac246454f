""".NET: packages that applications run with, by their deps.json."""

from __future__ import annotations

import pytest

from scantling_analyzers.facts.packages import dotnet as module
from scantling_analyzers.facts.packages.dotnet import DotnetReader
from tests.analyzers.facts.files import Found, read
from tests.builders import dotnet_app

PATH = "app/web.deps.json"


def _read(content: bytes) -> Found:
    return read(DotnetReader(), content, PATH)


def test_packages_and_runtime_packs_count_and_projects_do_not() -> None:
    found = _read(
        dotnet_app.dependencies(
            {
                "web/1.0.0": "project",
                "Lib.Reference/1.0": "reference",
                "Newtonsoft.Json/13.0.3": "package",
                "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1": "runtimepack",
            }
        )
    )
    assert found.versions == [
        ("Newtonsoft.Json", "13.0.3"),
        ("Microsoft.NETCore.App.Runtime.linux-x64", "8.0.1"),
    ]
    assert {(each.type, each.found_by) for each in found.packages} == {("nuget", "dotnet")}


def test_a_package_without_a_file_in_the_running_target_is_not_there() -> None:
    content = dotnet_app.dependencies(
        {"A/1": "package", "Build.Only/1": "package", "Unlisted/1": "package"},
        without_files=("Build.Only/1",),
        files={"Unlisted/1": {"runtime": {"lib/net45/_._": {}}}},
    )
    assert _read(content).versions == [("A", "1")]


@pytest.mark.parametrize("group", ["runtime", "native", "runtimeTargets", "resources"])
def test_a_file_of_any_kind_makes_a_package_be_there(group: str) -> None:
    files = {"A/1": {group: {"a/b.so": {"fileVersion": "1.0"}}}}
    assert _read(dotnet_app.dependencies({"A/1": "package"}, files=files)).versions == [("A", "1")]


def test_where_the_running_target_is_not_described_every_package_counts() -> None:
    content = dotnet_app.dependencies({"A/1": "package"}, without_files=("A/1",), target="other")
    assert _read(content).versions == [("A", "1")]


def test_the_old_form_of_the_running_target() -> None:
    content = dotnet_app.dependencies(
        {"A/1": "package"}, without_files=("A/1",), runtimeTarget=dotnet_app.TARGET
    )
    assert not _read(content).facts


def test_a_library_without_a_version_is_an_error_beside_the_others() -> None:
    found = _read(dotnet_app.dependencies({"A": "package", "/1": "package", "B/2": "package"}))
    assert (found.versions, found.codes) == ([("B", "2")], ["malformed", "malformed"])


@pytest.mark.parametrize("content", [b"", b"[]", b'{"libraries": []}', b'{"libraries":{"A/1":1}}'])
def test_what_is_no_list_of_dependencies_is_an_error(content: bytes) -> None:
    assert _read(content).codes == ["malformed"]


def test_hostile_dependencies(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _read(b'{"x":' * 300_000).codes == ["nested_too_deep"]
    assert _read(dotnet_app.dependencies({"A\x1b/1": "package"})).versions == [(r"A\x1b", "1")]
    monkeypatch.setattr(module, "MAX_DEPENDENCIES_BYTES", 10)
    assert _read(dotnet_app.dependencies({})).codes == ["too_large"]
