"""The reader of executable files."""

from __future__ import annotations

import hashlib

import pytest

from scantling_analyzers.extraction.matcher import Matcher
from scantling_analyzers.facts.models import Program
from scantling_analyzers.facts.program_files import ProgramFileReader
from tests.analyzers.facts.files import Found

CONTENT = b"\x7fELF and more"


def found(path: str) -> Found:
    return Found(ProgramFileReader(), {path: CONTENT}, path)


@pytest.mark.parametrize("path", ["usr/bin/nmap", "x", "opt/lib.so.d/tool", "opt/a.sol"])
def test_a_program_has_its_path_and_its_hashes(path: str) -> None:
    sha1 = hashlib.sha1(CONTENT, usedforsecurity=False).hexdigest()
    expected = Program(path=path, sha1=sha1, sha256=hashlib.sha256(CONTENT).hexdigest())
    assert found(path).facts == [expected]


@pytest.mark.parametrize("path", ["usr/lib/libc.so.6", "lib/a.so", "lib/b.so.1.2.3"])
def test_a_shared_library_is_no_program(path: str) -> None:
    assert found(path).facts == []


def test_programs_and_scripts_are_wanted_for_how_they_begin() -> None:
    matcher = Matcher([ProgramFileReader()])

    assert not matcher.wants(b"usr/bin/nmap")
    assert matcher.readers_of_start(b"\x7fELF\x02\x01") == [0]
    assert matcher.readers_of_start(b"#!/bin/sh") == [0]
    assert not matcher.readers_of_start(b"MZ......")
    assert not matcher.readers_of_data(b"\x7fELF\x02\x01")
