"""Java installations by their ``release`` file."""

from __future__ import annotations

import pytest

from scantling_analyzers.facts.packages.java.runtime import MAX_BYTES, JavaRuntimeReader
from tests.analyzers.facts.files import Found, read

PATH = "opt/java/openjdk/release"


def _read(path: str = PATH, **fields: str) -> Found:
    text = "".join(f'{key}="{text}"\n' for key, text in fields.items())
    return read(JavaRuntimeReader(), text.encode(), path)


def test_a_build_of_openjdk_is_openjdk_with_its_complete_version() -> None:
    (package,) = _read(
        IMPLEMENTOR="Eclipse Adoptium",
        IMPLEMENTOR_VERSION="Temurin-21.0.4+7",
        JAVA_RUNTIME_VERSION="21.0.4+7-LTS",
        JAVA_VERSION="21.0.4",
        MODULES="java.base java.logging",
    ).packages
    assert (package.name, package.version, package.type) == ("openjdk", "21.0.4+7-LTS", "generic")
    assert (package.maintainer, package.path) == ("Eclipse Adoptium", PATH)


@pytest.mark.parametrize(
    ("fields", "version"),
    [
        ({"JAVA_VERSION": "1.8.0_422", "FULL_VERSION": "1.8.0_422-b05"}, "1.8.0_422-b05"),
        ({"JAVA_VERSION": "1.8.0_422", "FULL_VERSION": "8.0.422+5"}, "1.8.0_422"),
        ({"JAVA_VERSION": "1.8.0_202"}, "1.8.0_202"),
        ({"JAVA_RUNTIME_VERSION": "17.0.15+6-Debian-1"}, "17.0.15+6-Debian-1"),
    ],
)
def test_the_most_complete_version_counts(fields: dict[str, str], version: str) -> None:
    assert [found for _, found in _read(**fields).versions] == [version]


@pytest.mark.parametrize(
    ("fields", "path", "name"),
    [
        ({"IMPLEMENTOR": "Azul Systems, Inc."}, PATH, "zulu"),
        ({}, "usr/lib/jvm/zulu17/release", "zulu"),
        ({"IMPLEMENTOR": "Oracle Corporation"}, PATH, "jdk"),
        ({"IMPLEMENTOR": "Oracle Corporation", "IMAGE_TYPE": "JRE"}, PATH, "jre"),
        ({"IMPLEMENTOR": "Oracle Corporation", "MODULES": "java.base"}, PATH, "jre"),
        ({"IMPLEMENTOR": "Oracle Corporation", "MODULES": "java.base jdk.compiler"}, PATH, "jdk"),
        ({"IMPLEMENTOR": "GraalVM Community"}, PATH, "graalvm"),
        ({"IMPLEMENTOR": "Oracle Corporation", "GRAALVM_VERSION": "23"}, PATH, "graalvm"),
        ({"IMPLEMENTOR": "Red Hat, Inc."}, PATH, "openjdk"),
        ({}, PATH, "openjdk"),
    ],
)
def test_the_name_is_the_one_that_advisories_use(
    fields: dict[str, str], path: str, name: str
) -> None:
    assert _read(path, JAVA_VERSION="17", **fields).versions == [(name, "17")]


@pytest.mark.parametrize(
    "content", [b"", b"Fedora release 40\n", b"\x00\xff\n", b"VERSION=1\n", b"x" * MAX_BYTES * 2]
)
def test_another_file_of_that_name_is_no_installation_and_no_error(content: bytes) -> None:
    found = read(JavaRuntimeReader(), content, "etc/release")
    assert (found.facts, found.errors) == ([], [])


def test_text_that_steers_terminals_is_escaped_and_too_long_a_value_is_an_error() -> None:
    assert _read(JAVA_VERSION="1\x1b[31m").versions == [("openjdk", r"1\x1b[31m")]
    assert _read(JAVA_VERSION="1" * 5000).codes == ["too_large"]
