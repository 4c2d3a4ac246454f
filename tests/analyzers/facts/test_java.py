"""Java: archives, the archives within them, and archives that lie."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from scantling_analyzers.facts.packages.java import coordinates, reader, zip_archive
from scantling_analyzers.facts.packages.java.reader import JavaReader
from tests.analyzers.facts.files import Found, read
from tests.builders import jar

PATH = "app/lib/library-1.0.jar"


def _read(content: bytes, path: str = PATH) -> Found:
    return read(JavaReader(), content, path)


def test_maven_s_own_record_comes_first() -> None:
    content = jar.archive(
        {
            **jar.manifest({"Implementation-Version": "9", "Bundle-License": "Apache-2.0"}),
            **jar.pom("org.example", "library", "1.0.1"),
        }
    )
    (package,) = _read(content).packages
    assert (package.name, package.version) == ("org.example:library", "1.0.1")
    assert (package.type, package.found_by) == ("maven", "pom.properties")
    assert (package.path, package.licenses) == (PATH, ("Apache-2.0",))


def test_a_shaded_archive_is_all_that_it_was_made_of() -> None:
    content = jar.archive(
        {
            **jar.manifest(),
            **jar.pom("com.other", "inner", "2"),
            **jar.pom("org.example", "library", "1"),
        }
    )
    assert _read(content).versions == [("org.example:library", "1"), ("com.other:inner", "2")]


def test_an_archive_whose_poms_are_of_others_is_itself_too() -> None:
    content = jar.archive({**jar.manifest(), **jar.pom("com.other", "inner", "2")})
    found = _read(content)
    assert found.versions == [("library:library", "1.0"), ("com.other:inner", "2")]
    assert [package.found_by for package in found.packages] == ["manifest", "pom.properties"]


@pytest.mark.parametrize(
    ("file_name", "attributes", "expected"),
    [
        (
            "spring-beans-5.3.17.jar",
            {"Implementation-Title": "spring-beans"},
            "org.springframework",
        ),
        ("kafka-clients-3.4.0.jar", {}, "org.apache.kafka"),
        ("tomcat-embed-core-9.0.1.jar", {}, "org.apache.tomcat.embed"),
        ("commons-io-2.4.jar", {"Bundle-SymbolicName": "org.apache.commons.io"}, "commons-io"),
        ("a-1.jar", {"Bundle-SymbolicName": "org.example.a;singleton:=true"}, "org.example"),
        ("a-1.jar", {"Implementation-Vendor-Id": "com.example"}, "com.example"),
        ("a-1.jar", {"Automatic-Module-Name": "io.example.module"}, "io.example.module"),
        ("a-1.hpi", {"Group-Id": "org.jenkins-ci.plugins"}, "org.jenkins-ci.plugins"),
        ("junit-3.8.1.jar", {"Implementation-Vendor": "A Company"}, "junit"),
    ],
)
def test_without_a_pom_the_group_is_known_named_or_guessed(
    file_name: str, attributes: dict[str, str], expected: str
) -> None:
    (package,) = _read(jar.archive(jar.manifest(attributes)), f"lib/{file_name}").packages
    assert package.name.partition(":")[0] == expected


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ("log4j-core-2.17.1.jar", ("log4j-core", "2.17.1")),
        ("guava-31.1-jre.jar", ("guava", "31.1-jre")),
        ("ironman-r4-2009.jar", ("ironman", "r4-2009")),
        ("jetpack-build235-rc5.jar", ("jetpack", "build235-rc5")),
        ("my-http2-server-5.jar", ("my-http2-server", "5")),
        ("org.eclipse.osgi_3.18.0.v2022.jar", ("org.eclipse.osgi", "3.18.0.v2022")),
        ("plain.jar", ("plain", "")),
        ("a/b/plain-thing.war", ("plain-thing", "")),
        ("2048.jar", ("", "")),
        ("-1.jar", ("", "")),
        ("noextension", ("", "")),
    ],
)
def test_a_file_name_tells_name_and_version(file_name: str, expected: tuple[str, str]) -> None:
    name, version = coordinates.split_file_name(file_name.encode())
    assert (name.decode(), version.decode()) == expected


def test_what_the_file_name_does_not_tell_the_manifest_may() -> None:
    attributes = {"Implementation-Title": "title", "Implementation-Version": "7 beta"}
    assert _read(jar.archive(jar.manifest(attributes)), "x/2048.jar").versions == [
        ("title:title", "7 beta")
    ]
    assert _read(jar.archive(jar.manifest()), "x/tool.jar").versions == [("tool:tool", "")]
    assert not _read(jar.archive(jar.manifest()), "x/2048.jar").facts
    assert not _read(jar.archive({"A.class": b""}), "x/tool-1.jar").facts


def test_a_folded_line_and_a_named_section_of_a_manifest_are_read() -> None:
    long = "org.example." + "a" * 100
    manifest = jar.manifest({"Implementation-Vendor-Id": long})["META-INF/MANIFEST.MF"]
    manifest += b"Name: org/example/\r\nImplementation-Version: 3\r\n\r\n"
    found = _read(jar.archive({"META-INF/MANIFEST.MF": manifest}), "x/tool.jar")
    assert found.versions == [(f"{long}:tool", "3")]


@pytest.mark.parametrize("stored", [True, False])
def test_archives_within_archives_are_addressed_by_their_way(*, stored: bool) -> None:
    inner = jar.library("org.example", "inner", "2")
    war = jar.archive(
        {**jar.manifest(), "WEB-INF/lib/inner.jar": inner, "WEB-INF/lib/readme.txt": b""},
        stored=stored,
    )
    found = _read(jar.archive({"outer.war": war}, stored=stored), "srv/all-1.ear")
    assert [(package.name, package.path) for package in found.packages] == [
        ("outer:outer", "srv/all-1.ear!/outer.war"),
        ("org.example:inner", "srv/all-1.ear!/outer.war!/WEB-INF/lib/inner.jar"),
    ]
    assert not found.errors


def test_archives_nest_to_a_depth_and_deeper_ones_are_an_error() -> None:
    content = jar.library("org.example", "deepest", "1")
    content = jar.archive({"deepest.jar": content})
    for _ in range(reader.MAX_DEPTH - 1):
        content = jar.archive({"n.jar": content})
    assert _read(content).versions == [("org.example:deepest", "1")]
    found = _read(jar.archive({"n.jar": content}))
    assert not found.facts
    assert found.codes == ["nested_too_deep"]
    assert found.errors[0].path == PATH + "!/n.jar" * reader.MAX_DEPTH + "!/deepest.jar"


def test_a_broken_archive_within_a_good_one_is_an_error_at_its_place() -> None:
    content = jar.archive({**jar.manifest(), "lib/bad.jar": b"PK\x03\x04 and no more"})
    found = _read(content)
    assert found.versions == [("library:library", "1.0")]
    assert [(error.code, error.path) for error in found.errors] == [
        ("truncated", f"{PATH}!/lib/bad.jar")
    ]


def test_what_is_no_archive_is_an_error() -> None:
    assert _read(b"").codes == ["malformed"]
    assert _read(b"just text").codes == ["malformed"]
    assert _read(jar.library("a", "b", "1")[:-30]).codes == ["truncated"]


def test_a_script_before_the_archive_does_no_harm() -> None:
    content = b"#!/bin/sh\nexec java -jar $0\n" + jar.library("org.example", "library", "1")
    assert _read(content).versions == [("org.example:library", "1")]


def test_a_comment_and_the_wide_form_of_the_directory_are_read() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zipped:
        zipped.comment = b"x" * 60_000
        with zipped.open(
            "META-INF/maven/g/library/pom.properties", "w", force_zip64=True
        ) as member:
            member.write(b"version=1\n")
    assert _read(content.getvalue()).versions == [("g:library", "1")]
    assert _read(_zip64(jar.library("g", "library", "1"))).versions == [("g:library", "1")]


def test_an_entry_that_occurs_twice_is_read_twice() -> None:
    ((name, first),) = jar.pom("g", "a", "1").items()
    ((_, second),) = jar.pom("g", "a", "2").items()
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = jar.archive([(name, first), (name, second)])
    assert _read(content).versions == [("g:a", "1"), ("g:a", "2")]


def test_a_pom_without_a_version_is_an_error() -> None:
    for version in ("", "${project.version}", "@version@"):
        found = _read(jar.archive(jar.pom("g", "a", version)))
        assert found.codes == ["malformed"]
        assert not found.facts


def test_names_that_are_no_utf8_or_steer_terminals_are_escaped() -> None:
    content = jar.archive({**jar.pom("g\x1b[31m", "a\u202e", "1"), "l\x1b[1m.jar": b""})
    found = _read(content)
    assert found.versions == [(r"g\x1b[31m:a\xe2\x80\xae", "1")]
    assert found.errors[0].path == rf"{PATH}!/l\x1b[1m.jar"


def _with_directory_field(content: bytes, offset: int, layout: str, number: int) -> bytes:
    changed = bytearray(content)
    struct.pack_into(layout, changed, changed.rfind(b"PK\x01\x02") + offset, number)
    return bytes(changed)


@pytest.mark.parametrize(
    ("offset", "layout", "number", "code"),
    [
        (24, "<I", 5, "malformed"),  # plain size: smaller than it is
        (24, "<I", 4_000_000, "malformed"),  # larger than it is
        (24, "<I", 4_000_000_000, "too_large"),
        (20, "<I", 3, "malformed"),  # packed size
        (20, "<I", 4_000_000_000, "malformed"),
        (20, "<I", 60_000, "truncated"),
        (16, "<I", 1, "malformed"),  # checksum
        (42, "<I", 20, "malformed"),  # offset of the member
        (42, "<I", 4_000_000_000, "truncated"),
        (8, "<H", 1, "unsupported_format"),  # encrypted
        (10, "<H", 99, "unsupported_format"),  # method
        (28, "<H", 60_000, "malformed"),  # length of the name
    ],
)
def test_an_archive_that_lies_about_a_member_is_an_error(
    offset: int, layout: str, number: int, code: str
) -> None:
    content = jar.archive(jar.pom("org.example", "library", "1.0"))
    found = _read(_with_directory_field(content, offset, layout, number))
    assert not found.facts
    assert code in found.codes


def test_a_bomb_is_not_inflated_beyond_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_NESTED_BYTES", 100_000)
    monkeypatch.setattr(reader, "MAX_METADATA_BYTES", 100_000)
    huge = bytes(1_000_000)
    nested = _read(jar.archive({"a.jar": huge}))
    assert nested.codes == ["too_large"]
    pom = _read(jar.archive({"META-INF/maven/g/a/pom.properties": huge}))
    assert pom.codes == ["too_large"]
    lying = _with_directory_field(jar.archive({"a.jar": huge}), 24, "<I", 99_999)
    assert _read(lying).codes == ["malformed"]


def test_what_all_members_together_cost_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_INFLATED_BYTES", 2500)
    noise = bytes(range(256)) * 4
    found = _read(jar.archive({f"{n}.jar": noise for n in range(5)}, stored=True))
    assert found.codes == ["malformed", "malformed", "too_large", "too_large", "too_large"]
    monkeypatch.setattr(reader, "MAX_MEMBERS", 3)
    assert _read(jar.archive({str(n): b"" for n in range(5)})).codes == ["too_many"]
    monkeypatch.setattr(zip_archive, "MAX_ENTRIES", 2)
    assert _read(jar.archive({str(n): b"" for n in range(5)})).codes == ["too_many"]


def test_a_file_over_the_limit_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_ARCHIVE_BYTES", 10)
    assert _read(jar.library("a", "b", "1")).codes == ["too_large"]


def _zip64(content: bytes) -> bytes:
    """Return the archive with a zip64 end of its directory, as large archives have it."""
    end = content.rfind(b"PK\x05\x06")
    (count, _, size, offset) = struct.unpack_from("<2H2I", content, end + 8)
    wide = struct.pack(
        *("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0), *(count, count, size, offset)
    )
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    narrow = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 65535, 65535, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return content[:end] + wide + locator + narrow
