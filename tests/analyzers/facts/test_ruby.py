"""Ruby: installed gems, by their specifications."""

from __future__ import annotations

import pytest

from scantling_analyzers.facts.packages import ruby as module
from scantling_analyzers.facts.packages.ruby import RubyReader
from tests.analyzers.facts.files import Found, read
from tests.builders import ruby_gem

PATH = "usr/lib/ruby/gems/3.1.0/specifications/a-1.gemspec"


def _read(content: bytes) -> Found:
    return read(RubyReader(), content, PATH)


def test_a_gem_is_what_its_specification_assigns() -> None:
    (gem,) = _read(ruby_gem.specification("rake", "13.0.6", licenses=["MIT", "Ruby"])).packages
    assert (gem.name, gem.version, gem.type, gem.arch) == ("rake", "13.0.6", "gem", "")
    assert (gem.licenses, gem.maintainer, gem.found_by) == (("MIT", "Ruby"), "Me", "ruby")


def test_a_gem_with_native_code_has_its_platform() -> None:
    (gem,) = _read(ruby_gem.specification("pg", "1.5", platform="x86_64-linux")).packages
    assert gem.arch == "x86_64-linux"


@pytest.mark.parametrize(
    "content",
    [
        b"Gem::Specification.new do |spec|\n spec.name='a'\n spec.version = '1'\n end",
        b's.name = %q{a}\ns.version = Gem::Version.new("1")\n',
        b"# stub: a 1 ruby lib\nGem::Specification.new do |s|\n  s.name = NAME\nend",
        b"s.name = 'a'\r\ns.version = '1'\r\ns.files = [\"\0\"]\r\n",
        b"s.name = 'a'\ns.version = '1'\ns.name = 'b'\n",
    ],
)
def test_other_forms_that_older_versions_wrote(content: bytes) -> None:
    assert _read(content).versions == [("a", "1")]


def test_escaped_characters_are_what_ruby_makes_of_them() -> None:
    content = rb's.name = "a"' + b"\n" + rb's.version = "1"' + b"\n"
    (gem,) = _read(content + rb's.authors = ["Andr\u00E9 \"A\"", "B"]' + b"\n").packages
    assert gem.maintainer == 'Andr\u00e9 "A"'


@pytest.mark.parametrize("content", [b"", b"s.name = 'a'\n", b"s.version = '1'\ns.name = NAME\n"])
def test_a_specification_without_literals_is_an_error(content: bytes) -> None:
    assert _read(content).codes == ["malformed"]


def test_hostile_specifications(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _read(b's.name = "a\x1b[0m"\ns.version = "\\ud800"\n').versions == [
        (r"a\x1b[0m", r"\xed\xa0\x80")
    ]
    assert _read(b"s.name = 'a'\ns.version = '1'\ns.licenses = [" + b"'x'," * 500).codes == [
        "too_many"
    ]
    assert _read(b"s.name = '" + b"a" * 5000 + b"'\ns.version = '1'\n").codes == ["too_large"]
    assert _read(b's.name = "' + b"\\" * 400_001).codes == ["malformed"]
    assert _read(b's.name = "' + rb"\"" * 2_000_000).codes == ["malformed"]
    assert _read(b"s.name = 'a'\ns.version = '1'\ns.licenses = [" + b'"\\' * 500_001).codes == []
    monkeypatch.setattr(module, "MAX_SPECIFICATION_BYTES", 10)
    assert _read(ruby_gem.specification("a", "1")).codes == ["too_large"]
