"""Yarn: packages that stay zipped in its cache."""

from __future__ import annotations

from scantling_analyzers.facts.packages.yarn import YarnReader
from tests.analyzers.facts.files import Found, read
from tests.builders import jar, node_package

PATH = "app/.yarn/cache/@a-b-c-npm-1.0.0-0a1b2c3d4e-8.zip"


def _read(files: dict[str, bytes], **limits: float) -> Found:
    return read(YarnReader(), jar.archive(files), PATH, **limits)


def test_the_package_is_the_one_that_lies_in_node_modules() -> None:
    manifest = node_package.manifest("@a/b-c", "1.0.0", license="MIT")
    (package,) = _read(
        {
            "node_modules/@a/b-c/dist/package.json": b'{"type": "module"}',
            "node_modules/@a/b-c/package.json": manifest,
            "node_modules/@a/b-c/node_modules/d/package.json": node_package.manifest("d", "2"),
        }
    ).packages
    assert (package.name, package.version, package.licenses) == ("@a/b-c", "1.0.0", ("MIT",))
    assert (package.type, package.found_by) == ("npm", "yarn")
    assert package.path == f"{PATH}!/node_modules/@a/b-c/package.json"


def test_an_archive_without_a_package_is_an_error() -> None:
    for members in ({}, {"package.json": b"{}"}, {"node_modules/a/b/package.json": b"{}"}):
        assert _read(members).codes == ["malformed"]


def test_a_manifest_without_a_version_is_no_package() -> None:
    found = _read({"node_modules/a/package.json": b"{}"})
    assert not found.facts
    assert not found.errors


def test_broken_archives_are_errors() -> None:
    assert read(YarnReader(), b"PK", PATH).codes == ["malformed"]
    found = _read({"node_modules/a/package.json": b"{"})
    assert [(each.code, each.path) for each in found.errors] == [
        ("malformed", f"{PATH}!/node_modules/a/package.json")
    ]


def test_an_archive_over_a_limit_is_an_error() -> None:
    files = {"a": b"", "node_modules/a/package.json": node_package.manifest("a", "1")}
    assert _read(files).versions == [("a", "1")]
    assert _read(files, members=1).codes == ["too_many"]
    assert _read(files, archive_bytes=9).codes == ["too_large"]
    found = _read(files, metadata_bytes=5)
    assert [(each.code, each.path) for each in found.errors] == [
        ("too_large", f"{PATH}!/node_modules/a/package.json")
    ]
