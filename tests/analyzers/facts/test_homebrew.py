"""Homebrew: a keg is a package, and its formula tells the licence."""

from __future__ import annotations

from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.homebrew import MAX_FILE_BYTES, HomebrewReader
from tests.analyzers.facts.files import Found, read

CELLAR = "home/linuxbrew/.linuxbrew/Cellar"
FORMULA = b"""class PythonAT312 < Formula
  desc "Interpreted language"
  license "Python-2.0"
  resource "x" do
    license "MIT"
  end
end
"""


def _read(content: bytes, path: str = "python@3.12/3.12.1_1/.brew/python@3.12.rb") -> Found:
    return read(HomebrewReader(), content, f"{CELLAR}/{path}")


def test_a_keg_is_a_package_of_the_version_of_its_folder() -> None:
    assert _read(FORMULA).facts == [
        Package(
            path=f"{CELLAR}/python@3.12/3.12.1_1/.brew/python@3.12.rb",
            name="python@3.12",
            version="3.12.1_1",
            type="brew",
            licenses=("Python-2.0",),
            found_by="homebrew",
        )
    ]


def test_a_licence_that_is_a_program_is_left_to_people() -> None:
    (package,) = _read(b'class A < Formula\n  license any_of: ["MIT", "ISC"]\nend\n').packages
    assert package.licenses == ()


def test_a_formula_of_another_name_than_its_keg_is_an_error() -> None:
    assert _read(FORMULA, "a/1/.brew/b.rb").codes == ["malformed"]


def test_binary_and_large_files_are_refused_and_names_escaped() -> None:
    assert _read(b"\0").codes == ["not_text"]
    assert _read(b"#" * (MAX_FILE_BYTES + 1)).codes == ["too_large"]
    assert _read(b'license "\x1b[2J"\n').packages[0].licenses == (r"\x1b[2J",)
