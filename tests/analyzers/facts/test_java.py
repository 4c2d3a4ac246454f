"""Java: archives, the archives within them, and archives that lie."""

from __future__ import annotations

import hashlib
import io
import itertools
import struct
import zipfile
from functools import lru_cache

import pytest
from hypothesis import given, settings

from scantling_analyzers.facts.archives import zip_archive
from scantling_analyzers.facts.packages.java.reader import JavaReader
from tests.analyzers.facts.damage import CHANGED_OR_CUT, Damage
from tests.analyzers.facts.files import Found, read
from tests.builders import jar

PATH = "app/lib/library-1.0.jar"


def _read(content: bytes, path: str = PATH, **limits: float) -> Found:
    return read(JavaReader(), content, path, **limits)


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
    assert [package.found_by for package in found.packages] == [
        "manifest",
        "shaded:pom.properties",
    ]


@pytest.mark.parametrize("stored", [True, False])
def test_archives_within_archives_are_addressed_by_their_way(*, stored: bool) -> None:
    inner = jar.library("org.example", "inner", "2")
    war = jar.archive(
        {**jar.manifest(), "WEB-INF/lib/inner.jar": inner, "WEB-INF/lib/readme.txt": b""},
        stored=stored,
    )
    found = _read(jar.archive({"outer.war": war}, stored=stored), "srv/all-1.ear")
    assert [(package.name, package.path) for package in found.packages] == [
        ("all:all", "srv/all-1.ear"),
        ("outer", "srv/all-1.ear!/outer.war"),
        ("org.example:inner", "srv/all-1.ear!/outer.war!/WEB-INF/lib/inner.jar"),
    ]
    assert not found.errors


def test_archives_nest_to_a_depth_and_deeper_ones_are_an_error() -> None:
    content = jar.archive({"deepest.jar": jar.library("org.example", "deepest", "1")})
    for _ in range(3):
        content = jar.archive({"n.jar": content})
    found = _read(content, depth=4)
    assert ("org.example:deepest", "1") in found.versions
    assert not found.errors
    found = _read(content, depth=3)
    assert ("org.example:deepest", "1") not in found.versions
    assert found.codes == ["nested_too_deep"]
    assert found.errors[0].path == PATH + "!/n.jar" * 3 + "!/deepest.jar"


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


def test_a_record_is_read_as_java_reads_properties() -> None:
    record = b"groupId = g\r\nartifactId:library\r\nversion\\\r\n=1\\\r\n  .5\r\n"
    content = jar.archive({"META-INF/maven/g/library/pom.properties": record})
    assert _read(content).versions == [("g:library", "1.5")]


def test_of_an_entry_that_occurs_twice_the_last_counts_as_for_a_class_loader() -> None:
    ((name, first),) = jar.pom("g", "library", "1").items()
    ((_, second),) = jar.pom("g", "library", "2").items()
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = jar.archive([(name, first), (name, second)])
    assert _read(content).versions == [("g:library", "2")]


def test_an_archive_within_twice_under_one_name_is_read_twice() -> None:
    first, second = jar.library("g", "a", "1"), jar.library("g", "a", "2")
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = jar.archive([("a.jar", first), ("a.jar", second)])
    assert [v for _, v in _read(content).versions if v != "1.0"] == ["1", "2"]


def test_names_that_are_no_utf8_or_steer_terminals_are_escaped() -> None:
    content = jar.archive({**jar.pom("g\x1b[31m", "library", "\u202e1"), "l\x1b[1m.jar": b""})
    found = _read(content)
    assert found.versions == [(r"g\x1b[31m:library", r"\xe2\x80\xae1")]
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
    content = jar.archive(jar.pom("org.example", "library", "9"))
    found = _read(_with_directory_field(content, offset, layout, number))
    assert "9" not in [version for _, version in found.versions]
    assert code in found.codes


def test_a_directory_that_is_damaged_after_some_entries_is_read_to_there() -> None:
    content = jar.archive({"1.jar": jar.library("g", "first", "1"), "2.jar": b""})
    for broken in (
        content[: content.rfind(b"PK\x01\x02")]
        + b"XX"
        + content[content.rfind(b"PK\x01\x02") + 2 :],
        _with_directory_field(content, 30, "<H", 60_000),  # length of the extra field
    ):
        found = _read(broken)
        assert ("g:first", "1") in found.versions
        assert [(e.code, e.path) for e in found.errors] == [("malformed", PATH)]


