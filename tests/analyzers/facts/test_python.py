"""Python: installed distributions, by their metadata."""

from __future__ import annotations

import pytest

from scantling_analyzers.extraction.matcher import Matcher
from scantling_analyzers.facts.packages import python as module
from scantling_analyzers.facts.packages.python import PythonReader
from scantling_analyzers.facts.packages.python_egg import EggReader
from tests.analyzers.facts.files import Found, read
from tests.builders import jar, python_package

PATH = "usr/lib/python3/site-packages/a-1.dist-info/METADATA"


def _read(content: bytes) -> Found:
    return read(PythonReader(), content, PATH)


def test_a_distribution_is_its_metadata_s_headers_not_its_description() -> None:
    content = python_package.metadata(
        "Foo.Bar_baz", "1.0+local", "Maintainer: Me", description="Name: other\nVersion: 2\n"
    )
    (package,) = _read(content).packages
    assert (package.name, package.version, package.type) == ("Foo.Bar_baz", "1.0+local", "pypi")
    assert (package.maintainer, package.found_by, package.path) == ("Me", "python", PATH)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["License-Expression: MIT OR Apache-2.0", "License: other"], ("MIT OR Apache-2.0",)),
        (["License: BSD-3-Clause"], ("BSD-3-Clause",)),
        (["License: The text", "        in many lines"], ("The text",)),
        (
            ["License: The text", "\tin many", "", "Classifier: License :: OSI Approved :: X"],
            ("The text",),
        ),
        (
            [
                "License: The text",
                "        in many",
                "        lines",
                "Classifier: License :: OSI Approved :: BSD License",
            ],
            ("BSD License",),
        ),
        (
            [
                "License: UNKNOWN",
                "Classifier: License :: OSI Approved",
                "Classifier: License :: OSI Approved :: MIT License",
                "Classifier: License :: OSI Approved :: MIT License",
                "Classifier: Programming Language :: Python",
                "Classifier: License :: Public Domain",
            ],
            ("MIT License", "Public Domain"),
        ),
        ([], ()),
    ],
)
def test_licences_are_as_given(headers: list[str], expected: tuple[str, ...]) -> None:
    (package,) = _read(python_package.metadata("a", "1", *headers)).packages
    assert package.licenses == expected


def test_carriage_returns_and_folded_lines_do_no_harm() -> None:
    content = b"name: a\r\nX: y\r\n  Version: 0\r\nVERSION:  1 \r\n\r\nVersion: 2\r\n"
    assert _read(content).versions == [("a", "1")]


def test_metadata_without_name_or_version_are_an_error_and_an_empty_file_is_not() -> None:
    assert _read(b"Name: a\n\nVersion: 1\n").codes == ["malformed"]
    assert _read(b"\x89PNG").codes == ["malformed"]
    assert not _read(b"").errors


def test_python_2_s_own_record_is_no_distribution() -> None:
    found = _read(python_package.metadata("Python", "2.7.18"))
    assert not found.facts
    assert not found.errors


@pytest.mark.parametrize("header", ["Author: ", "License: ", "Classifier: License :: "])
def test_a_long_value_is_an_error_but_the_distribution_counts(header: str) -> None:
    found = _read(python_package.metadata("a", "1", header + "x" * 5000))
    assert (found.versions, found.codes) == ([("a", "1")], ["too_large"])


@pytest.mark.parametrize(
    "path",
    [
        "opt/venv/lib/python3.12/site-packages/a-1.dist-info/METADATA",
        "usr/lib/python3/dist-packages/setuptools/_vendor/a-1.dist-info/METADATA",
        "src/a.egg-info/PKG-INFO",
        "usr/lib/python2.7/dist-packages/a-1.egg-info",
        "usr/lib/python3/site-packages/a-1-py3.9.egg/EGG-INFO/PKG-INFO",
    ],
)
def test_wherever_a_distribution_lies(path: str) -> None:
    matcher = Matcher([PythonReader()])
    assert matcher.readers_of(path.encode()) == [0]


