"""Lines of the list disallowed-software: what they say, and what is wrong with them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scantling_common.software_list.entry import SYSTEM_TYPES, IncludeDefault, SoftwareEntry
from scantling_common.software_list.errors import EntryInvalid
from scantling_common.software_list.lines import first_error
from scantling_common.software_list.parsing import MAX_LENGTH, MAX_PATTERN, parse_line

PIECES = ["deny ", "allow ", "include", "default", "type=", "version=", "path=", "nmap", " "]


def entry(line: str) -> SoftwareEntry:
    said = parse_line(line)
    assert isinstance(said, SoftwareEntry)
    return said


def test_a_name_alone_is_denied() -> None:
    assert entry("nmap") == SoftwareEntry(action="deny", text="nmap", name="nmap")


def test_a_line_says_everything_at_once() -> None:
    line = (
        'DENY log4j-core type=maven,SYSTEM version=">= 2.0, < 2.17" path=/app/* licence=Apache-* '
        f'sha1={"A" * 40} id=log4shell severity=Critical reason="it \\"calls\\" C:\\\\ home"'
    )
    said = entry(line)

    assert (said.action, said.name, said.path, said.license) == (
        *("deny", "log4j-core", "/app/*"),
        "Apache-*",
    )
    assert said.types == {"maven"} | SYSTEM_TYPES
    assert said.version is not None
    assert len(said.version.alternatives[0]) == 2
    assert (said.hash, said.id, said.severity) == (f"sha1:{'a' * 40}", "log4shell", "critical")
    assert said.reason == r'it "calls" C:\x5c home'


def test_what_is_allowed_may_have_a_reason() -> None:
    said = entry("allow gcc-*-base  reason=data")
    assert (said.action, said.name, said.reason) == ("allow", "gcc-*-base", "data")
    assert said.text == "allow gcc-*-base reason=data"


@pytest.mark.parametrize("name", ["allow", "deny", "include", "a b", "a>=1"])
def test_quotes_make_a_name_of_anything(name: str) -> None:
    assert entry(f'"{name}"').name == name
    assert entry(f'deny "{name}"').name == name


def test_a_hash_is_of_either_kind() -> None:
    assert entry(f"sha256={'0' * 64}").hash == f"sha256:{'0' * 64}"


def test_characters_that_change_direction_are_escaped_in_what_is_shown() -> None:
    said = entry('nmap reason="\u202egnp"')
    assert said.reason == r"\xe2\x80\xaegnp"
    assert "\u202e" not in said.text


def test_the_default_list_is_included_by_a_line_of_its_own() -> None:
    assert parse_line("include default") == IncludeDefault()
    assert parse_line("Include  DEFAULT ") == IncludeDefault()


@pytest.mark.parametrize(
    ("line", "column", "said", "hint"),
    [
        ("include", 1, "only the default list", "include default"),
        ("include others", 9, "only the default list", "include default"),
        ("include default nmap", 9, "only the default list", "nothing else"),
        ("deny", 5, "does not say what it is about", "* stands for every name"),
        ("deny reason=x severity=low", 27, "does not say what it is about", "NAME"),
        ("nmap ncat", 6, "a second name", "another line"),
        ("nmap type=deb type=rpm", 20, "a second type", "another line"),
        (f"sha1={'0' * 40} sha256={'0' * 64}", 54, "a second hash", "another line"),
        ("nmap kind=deb", 11, "kind is no key", "type, version, path"),
        ("nmap type=dep", 11, "'dep' is no type", "apk"),
        ("nmap type=deb,", 11, "'' is no type", "system"),
        ("nmap type=", 11, "type has no value", "type=VALUE"),
        ('nmap reason=""', 14, "reason is empty", "leave it out"),
        ('nmap reason="why', 13, "not ended", 'end it with "'),
        ('nmap reason="a\\n"', 13, "not ended", "for these characters themselves"),
        ('nmap reason="a"b', 16, "follows a word without a space", "reason="),
        ('nm"ap', 3, "follows a word without a space", "reason="),
        ('nmap version="<"', 15, "can't be read", "'< 2.17'"),
        ('deny nmap version="< abc def"', 20, "at 'def'", "'< 2.17'"),
        ("nmap version=2..*..>", 14, "can't be read", "'< 2.17'"),
        ("nmap<7", 1, "nmap<7 is no name", 'version="< 2.17"'),
        ('""', 2, "a name is empty", "* for every name"),
        ("path=usr/bin", 6, "does not begin at the root", "begin it with /"),
        ("sha1=abc", 6, "no sha1", "40 hexadecimal"),
        (f"sha256={'g' * 64}", 8, "no sha256", "64 hexadecimal"),
        ("nmap id=Net_scan", 9, "no id", "small letters"),
        ("nmap severity=bad", 15, "bad is no severity", "critical, high"),
        ("allow nmap severity=low", 21, "has no severity", "leave it out"),
        ("allow nmap id=x", 15, "has no id", "leave it out"),
        ("nmap\ttype=deb", 5, "a control character", "spaces"),
        (f"nmap reason={'x' * MAX_LENGTH}", MAX_LENGTH + 1, "at most", "several lines"),
        ("x" * (MAX_PATTERN + 1), 1, "a pattern has 257 characters", "write *"),
        ("   nmap   type=dep", 16, "no type", "apk"),
    ],
)
def test_a_mistake_is_told_with_its_column_and_what_to_write(
    line: str, column: int, said: str, hint: str
) -> None:
    with pytest.raises(EntryInvalid) as raised:
        parse_line(line)

    assert raised.value.column == column
    assert said in raised.value.message
    assert hint in raised.value.hint


@pytest.mark.parametrize(
    "line",
    [
        '"' + "\\" * (MAX_LENGTH - 1),
        'a="' * (MAX_LENGTH // 3),
        "=" * MAX_LENGTH,
        "a=" * (MAX_LENGTH // 2),
        "a" * MAX_LENGTH,
        f"a version={'<' * (MAX_LENGTH - 10)}",
        f"a type={',' * (MAX_LENGTH - 7)}",
    ],
)
def test_lines_made_to_take_long_do_not(line: str) -> None:
    begun = time.process_time()
    with pytest.raises(EntryInvalid):
        parse_line(line)
    assert time.process_time() - begun < 0.5


@given(st.lists(st.sampled_from([*PIECES, *'=" *?,<\\\u0130é']), max_size=40).map("".join))
def test_whatever_is_written_is_an_entry_or_a_mistake_with_a_place(line: str) -> None:
    wrong = first_error([line], "line")
    assert wrong is None or (1 <= wrong.column <= len(line) + 1 and wrong.hint)
