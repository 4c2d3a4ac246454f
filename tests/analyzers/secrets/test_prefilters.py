"""The engine finds the same with and without hyperscan, and databases are kept and checked."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.secrets import prefilter
from scantling_analyzers.secrets.database_cache import DatabaseCache
from scantling_analyzers.secrets.hyperscan_prefilter import HyperscanPrefilter
from scantling_analyzers.secrets.prefilter import PatternPrefilter
from scantling_analyzers.secrets.rule import Rule
from tests.analyzers.secrets.engines import counterexamples, examples, fast, slow
from tests.builders.secret_examples import Randomness, expand

if TYPE_CHECKING:
    from pathlib import Path

RULES = (
    Rule(id="a", title="a", severity="high", pattern="(?P<value>ab[0-9]{3})"),
    Rule(id="b", title="b", severity="high", pattern="(?P<value>cd[0-9]+)(?![0-9])"),
)


STEMMED = tuple(
    Rule(id=name, title=name, severity="high", hint=hint, stem="key", lines=lines)
    for name, hint, lines in (
        ("a", "key=[0-9]", 1),
        ("b", "^key:[0-9]$", 1),
        ("c", "key\n[0-9]", 2),
        ("d", "x ?key=[0-9]", 1),
    )
)
"""Rules that are searched for together; the second at the beginning of a line only."""


def corpus(seed: str) -> bytes:
    """Return all examples and counter-examples, mixed with each other and with noise."""
    source = Randomness(seed)
    lines = [expand(text) for _, text in examples() + counterexamples()]
    out = []
    for _ in range(len(lines)):
        first = lines[source.number(len(lines))]
        cut = source.number(len(first) + 1)
        out.append((first, first[:cut], first[cut:] + " " + first)[source.number(3)])
    return "\n".join(out).encode()


@pytest.mark.parametrize("path", ["srv/app.conf", "srv/main.go"])
def test_both_prefilters_lead_to_the_same(path: str) -> None:
    text = corpus("one")
    expected = list(slow().find(text, path=path))
    assert list(fast().find(text, path=path)) == expected
    assert len(expected) > 100


def test_both_prefilters_lead_to_the_same_on_one_line() -> None:
    text = corpus("two").replace(b"\n", b" ")[:200_000]
    assert list(fast().find(text)) == list(slow().find(text))


def test_every_line_that_matches_is_a_hit() -> None:
    text = b"ab123\nxx\ncd1234567\n"
    for each in (PatternPrefilter(RULES), HyperscanPrefilter(RULES)):
        hits = each.hits(text)
        assert hits.complete
        assert {(text.count(b"\n", 0, end - 1), rule) for end, rule in hits.found} == {
            (0, 0),
            (2, 1),
        }


@pytest.mark.parametrize(
    "text",
    [
        b"key=1",
        b"x key=1 key=2\nkey:1\nkey\n3",
        b"xkey:1\nkey:12\nkey: key\n\nkey",
        b"key\n3key\n4\n\nkey:5\nkey=6\n",
        b"\n\nkey:1\n" * 50,
        b"key=1 " * 5000 + b"\nkey:1\r\nkey:1",
    ],
)
def test_rules_with_the_same_stem_are_told_apart(text: bytes) -> None:
    expected = PatternPrefilter(STEMMED).hits(text).found
    assert HyperscanPrefilter(STEMMED).hits(text).found == expected


def test_too_much_that_has_a_stem_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.secrets.hyperscan_prefilter.MAX_CALLS", 25)
    found = HyperscanPrefilter(STEMMED)
    assert found.hits(b"key=1 " * 20).complete
    assert not found.hits(b"xkey=1 " * 20).complete
    assert not found.hits(b"key=1 " * 30).complete


def test_a_long_match_is_not_a_hit_for_each_of_its_ends() -> None:
    assert len(HyperscanPrefilter(RULES).hits(b"cd" + b"1" * 10_000).found) < 20


def test_more_hits_than_are_kept_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"ab123 " * 50
    monkeypatch.setattr(prefilter, "MAX_HITS", 20)
    assert not PatternPrefilter(RULES).hits(text).complete
    monkeypatch.setattr("scantling_analyzers.secrets.hyperscan_prefilter.MAX_HITS", 20)
    assert not HyperscanPrefilter(RULES).hits(text).complete


def test_what_hyperscan_cannot_compile_is_searched_without_it() -> None:
    odd = Rule(id="c", title="c", severity="high", kind="custom", pattern=r"e\zx|ef")
    found = HyperscanPrefilter([*RULES, odd]).hits(b"ab123 ef")
    assert {rule for _, rule in found.found} == {0, 2}


def test_a_compiled_database_is_kept_and_used_again(tmp_path: Path) -> None:
    HyperscanPrefilter(RULES, tmp_path / "kept")
    (kept,) = (tmp_path / "kept").iterdir()
    before = kept.stat().st_mtime_ns
    assert HyperscanPrefilter(RULES, tmp_path / "kept").hits(b"ab123").found == [(5, 0)]
    assert kept.stat().st_mtime_ns == before


def test_a_damaged_database_is_made_anew(tmp_path: Path) -> None:
    HyperscanPrefilter(RULES, tmp_path)
    (kept,) = tmp_path.iterdir()
    content = kept.read_bytes()
    kept.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert HyperscanPrefilter(RULES, tmp_path).hits(b"ab123").found == [(5, 0)]
    assert kept.read_bytes() == content


@pytest.mark.parametrize("at", [12, 20], ids=["platform", "length"])
def test_a_database_of_another_processor_is_made_anew(tmp_path: Path, at: int) -> None:
    HyperscanPrefilter(RULES, tmp_path)
    (kept,) = tmp_path.iterdir()
    content = kept.read_bytes()
    database = bytearray(content[32:])
    database[at] ^= 1
    kept.write_bytes(hashlib.sha256(database).digest() + database)
    assert HyperscanPrefilter(RULES, tmp_path).hits(b"ab123").found == [(5, 0)]
    assert kept.read_bytes() == content


def test_a_directory_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = DatabaseCache(tmp_path / "file", "test 1")
    cache.keep(["a"], b"x")
    assert cache.find(["a"]) is None


def test_another_version_does_not_use_what_one_kept(tmp_path: Path) -> None:
    DatabaseCache(tmp_path, "test 1").keep(["a"], b"x")
    assert DatabaseCache(tmp_path, "test 1").find(["a"]) == b"x"
    assert DatabaseCache(tmp_path, "test 2").find(["a"]) is None
    assert DatabaseCache(tmp_path, "test 1").find(["b"]) is None
