"""Files that only a link calls what a reader looks for are told, unless they were read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.extraction import linked_files
from scantling_analyzers.extraction.imageview import view
from scantling_analyzers.extraction.link_targets import LinkTargets
from scantling_analyzers.extraction.linked_files import LEAST_BYTES, LinkedFiles, told
from scantling_analyzers.facts.catalogue import READERS
from scantling_analyzers.facts.models import FactSet, FileFacts, OwnedFiles, Package, owned_key
from scantling_common.layers.index import LayerIndex, build
from scantling_common.layers.tar import walk
from tests.analyzers.extraction.readers import EveryFile
from tests.builders.layer import Content, executable, layer, symlink

if TYPE_CHECKING:
    from collections.abc import Sequence

Files = dict[str, Content]
PROGRAM = executable(bytes(LEAST_BYTES))


def indexes(*layers: Files | bytes) -> list[LayerIndex]:
    return [build(walk(files if isinstance(files, bytes) else layer(files))) for files in layers]


def found(*layers: Files | bytes) -> list[tuple[str, int, str]]:
    """Return reader, layer and path of the links that are told, where nothing was read."""
    files = LinkedFiles(LinkTargets(indexes(*layers)), READERS).find()
    errors = list(told(files, [()] * len(layers), ()))
    assert {each.error.code for each in errors} <= {"behind_link"}
    return [(each.reader, each.layer, each.error.path) for each in errors]


def facts(reader: str, path: str) -> Sequence[Sequence[FactSet]]:
    package = Package(path=path, name="a", version="1", type="generic")
    return [[FactSet(reader=reader, version=1, files=(FileFacts(path=path, facts=(package,)),))]]


LIST = "var/lib/dpkg/info/app.list"
JAR: Files = {"opt/app.jar": symlink("/store/abc"), "store/abc": b"x"}


@pytest.mark.parametrize(
    ("files", "reader", "path"),
    [
        (JAR, "java", "opt/app.jar"),
        ({"a.jar": symlink("b.jar"), "b.jar": symlink("c"), "c": b"x"}, "java", "a.jar"),
        ({"x/package.json": symlink("../y"), "y": b"{}"}, "node", "x/package.json"),
        ({"bin/node": symlink("/store/abc"), "store/abc": PROGRAM}, "binary", "bin/node"),
        (
            {"lib/libssl.so.3": symlink("/store/abc"), "store/abc": b"x"},
            "binary",
            "lib/libssl.so.3",
        ),
        # A folder of the name that a reader looks for, and one above it.
        (
            {"a/b-1.dist-info": symlink("/store/1"), "store/1/METADATA": b"x"},
            "python",
            "a/b-1.dist-info/METADATA",
        ),
        (
            {"env/conda-meta": symlink("/store/1"), "store/1/a.json": b"x"},
            "conda",
            "env/conda-meta/a.json",
        ),
        (
            {"home/Cellar/jq": symlink("/store/jq"), "store/jq/1/.brew/jq.rb": b"x"},
            "homebrew",
            "home/Cellar/jq/1/.brew/jq.rb",
        ),
        (
            {"www/wp-includes": symlink("/store/1"), "store/1/version.php": b"x"},
            "wordpress",
            "www/wp-includes/version.php",
        ),
    ],
)
def test_a_file_that_only_a_link_calls_so_is_told(files: Files, reader: str, path: str) -> None:
    assert (reader, 0, path) in found(files)


@pytest.mark.parametrize(
    "files",
    [
        # As images have them: the target is read by its own path.
        {"usr/share/java/a.jar": symlink("a-1.jar"), "usr/share/java/a-1.jar": b"x"},
        {
            "usr/bin/java": symlink("/etc/alternatives/java"),
            "etc/alternatives/java": symlink("/opt/jdk/bin/java"),
            "opt/jdk/bin/java": PROGRAM,
        },
        {"bin/python": symlink("python3.11"), "bin/python3.11": PROGRAM},
        {"bin/sh": symlink("busybox"), "bin/busybox": PROGRAM},
        {"lib/libssl.so": symlink("libssl.so.3"), "lib/libssl.so.3": b"x"},
        {"lib/libx.so": symlink("/store/abc"), "store/abc": b"x"},
        {"venv/lib64": symlink("lib"), "venv/lib/a-1.dist-info/METADATA": b"x"},
        {
            "node_modules/a": symlink(".pnpm/a@1/node_modules/a"),
            "node_modules/.pnpm/a@1/node_modules/a/package.json": b"{}",
        },
        {"node_modules/.bin/a": symlink("../a/cli.js"), "node_modules/a/cli.js": b"x"},
        {"a/conda-meta": symlink("/b/conda-meta"), "b/conda-meta/a.json": b"{}"},
        # What is called a program and is none: scripts, manuals.
        {"bin/node": symlink("/opt/start"), "opt/start": executable(b"#!/bin/sh")},
        {"man/python3.1": symlink("python3.11.1"), "man/python3.11.1": bytes(LEAST_BYTES)},
        # What leads nowhere, in circles, out of the image, or to what is no file.
        {"a.jar": symlink("none")},
        {"a.jar": symlink("b.jar"), "b.jar": symlink("a.jar")},
        {"a.jar": symlink("../../../etc/passwd")},
        {"a.jar": symlink("/folder"), "folder/file": b"x"},
        {"x/conda-meta": symlink("/none")},
        {"x/conda-meta": symlink("/store"), "store/deep/a.json": b"{}", "store/a.txt": b""},
    ],
)
def test_what_is_read_all_the_same_or_is_not_there_is_not_told(files: Files) -> None:
    assert found(files) == []


def test_link_and_file_may_stand_in_different_layers() -> None:
    link: Files = {"opt/app.jar": symlink("/store/abc")}
    file: Files = {"store/abc": b"x"}
    assert found(link, file) == [("java", 0, "opt/app.jar")]
    assert found(file, link) == [("java", 1, "opt/app.jar")]


def test_what_a_later_layer_hides_is_not_told() -> None:
    assert found(JAR, {"opt/app.jar": b"a real one"}) == []
    assert found(JAR, layer({}, whiteouts=["opt/app.jar"])) == []
    assert found(JAR, layer({}, whiteouts=["store/abc"])) == []
    assert found(JAR, layer({}, opaque=["store"])) == []


@pytest.mark.parametrize(("reader", "path"), [("java", "store/abc"), ("node", "store/abc")])
def test_what_was_found_by_its_content_was_read(reader: str, path: str) -> None:
    files = LinkedFiles(LinkTargets(indexes(JAR)), READERS).find()
    assert bool(list(told(files, facts(reader, path), ()))) is (reader != "java")


def test_a_file_of_a_system_package_counts_as_that() -> None:
    owned = OwnedFiles(path=LIST, owner="deb:app", keys=owned_key(b"store/abc"))
    status = FileFacts(path=LIST, facts=(owned,))
    sets = [[FactSet(reader="dpkg", version=2, files=(status,))]]
    seen = view(indexes(JAR), sets, ["sha256:a"], READERS)
    assert seen.linked == ()
    # Nothing was found in it, so it is no file whose owner matters.
    assert [file.path for file in seen.owned] == []
    (linked,) = view(indexes(JAR), [()], ["sha256:a"], READERS).linked
    assert (linked.reader, linked.error.path) == ("java", "opt/app.jar")


def test_a_reader_of_every_file_has_seen_what_links_lead_to() -> None:
    assert LinkedFiles(LinkTargets(indexes(JAR)), [EveryFile()]).find() == []


def test_so_many_links_are_told_and_then_that_there_are_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(linked_files, "MAX_TOLD", 3)
    files: Files = {f"{n}.jar": symlink("abc") for n in range(9)}
    found_files = LinkedFiles(LinkTargets(indexes({**files, "abc": b"x"})), READERS).find()
    codes = [each.error.code for each in told(found_files, [()], ())]
    assert codes == ["behind_link"] * 3 + ["too_many"]


@pytest.mark.parametrize(
    "files",
    [
        {f"{n}.jar": symlink("abc") for n in range(50)},
        {f"{n}/conda-meta": symlink("/store") for n in range(50)}
        | {f"store/{n}.json": b"" for n in range(50)},
        {"/".join("d" * 60) + f"/{n}.jar": symlink("/abc") for n in range(9)},
    ],
)
def test_the_work_on_links_is_bounded_and_what_is_left_is_told(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LinkTargets.__init__, "__defaults__", (120,))
    (seen,) = (view(indexes({**files, "abc": b"x"}), [()], ["sha256:a"], READERS).linked[-1:],)
    assert [(each.reader, each.error.code, each.error.path) for each in seen] == [
        ("files", "too_many", "")
    ]