def test_a_directory_larger_than_its_archive_is_an_error() -> None:
    content = bytearray(jar.library("g", "library", "1"))
    struct.pack_into("<I", content, content.rfind(b"PK\x05\x06") + 12, 1_000_000)
    assert _read(bytes(content)).codes == ["truncated"]


def test_a_wide_directory_that_is_missing_is_an_error() -> None:
    content = _zip64(jar.library("g", "library", "1"))
    assert _read(content.replace(b"PK\x06\x06", b"XXXX")).codes == ["truncated"]


@pytest.mark.parametrize(("kind", "code"), [(1, None), (2, "truncated")])
def test_sizes_that_are_too_wide_for_an_entry_stand_in_its_extra_field(
    kind: int, code: str | None
) -> None:
    content = jar.archive(jar.pom("org.example", "library", "9"))
    entry, end = content.rfind(b"PK\x01\x02"), content.rfind(b"PK\x05\x06")
    packed, plain = struct.unpack_from("<2I", content, entry + 20)
    extra = struct.pack("<2H4x", 0x5455, 4) + struct.pack("<2H3Q", kind, 24, plain, packed, 0)
    wide = bytearray(content[entry:end] + extra)
    struct.pack_into("<2I", wide, 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", wide, 30, len(extra))
    struct.pack_into("<I", wide, 42, 0xFFFFFFFF)
    ending = bytearray(content[end:])
    struct.pack_into("<I", ending, 12, len(wide))
    found = _read(content[:entry] + bytes(wide) + bytes(ending))
    assert ("org.example:library", "9") in found.versions or code
    assert bool(found.errors) is bool(code)


def test_packed_bytes_that_are_none_are_an_error_at_the_member() -> None:
    content = bytearray(jar.archive({"a.jar": jar.library("g", "a", "1")}))
    content[30 + len("a.jar")] = 0x07  # a block of the fourth type, of which there are three
    found = _read(bytes(content))
    assert [(e.code, e.path) for e in found.errors] == [("malformed", f"{PATH}!/a.jar")]


def test_a_bomb_is_not_inflated_beyond_the_limits() -> None:
    huge = bytes(1_000_000)
    nested = _read(jar.archive({"a.jar": huge}), nested_bytes=100_000)
    assert nested.codes == ["too_large"]
    assert nested.errors[0].path == f"{PATH}!/a.jar"
    pom = _read(jar.archive({"META-INF/maven/g/a/pom.xml": huge}), metadata_bytes=100_000)
    assert pom.codes == ["too_large"]
    lying = _with_directory_field(jar.archive({"a.jar": huge}), 24, "<I", 99_999)
    assert _read(lying).codes == ["malformed"]


def test_what_inflates_to_many_times_its_size_is_a_bomb_from_some_size_on() -> None:
    content = jar.archive({"a.jar": bytes(1_000_000)})
    assert _read(content, ratio=200, ratio_floor=500_000).codes == ["too_large"]
    assert _read(content, ratio=200, ratio_floor=2_000_000).codes == ["malformed"]
    assert _read(content, ratio=2000, ratio_floor=500_000).codes == ["malformed"]


def test_a_stored_archive_is_part_of_its_file_and_costs_nothing() -> None:
    inner = jar.library("org.example", "inner", "2")
    content = jar.archive({"inner.jar": inner}, stored=True)
    found = _read(content, nested_bytes=10)
    assert ("org.example:inner", "2") in found.versions
    assert _read(jar.archive({"inner.jar": inner}), nested_bytes=10).codes == ["too_large"]


def test_what_all_members_together_cost_is_limited() -> None:
    noise = bytes(range(256)) * 4
    members = {f"{n}.jar": noise for n in range(5)}
    found = _read(jar.archive(members), inflated_bytes=2500)
    assert found.codes == ["malformed", "malformed", "too_large", "too_large", "too_large"]
    found = _read(jar.archive({str(n): b"" for n in range(5)}), members=3)
    assert (found.codes, found.errors[0].path) == (["too_many"], PATH)


def test_stored_archives_that_claim_the_same_bytes_are_limited_together() -> None:
    inner = jar.library("org.example", "inner", "2")
    content = jar.archive({f"{n}.jar": inner for n in range(3)}, stored=True)
    found = _read(content, stored_bytes=2 * len(inner))
    assert [(e.code, e.path) for e in found.errors] == [("too_large", f"{PATH}!/2.jar")]


def test_members_of_archives_within_count_too() -> None:
    inner = jar.archive({str(n): b"" for n in range(5)})
    found = _read(jar.archive({"a.jar": inner, "b.jar": inner}), members=8)
    assert [(e.code, e.path) for e in found.errors] == [("too_many", f"{PATH}!/b.jar")]


def test_time_is_limited_and_what_was_found_before_is_kept() -> None:
    ticks = itertools.count()
    reader = JavaReader(now=lambda: next(ticks))
    inner = jar.library("org.example", "inner", "2")
    content = jar.archive({**jar.manifest(), **{f"{n}.jar": inner for n in range(9)}})
    found = read(reader, content, PATH, seconds=3)
    assert found.versions[0] == ("library:library", "1.0")
    assert set(found.codes) == {"deadline"}
    assert found.errors[-1].path == f"{PATH}!/8.jar"


def test_a_file_over_the_limit_is_an_error() -> None:
    assert _read(jar.library("a", "b", "1"), archive_bytes=10).codes == ["too_large"]


def test_a_directory_over_the_limit_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_archive, "MAX_DIRECTORY_BYTES", 10)
    assert _read(jar.library("a", "b", "1")).codes == ["too_large"]


