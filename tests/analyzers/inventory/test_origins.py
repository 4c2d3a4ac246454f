"""A package came with the layer that brought it, not with the last one that wrote its database."""

from __future__ import annotations

from typing import Any

from scantling_analyzers.contract import KnownBase, Settings
from scantling_analyzers.facts.models import Package
from scantling_analyzers.inventory.installed import installed
from scantling_analyzers.risks.software.analyzer import SoftwareAnalyzer
from tests.analyzers.risks.content import content


def apk(name: str, version: str = "1", **more: Any) -> Package:
    path = "lib/apk/db/installed"
    return Package(**{"path": path, "name": name, "version": version, "type": "apk", **more})


def origins(*facts: tuple[Package, int, int | None], layers: int = 4) -> dict[str, int]:
    image = content(*facts, layers=layers)
    return {located.fact.name: located.layer for located in installed(image)}  # type: ignore[union-attr]  # all are packages


def test_a_database_that_is_written_anew_keeps_the_layers_of_its_packages() -> None:
    assert origins(
        (apk("musl"), 0, 1),
        (apk("musl"), 1, 3),
        (apk("curl"), 1, 3),
        (apk("musl"), 3, None),
        (apk("curl"), 3, None),
        (apk("git"), 3, None),
    ) == {"musl": 0, "curl": 1, "git": 3}


def test_another_version_came_with_the_layer_that_brought_it() -> None:
    assert origins((apk("musl", "1"), 0, 1), (apk("musl", "2"), 1, None)) == {"musl": 1}
    assert origins((apk("musl"), 0, 1), (apk("musl", arch="x86"), 1, None)) == {"musl": 1}


def test_what_was_removed_in_between_came_with_the_layer_that_brought_it_again() -> None:
    assert origins(
        (apk("musl"), 0, 1), (apk("curl"), 0, 1), (apk("musl"), 1, 2), (apk("curl"), 2, None)
    ) == {"curl": 2}


def test_a_database_that_was_removed_as_a_whole_begins_anew() -> None:
    assert origins((apk("musl"), 0, 1), (apk("musl"), 2, None)) == {"musl": 2}


def test_another_archive_under_the_same_name_is_not_the_one_that_was_there() -> None:
    jar = {"path": "app/a.jar", "type": "maven"}
    assert origins(
        (apk("g:a", sha1="aa", **jar), 0, 1), (apk("g:a", sha1="bb", **jar), 1, None)
    ) == {"g:a": 1}


def test_packages_of_the_base_are_marked_after_others_were_installed() -> None:
    base = KnownBase(digest="sha256:b", chain_id="sha256:c", layers=1)
    image = content(
        (apk("musl"), 0, 1), (apk("musl"), 1, None), (apk("curl"), 1, None), bases=(base,)
    )
    packages = SoftwareAnalyzer().analyze(image, Settings()).packages
    assert {package.name: package.in_base for package in packages} == {"musl": True, "curl": False}
    assert [package.layer for package in packages] == [
        image.layers[1].diff_id,
        image.layers[0].diff_id,
    ]
