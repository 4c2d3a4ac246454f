"""Licences of Debian packages, from the files that people wrote about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.facts.models import Licenses
from scantling_analyzers.facts.packages import copyright as module
from scantling_analyzers.facts.packages.copyright import CopyrightReader
from tests.analyzers.facts.files import Found, read

if TYPE_CHECKING:
    import pytest

PATH = "usr/share/doc/curl/copyright"


def _read(content: str | bytes, path: str = PATH) -> Found:
    raw = content if isinstance(content, bytes) else content.encode()
    return read(CopyrightReader(), raw, path)


def _licenses(content: str) -> tuple[str, ...]:
    (fact,) = _read(content).facts
    assert isinstance(fact, Licenses)
    assert (fact.path, fact.owner) == (PATH, "deb:curl")
    return fact.licenses


def test_a_machine_readable_file_names_each_licence_in_a_field() -> None:
    assert _licenses(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
        "\n"
        "Files: *\nCopyright: 2020 People\nLicense: curl\n"
        "\n"
        "Files: debian/*\nlicense:  GPL-2+ or Artistic \n Text with License: inside\n"
        "\n"
        "License: curl\n See /usr/share/common-licenses/GPL-3.\n"
        "\n"
        "License:\n"
    ) == ("curl", "GPL-2+ or Artistic")


def test_prose_refers_to_the_texts_that_all_systems_have() -> None:
    assert _licenses(
        "This package was debianized by somebody.\nLicense: see below\n"
        "On Debian systems, the text is in /usr/share/common-licenses/GPL-2.\n"
        "and `/usr/share/common-licenses/LGPL-2.1'. /usr/share/common-licenses/GPL-2\n"
        "in /usr/share/common-licenses/.\n"
    ) == ("GPL-2", "LGPL-2.1")


def test_prose_with_fields_names_licences_between_sentences() -> None:
    assert _licenses(
        "Source: https://example.org\n\nFiles: *\nLicense: X11\n\n"
        "License: GPLv3+ or Expat\nLicense: The library is free\nLicense: see /usr/share/doc\n"
    ) == ("X11", "GPLv3+ or Expat")


def test_a_file_that_names_no_licence_says_nothing() -> None:
    found = _read("All rights reserved.\n")
    assert not found.facts
    assert not found.errors


def test_a_text_in_place_of_a_name_is_no_name() -> None:
    assert _licenses("Format: 1\nLicense: " + "text " * 1000 + "\n\nLicense: MIT\n") == ("MIT",)


def test_more_licences_than_any_package_has_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LICENSES", 2)
    found = _read("Format: 1\nLicense: a\nLicense: b\nLicense: c\n")
    assert found.codes == ["too_many"]
    assert found.facts == [Licenses(path=PATH, owner="deb:curl", licenses=("a", "b"))]


def test_hostile_names_are_escaped_and_binary_files_refused() -> None:
    (fact,) = _read(b"Format: 1\nLicense: \x1b[2J\xff\n").facts
    assert isinstance(fact, Licenses)
    assert fact.licenses == (r"\x1b[2J\xff",)
    assert _read(b"Format: 1\0").codes == ["not_text"]
    monster = _read(b"x" * (module.MAX_FILE_BYTES + 1))
    assert monster.codes == ["too_large"]
