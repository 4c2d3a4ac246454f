"""apt.conf(5) is read as apt reads it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Final

import pytest

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.apt_configuration import (
    MAX_DEPTH,
    MAX_NAME_BYTES,
    MAX_STATEMENT_BYTES,
    MAX_STATEMENTS,
    apt_statements,
)

if TYPE_CHECKING:
    from pathlib import Path

CASES: Final = (
    b'Xq::A "1";',
    b'Xq { A "1"; };',
    b'Xq { B { A "1"; }; };\nXq::C "2";',
    b'/* a */ Xq::A "1";',
    b'/* a\n b */ Xq::A "1"; /* c */ Xq::B "2";',
    b'// Xq::A "1";\nXq::B "2";',
    b'# Xq::A "1";\nXq::B "2"; # Xq::C "3";',
    b'Xq::A "http://x.example/#y";',
    b'Xq::A "/* no */";',
    b'Xq::L { "a"; "b"; };',
    b'Xq::L:: "a";',
    b"Xq::A true;",
    b'Xq::A\n "1"\n;',
    b'Xq::A "1" "2";',
    b'Xq::A "1""2";',
    b'Xq::A "a  b";',
    b'Xq "v" { A "1"; };',
    b'Xq::A "1"; #clear Xq::A;\nXq::B "2";',
    b'Xq { A "1"; B "2"; };\n#clear Xq;\nXq::C "3";',
    b'Xq::A "1"; #clear Xq::A {\nB "2"; };',
    b'Xq::A "1"',
    b'Xq { A "1"',
    b'{ A "1"; };',
    b'Xq::A "1" x;',
    b'/* http://x.example */ Xq::A "1";\nXq::B "2"; */ Xq::C "3";',
    b'Xq::A%42 "1";',
    b'"Xq::A" "1";',
    b"Xq::A [a b];",
    b"Xq::A [a b;",
    b'Xq { A "1"; } Xq::B "2";',
    b'Xq { A "1" }',
    b'} } Xq::A "1";',
    b"#clearfoo Xq;\n",
    b"Xq { #clear Xq; };",
    b"#clear;",
    b'Xq::A "1;\nXq::B "2";',
    b'Xq::A "1"; Xq::A "2";',
    b'xQ::a "5";\nXQ::A "6";',
    b"Xq::A 1 2;",
    b'Xq { B "x" { A "1"; }; };',
    b'\tXq::A\t"1"\t;\r\n',
    b'Xq::A "1"; /* open\n',
    b'Xq::A "1"; }; Xq::B "2";',
    b'Xq::A /* "q */ "1";',
    b'Xq::A "x // y"; // z "\n',
    b'Xq::A ""; Xq::B "1";',
    b'/*/ Xq::A "1"; */ Xq::B "2";',
    b'Xq { /* } */ A "1"; };',
    b'Xq::A "%41";',
    b"Xq::A %41;",
    b'# */ x\nXq::A "1";',
    b'/*\n# */ Xq::A "1";\n',
)
_DUMPED: Final = re.compile(rb'(Xq\S*) "(.+)";', re.IGNORECASE)


def said(text: bytes) -> list[tuple[int, bytes]]:
    return list(apt_statements(text.split(b"\n")))


def set_by_ours(text: bytes) -> list[tuple[bytes, bytes]] | None:
    found: dict[bytes, list[bytes]] = {}
    try:
        for _, each in said(text):
            if each.startswith(b"#clear "):
                name = each.removeprefix(b"#clear ").lower()
                for known in [k for k in found if k == name or k.startswith(name + b"::")]:
                    del found[known]
                continue
            name, _, value = each[:-1].partition(b' "')
            name = name.lower()
            found[name] = [*found.get(name, []), value] if name.endswith(b"::") else [value]
    except Unreadable:
        return None
    return sorted((name, value) for name, values in found.items() for value in values if value)


def set_by_apt(text: bytes, path: Path) -> list[tuple[bytes, bytes]] | None:
    path.write_bytes(text)
    environment = {"APT_CONFIG": str(path), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["apt-config", "dump"],
        env=environment,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        return None
    found = map(_DUMPED.fullmatch, done.stdout.splitlines())
    return sorted((each[1].lower(), each[2]) for each in found if each)


@pytest.mark.skipif(shutil.which("apt-config") is None, reason="apt is not here")
def test_apt_itself_understands_the_same(tmp_path: Path) -> None:
    for text in CASES:
        assert set_by_ours(text) == set_by_apt(text, tmp_path / "apt.conf"), text


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        (b'/* a */ Apt::Get::X "true";', [(1, b'Apt::Get::X "true"')]),
        (b'/* a\n b */\n\nA { B { C "1"; }; };', [(4, b'A::B::C "1"')]),
        (b'A::B {\n // no\n C\n "1"; };', [(3, b'A::B::C "1"')]),
        (b"#clear A::B;\n#include /x/y;", [(1, b"#clear A::B"), (2, b"#include /x/y")]),
        (b'A { "1"; };', [(1, b'A:: "1"')]),
        (b"# A 1;\n", []),
    ],
)
def test_every_statement_has_its_scope_and_its_line(
    text: bytes, statements: list[tuple[int, bytes]]
) -> None:
    assert said(text) == statements


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"A { " * (MAX_DEPTH + 1), "nested_too_deep"),
        (b"A" * (MAX_NAME_BYTES + 1) + b" 1;", "too_large"),
        (b"A\n" * MAX_STATEMENT_BYTES + b";", "too_large"),
        (b"a 1;" * (MAX_STATEMENTS + 1), "too_many"),
        (b"{ a 1; };", "malformed"),
        (b"a 1 2;", "malformed"),
        (b'a" 1;', "malformed"),
        (b"[a 1;", "malformed"),
        (b"#clear;", "malformed"),
        (b"#clears A;", "malformed"),
        (b"A { #clear B; };", "malformed"),
        (b"A 1", "malformed"),
    ],
)
def test_what_apt_or_a_bound_refuses_is_told_with_its_line(text: bytes, code: str) -> None:
    with pytest.raises(Unreadable, match=r"line \d+|more than") as caught:
        said(text)
    assert caught.value.reason == code


@pytest.mark.parametrize(
    "row", [b'"' * 200_000, b"/*" * 100_000, b"#" * 200_000, b"#clear" * 50_000, b'a"b";' * 40_000]
)
def test_what_is_made_to_take_long_does_not(row: bytes) -> None:
    started = time.process_time()
    with contextlib.suppress(Unreadable):
        said(row)
    assert time.process_time() - started < 2
