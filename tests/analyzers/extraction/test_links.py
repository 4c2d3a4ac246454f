"""Package databases behind links are told, wherever the link and the database stand."""

from __future__ import annotations

import pytest

from scantling_analyzers.extraction.link_targets import LinkTargets
from scantling_analyzers.extraction.links import linked_databases
from scantling_analyzers.facts.catalogue import READERS
from scantling_common.layers.index import LayerIndex, build
from scantling_common.layers.tar import walk
from tests.builders.layer import Content, layer, symlink


def indexes(*layers: dict[str, Content]) -> list[LayerIndex]:
    return [build(walk(layer(files))) for files in layers]


def told(*layers: dict[str, Content]) -> list[tuple[str, int, str]]:
    found = linked_databases(LinkTargets(indexes(*layers)), READERS)
    assert {each.error.code for each in found} <= {"behind_link"}
    return [(each.reader, each.layer, each.error.path) for each in found]


STATUS = "var/lib/dpkg/status"


@pytest.mark.parametrize(
    "files",
    [
        {STATUS: symlink("/opt/status"), "opt/status": b""},
        {"var/lib/dpkg": symlink("../../opt/dpkg"), "opt/dpkg/status": b""},
        {"var": symlink("opt/var"), "opt/var/lib/dpkg/status": b""},
        {"var": symlink("a"), "a/lib": symlink("/b"), "b/dpkg/status": b""},
    ],
)
def test_a_database_behind_a_link_is_told(files: dict[str, Content]) -> None:
    assert ("dpkg", 0, STATUS) in told(files)


def test_the_link_and_the_database_may_stand_in_different_layers() -> None:
    assert told({"opt/status": b""}, {STATUS: symlink("/opt/status")}) == [("dpkg", 1, STATUS)]
    assert told({STATUS: symlink("/opt/status")}, {"opt/status": b""}) == [("dpkg", 0, STATUS)]


def test_a_folder_of_databases_behind_a_link_is_told() -> None:
    files: dict[str, Content] = {
        "var/lib/dpkg/status.d": symlink("/opt/d"),
        "opt/d/base": b"",
    }
    assert told(files) == [("dpkg", 0, "var/lib/dpkg/status.d")]


@pytest.mark.parametrize(
    "files",
    [
        # As Fedora, usr-merged Alpine and Debian have it: readers know both places.
        {
            "var/lib/rpm": symlink("../../usr/lib/sysimage/rpm"),
            "usr/lib/sysimage/rpm/rpmdb.sqlite": b"",
        },
        {"lib": symlink("usr/lib"), "usr/lib/apk/db/installed": b""},
        {"etc/os-release": symlink("../usr/lib/os-release"), "usr/lib/os-release": b""},
        {"etc/redhat-release": symlink("rocky-release"), "etc/rocky-release": b""},
        # Links that lead to nothing, out of the image, or in circles.
        {STATUS: symlink("/opt/none")},
        {STATUS: symlink("../../../../etc/passwd")},
        {"var": symlink("lib"), "lib": symlink("var")},
    ],
)
def test_what_is_read_all_the_same_or_is_not_there_is_not_told(files: dict[str, Content]) -> None:
    assert told(files) == []


def test_a_link_that_a_later_layer_replaced_is_not_followed() -> None:
    assert told({STATUS: symlink("/opt/s"), "opt/s": b""}, {STATUS: b"Package: a\n"}) == []


def test_a_release_file_behind_a_link_is_told() -> None:
    files: dict[str, Content] = {"etc/os-release": symlink("/opt/os"), "opt/os": b""}
    assert told(files) == [("os-release", 0, "etc/os-release")]