def test_more_records_than_any_archive_has_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_archive, "MAX_WANTED", 3)
    records = {f"META-INF/maven/g/a{n}/pom.properties": b"version=1" for n in range(5)}
    found = _read(jar.archive(records))
    assert [(e.code, e.path) for e in found.errors] == [("too_many", PATH)]
    assert len(found.packages) == 4


def test_a_member_whose_name_no_file_system_would_take_is_an_error() -> None:
    assert _read(jar.archive({"a" * 5000 + ".jar": b""})).codes == ["too_large"]
    assert not _read(jar.archive({"a" * 5000 + ".class": b""})).errors


def test_an_archive_carries_the_digests_of_its_own_bytes() -> None:
    inner = jar.library("org.example", "inner", "2")
    content = jar.archive({**jar.manifest(), "inner.jar": inner, **jar.pom("g", "merged", "3")})
    packages = _read(content).packages
    assert {package.name: package.sha1 for package in packages} == {
        "library:library": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        "org.example:inner": hashlib.sha1(inner, usedforsecurity=False).hexdigest(),
        "g:merged": "",
    }
    assert {package.name: package.sha256 for package in packages} == {
        "library:library": hashlib.sha256(content).hexdigest(),
        "org.example:inner": hashlib.sha256(inner).hexdigest(),
        "g:merged": "",
    }


@pytest.mark.parametrize("kind", ["jar", "war", "ear", "par", "sar", "nar", "kar", "lpkg", "rar"])
def test_every_kind_of_archive_is_read(kind: str) -> None:
    content = jar.library("org.example", "library", "1.0")
    assert _read(content, f"x/library-1.0.{kind}").versions == [("org.example:library", "1.0")]
    nested = jar.archive({f"lib/inner.{kind.upper()}": content})
    assert ("org.example:library", "1.0") in _read(nested).versions


def test_a_rar_that_is_no_zip_is_the_other_kind_which_is_no_error() -> None:
    found = _read(b"Rar!\x1a\x07\x01\x00", "x/photos.rar")
    assert (found.facts, found.errors) == ([], [])


@pytest.mark.parametrize("script", [b"", b"#!/bin/bash\nexec java -jar $0\n"])
def test_a_program_that_is_an_archive_is_read_whatever_it_is_called(script: bytes) -> None:
    program = script + jar.archive({**jar.manifest(), **jar.pom("org.example", "tool", "1")})
    assert any(program.startswith(magic) for magic in JavaReader().magics)
    assert _read(program, "usr/bin/tool").versions == [("org.example:tool", "1")]


@pytest.mark.parametrize(
    "content", [b"#!/bin/sh\necho hello\n", jar.archive({"__main__.py": b""}), b"PK\x03\x04"]
)
def test_a_program_that_is_no_java_archive_is_no_error(content: bytes) -> None:
    found = _read(content, "usr/bin/tool")
    assert (found.facts, found.errors) == ([], [])


