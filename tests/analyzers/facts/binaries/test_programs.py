"""Programs known by content: every rule on what real files hold, and on what is only like it."""

from __future__ import annotations

import re
import time

import pytest

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.binaries import programs as module
from scantling_analyzers.facts.binaries import windows
from scantling_analyzers.facts.binaries.elf import Elf, parse
from scantling_analyzers.facts.binaries.programs import RULES
from scantling_analyzers.facts.binaries.reader import BinaryReader
from scantling_analyzers.facts.binaries.rules.rule import SERIES, Rule, Sign
from tests.analyzers.facts.binaries.program_examples import EXAMPLES
from tests.analyzers.facts.files import Found, read
from tests.builders.elf import elf, go_program

CASES = [(name, *example) for name, examples in EXAMPLES.items() for example in examples]


def _program(text: bytes, *, stripped: bool = False) -> bytes:
    return elf(
        {".text": bytes(64), ".rodata": b"\0\0" + text + b"\0\0", ".data": b"x"}, stripped=stripped
    )


def _read(text: bytes, path: str) -> Found:
    return read(BinaryReader(), _program(text), path)


@pytest.mark.parametrize(("name", "file", "text", "version"), CASES)
def test_a_rule_tells_the_version(name: str, file: str, text: bytes, version: str | None) -> None:
    found = _read(text, f"usr/local/bin/{file}")
    assert not found.errors
    assert dict(found.versions).get(name) == version
    for package in found.packages:
        assert (package.type, package.found_by) == ("generic", "program-content")


def test_every_rule_has_examples_of_both_kinds_and_every_sign_is_used() -> None:
    assert set(EXAMPLES) == {rule.name for rule in RULES}
    for name, examples in EXAMPLES.items():
        assert any(version for _, _, version in examples), name
        assert not all(version for _, _, version in examples), name
    for rule in RULES:
        for sign in rule.signs:
            near = sign.near.replace(SERIES, b"3.11")
            texts = [b"\0\0" + text for _, text, version in EXAMPLES[rule.name] if version]
            assert any(near in text for text in texts), (rule.name, sign.near)


def test_rules_are_in_the_form_that_search_relies_on() -> None:
    for rule in RULES:
        assert rule.files or rule.pattern, rule.name
        assert rule.cpe, rule.name
        assert all(re.fullmatch(r"[a-z0-9_.-]+:[a-z0-9_./+-]+", cpe) for cpe in rule.cpe)
        for sign in rule.signs:
            assert re.compile(sign.version.replace(SERIES, b"1")).groups == 1
            assert len(sign.near) >= 2
            # Whatever repeats without bound could take more than linear time.
            assert not re.search(rb"(?<!\\)[*+](?!\\)(?![^\[]*\])", _quiet(sign.version)), sign


def _quiet(pattern: bytes) -> bytes:
    """Return a pattern without its escaped signs and sets of characters."""
    return re.sub(rb"\[[^\]]*\]", b"", re.sub(rb"\\.", b"", pattern))


def test_a_package_carries_its_names_in_the_vulnerability_database() -> None:
    (package,) = _read(b"\0nginx version: nginx/1.22.1\n\0", "usr/sbin/nginx").packages
    assert package.cpe == ("f5:nginx", "nginx:nginx")


def test_two_rules_may_fit_one_file() -> None:
    found = _read(b"\0nginx version: openresty/1.21.4.1\n\0", "openresty/nginx/sbin/nginx")
    assert found.versions == [("openresty", "1.21.4.1"), ("nginx", "1.21.4")]


def test_of_a_family_the_first_rule_holds() -> None:
    text = b"\x0010.11.19-MariaDB\0\x0010.11.19\0mysql_native_password\0"
    assert _read(text, "usr/bin/mysql").versions == [("mariadb", "10.11.19")]


def test_a_program_without_section_headers_is_searched_too() -> None:
    content = _program(b"\0BusyBox v1.35.0 (x)\0", stripped=True)
    assert read(BinaryReader(), content, "bin/busybox").versions == [("busybox", "1.35.0")]


def test_code_is_not_searched() -> None:
    content = elf({".text": b"\0BusyBox v1.35.0 (x)\0", ".rodata": b"data"})
    assert not read(BinaryReader(), content, "bin/busybox").facts


def test_the_compiler_of_rust_stands_in_the_comment() -> None:
    content = elf({".rodata": b"data", ".comment": b"rustc version 1.95.0 (f2d3ce0bd 2026)\0"})
    found = read(BinaryReader(), content, "lib/libstd-0123456789abcdef.so")
    assert found.versions == [("rust", "1.95.0")]


def test_a_go_program_tells_its_modules_only() -> None:
    found = read(BinaryReader(), go_program("go1.22.3"), "usr/bin/nginx")
    assert found.versions == [("stdlib", "1.22.3")]


def test_a_version_on_the_edge_of_two_windows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "WINDOW_BYTES", 64)
    for lead in range(80):
        text = bytes(lead) + b"\0BusyBox v1.35.0 (x)\0"
        assert _read(text, "bin/busybox").versions == [("busybox", "1.35.0")]


def test_another_sign_makes_up_for_one_that_stands_too_often() -> None:
    found = _read(b"curl/" * 5000 + b"\0curl 7.88.1 (x86_64) %s", "usr/bin/curl")
    assert (found.versions, found.codes) == ([("curl", "7.88.1")], [])


def test_what_was_not_looked_through_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _read(b"BusyBox v" * 5000, "bin/busybox").codes == ["too_many"]
    monkeypatch.setattr(module, "MAX_SEARCHED_BYTES", 8)
    assert _read(b"\0BusyBox v1.35.0\0", "bin/busybox").codes == ["too_large"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.name))
def test_hostile_repetitions_take_little_time(rule: Rule) -> None:
    for sign in rule.signs:
        near = sign.near.replace(SERIES, b"3.1")
        for text in (
            near * 20_000,
            b"\x001.30.1\0" * 20_000 + near,
            (b"\x001.1.1\0" + near) * 9000,
        ):
            started = time.process_time()
            list(_search(text, sign))
            assert time.process_time() - started < 3


def _search(text: bytes, sign: Sign) -> list[bytes]:
    try:
        return list(module._matches([memoryview(text)], sign, b"3.1"))
    except Unreadable:
        return []


def test_a_program_that_upx_packed_is_not_clean() -> None:
    content = elf({".text": b"\xf1\xe2\0\0UPX!" + bytes(99)}, stripped=True)
    found = read(BinaryReader(), content, "usr/bin/tool")
    assert (found.codes, found.facts) == (["unsupported_format"], [])


def test_sections_that_overlap_are_searched_once() -> None:
    found = module._texts(_parsed(_program(b"abc")))
    assert sum(part.nbytes for part in found) <= len(_program(b"abc"))


def _parsed(content: bytes) -> Elf:
    found = parse(memoryview(content))
    assert found is not None
    section = found.section(b".rodata")
    assert section is not None
    return found._replace(sections=found.sections + (section,) * 1000)
