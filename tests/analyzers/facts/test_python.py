"""Python: installed distributions, by their metadata."""

from __future__ import annotations

import pytest

from scantling_analyzers.facts.packages import python as module
from scantling_analyzers.facts.packages.python import PythonReader
from tests.analyzers.facts.files import Found, read
from tests.builders import python_package

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


def test_hostile_metadata() -> None:
    assert _read(b"Name: a\x1b[1m\xff\nVersion: 1\n").versions == [(r"a\x1b[1m\xff", "1")]
    assert _read(b"Name: a\0\nVersion: 1\n").codes == ["not_text"]
    assert _read(b"Name: " + b"a" * 10_000 + b"\nVersion: 1\n").codes == ["too_large"]
    assert _read(b"Name: a\nVersion: 1\n" + b"Classifier: x\n" * 2000).codes == ["too_many"]


def test_headers_without_end_are_an_error_but_a_long_description_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_HEADERS_BYTES", 1000)
    assert _read(b"Name: a\nVersion: 1\n" + b"X: y\n" * 1000).codes == ["too_large"]
    assert _read(b"Name: a\nVersion: 1\n\n" + b"text\n" * 1000).versions == [("a", "1")]