def test_what_only_says_what_was_wanted_is_not_read() -> None:
    matcher = Matcher([PythonReader(), EggReader()])
    for path in ("site-packages/pip/_vendor/vendor.txt", "app/requirements.txt", "a.egg-link"):
        assert matcher.readers_of(path.encode()) == []


def _egg(content: bytes, **limits: float) -> Found:
    return read(EggReader(), content, "site-packages/a-1-py3.9.egg", **limits)


def test_a_zipped_egg() -> None:
    archive = jar.archive({"a.py": b"", "EGG-INFO/PKG-INFO": python_package.metadata("a", "1")})
    for content in (archive, b"#!/bin/sh\n" + archive):
        (package,) = _egg(content).packages
        assert (package.name, package.version, package.found_by) == ("a", "1", "egg")
        assert package.path == "site-packages/a-1-py3.9.egg!/EGG-INFO/PKG-INFO"


def test_what_is_no_egg_of_python_s_is_none() -> None:
    for content in (b"", b"<CoordinateSystem> { Y-up }", jar.archive({"a.py": b""})):
        found = _egg(content)
        assert not found.facts
        assert not found.errors


def test_eggs_among_the_tests_of_python_itself_are_none() -> None:
    content = jar.archive({"EGG-INFO/PKG-INFO": python_package.metadata("example", "21.12")})
    for path, number in (
        ("usr/lib/python3.8/test/test_importlib/data/example-21.12-py3.6.egg", 0),
        ("usr/lib/python3.8/site-packages/test/example-21.12-py3.6.egg", 1),
    ):
        assert len(read(EggReader(), content, path).packages) == number


def test_broken_eggs_are_errors() -> None:
    assert _egg(b"PK\x03\x04 and no more").codes == ["truncated"]
    found = _egg(jar.archive({"EGG-INFO/PKG-INFO": b"Name: a\n"}))
    assert [(each.code, each.path) for each in found.errors] == [
        ("malformed", "site-packages/a-1-py3.9.egg!/EGG-INFO/PKG-INFO")
    ]


def test_an_egg_over_a_limit_is_an_error() -> None:
    content = jar.archive({"a": b"", "EGG-INFO/PKG-INFO": python_package.metadata("a", "1")})
    assert _egg(content).versions == [("a", "1")]
    assert _egg(content, members=1).codes == ["too_many"]
    assert _egg(content, archive_bytes=9).codes == ["too_large"]
    assert _egg(content, inflated_bytes=5).codes == ["too_large"]
    found = _egg(content, metadata_bytes=5)
    assert [(each.code, each.path) for each in found.errors] == [
        ("too_large", "site-packages/a-1-py3.9.egg!/EGG-INFO/PKG-INFO")
    ]


def test_hostile_metadata() -> None:
    assert _read(b"Name: a\x1b[1m\xff\nVersion: 1\n").versions == [(r"a\x1b[1m\xff", "1")]
    assert _read(b"Name: a\0\nVersion: 1\n").codes == ["not_text"]
    assert _read(b"Name: " + b"a" * 10_000 + b"\nVersion: 1\n").codes == ["too_large"]
    assert _read(b"Name: a\nVersion: 1\n" + b"Classifier: x\n" * 2000).codes == ["too_many"]


def test_a_licence_that_is_no_header_has_no_text_either() -> None:
    found = _read(b"Name: a\nVersion: 1\nLicense\n goes on\n")
    assert (found.versions, found.packages[0].licenses) == ([("a", "1")], ())


def test_headers_without_end_are_an_error_but_a_long_description_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_HEADERS_BYTES", 1000)
    assert _read(b"Name: a\nVersion: 1\n" + b"X: y\n" * 1000).codes == ["too_large"]
    assert _read(b"Name: a\nVersion: 1\n\n" + b"text\n" * 1000).versions == [("a", "1")]