@pytest.mark.parametrize("path", ["data/store/abc123", "opt/app.zip"])
def test_any_zip_with_a_manifest_and_classes_is_an_archive(path: str) -> None:
    content = jar.library("org.example", "tool", "1")
    assert any(content.startswith(magic) for magic in JavaReader().data_magics)
    assert _read(content, path).versions == [("org.example:tool", "1")]


@pytest.mark.parametrize("path", ["opt/all.zip", "usr/bin/all"])
def test_archives_within_any_zip_are_read_and_it_is_none_itself(path: str) -> None:
    inner = jar.library("org.example", "tool", "1")
    outer = jar.archive({"README": b"", "lib/war.war": jar.archive({"lib/tool.jar": inner})})
    found = _read(outer, path)
    inner_path = f"{path}!/lib/war.war"
    assert [(package.path, package.name) for package in found.packages] == [
        (inner_path, "war"),
        (f"{inner_path}!/lib/tool.jar", "org.example:tool"),
    ]
    deep = _read(outer, path, depth=1)
    assert [(error.code, error.path) for error in deep.errors] == [
        ("nested_too_deep", f"{inner_path}!/lib/tool.jar")
    ]


@pytest.mark.parametrize(
    "members",
    [
        {"a.py": b""},
        # As extensions of browsers and applications of Android have them.
        jar.manifest(),
        {"A.class": b""},
    ],
)
def test_a_zip_that_is_nothing_of_java_is_no_error(members: dict[str, bytes]) -> None:
    found = _read(jar.archive(members), "opt/data.zip")
    assert (found.facts, found.errors) == ([], [])


@pytest.mark.parametrize(
    "members",
    [
        {"a": b"", "b": b"", **jar.manifest(), "A.class": b""},
        {"a": b"", "b": b"", "a.jar": b""},
        {**jar.manifest(), "a": b"", "A.class": b""},
    ],
)
def test_a_zip_in_which_a_limit_hides_what_it_is_is_an_error(members: dict[str, bytes]) -> None:
    found = _read(jar.archive(members), "opt/data.zip", members=2)
    assert [(error.code, error.path) for error in found.errors] == [("too_many", "opt/data.zip")]


@pytest.mark.parametrize("offset", [0, 5, 100])
def test_a_zip64_directory_in_a_file_too_short_for_one_is_missing(offset: int) -> None:
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, offset, 1)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0, 0, 0, 0, 0)
    for behind in (b"", b"PK\x06\x06" + bytes(3), bytes(6) + b"PK\x06\x06"):
        assert _read(locator + end + behind).codes == ["truncated"]


def test_a_program_whose_manifest_a_limit_hides_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = jar.archive({"a": b"", "b": b"", **jar.manifest()})
    found = _read(program, "usr/bin/tool", members=2)
    assert [(error.code, error.path) for error in found.errors] == [("too_many", "usr/bin/tool")]
    monkeypatch.setattr(zip_archive, "MAX_DIRECTORY_BYTES", 10)
    assert _read(program, "usr/bin/tool").codes == ["too_large"]


def test_the_record_of_an_unpacked_archive_is_read_where_it_lies() -> None:
    ((name, content),) = jar.pom("org.example", "app", "1").items()
    found = _read(content, f"srv/app/{name}")
    assert found.versions == [("org.example:app", "1")]
    assert (found.packages[0].path, found.packages[0].sha1) == (f"srv/app/{name}", "")
    assert not _read(b"version=${v}\n", f"srv/app/{name}").facts


@settings(deadline=None, max_examples=150, database=None)
@given(damage=CHANGED_OR_CUT)
def test_a_nested_archive_with_bytes_changed_or_cut_is_read_or_is_an_error(damage: Damage) -> None:
    found = _read(damage.done_to(_seed()))
    for error in found.errors:
        assert error.path.split("!/")[0] == PATH
    assert all(package.name for package in found.packages)


@lru_cache
def _seed() -> bytes:
    inner = {
        **jar.manifest({"Bundle-SymbolicName": "org.example.inner", "Bundle-License": "MIT"}),
        **jar.pom("org.example", "inner", "${v}"),
        **jar.pom_xml("org.example", "inner", "<version>${v}</version>"),
    }
    # Stored, so that changed bytes reach the texts and not only their packing.
    return jar.archive(
        {**jar.manifest(), "a.jar": jar.archive(inner, stored=True), "b.jar": _zip64(_LIBRARY)},
        stored=True,
    )


_LIBRARY = jar.library("g", "library", "1")


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
