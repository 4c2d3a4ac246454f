"""Patterns of users' rules mean what they mean in Go, and take time in proportion to the text."""

from __future__ import annotations

import random
import re
import time

import pytest

from scantling_analyzers.secrets.engine import SecretEngine, engine_of
from scantling_analyzers.secrets.gitleaks.patterns import (
    MAX_MATCH,
    MAX_PATTERN,
    Pattern,
    Refused,
)
from scantling_analyzers.secrets.gitleaks.rules import read_rules
from scantling_analyzers.secrets.gitleaks.texts import in_utf8


def spans(pattern: str, text: bytes, start: int = 0, end: int | None = None) -> list[bytes]:
    found = Pattern(pattern).finditer(text, start, len(text) if end is None else end)
    return [text[slice(*each.span())] for each in found]


def ends(pattern: str, text: bytes) -> list[int]:
    found = Pattern(pattern).finditer(in_utf8(text), 0, len(text))
    return [each.span()[1] for each in found]


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("a(?i)b", "aB", "AB"),
        ("(a(?i)b)c", "aBc", "aBC"),
        ("x(?i)y|z", "Z", "XY"),
        ("(?-i:[Ss]umo|SUMO)x", "Sumox", "SuMox"),
        ("[[:alpha:]]{2}[^]x]", "ab-", "ab]"),
        ("(?<n>a)b", "ab", "b"),
        ("ab\\z", "ab", "abc"),
        ("ab$", "ab", "ab\nc"),
        ("^b", "b", "a\nb"),
        ("(?m)^b$", "a\nb\nc", "ab"),
        ("\\Qa.b\\E+", "a.bb", "axb"),
        ("\\x{41}[\\x{42}]", "AB", "ab"),
        ("a{,2}", "a{,2}", "aa"),
        ("a[\\v]", "a\v", "a\n"),
        ("a\\sb", "a b", "a\vb"),
        ("(?s)a.b", "a\nb", "ab"),
        ("^a.b$", "aéb", "aéeb"),
        ("(?i)é", "É", "e"),
        ("\\bé", "aé", "é"),
        ("\\p{Greek}\\pN", "λ1", "a1"),
        ("[é-ü]", "ö", "o"),
        ("(?U)^(a+)b", "aab", "b"),
        ("(a+)+$", "aaa", "aab"),
    ],
)
def test_a_pattern_means_what_it_means_in_go(pattern: str, yes: str, no: str) -> None:
    assert Pattern(pattern).search(yes)
    assert Pattern(pattern).search(yes.encode())
    assert not Pattern(pattern).search(no)
    assert not Pattern(pattern).search(no.encode())


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(?!a)", "invalid perl operator"),
        ("(?<=a)b", "invalid"),
        ("(a)\\1", "invalid escape sequence"),
        ("ab\\Z", "invalid escape sequence"),
        ("a**", "bad repetition operator"),
        ("[", "missing ]"),
        ("(", "missing )"),
        ("a{1001}", "invalid repetition size"),
        ("(?:\\pL{100}){10}", "too much memory"),
        ("a" * (MAX_PATTERN + 1), "4097 characters"),
        ("\ud800", "surrogates"),
    ],
)
def test_what_go_does_not_take_is_refused(
    pattern: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Refused, match=re.escape(reason)):
        Pattern(pattern)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a*", True),
        ("a|", True),
        ("\\b", True),
        ("\\B", True),
        ("$", True),
        ("(?m)^", True),
        ("(?m)^$", True),
        ("\\b\\B", False),
        ("a", False),
        ("^a*b", False),
    ],
)
def test_a_pattern_that_may_match_nothing_is_known(pattern: str, *, expected: bool) -> None:
    assert Pattern(pattern).may_be_nothing() is expected


def test_what_is_around_the_part_that_is_searched_counts() -> None:
    assert spans("\\bab", b"xab", 1) == []
    assert spans("^ab", b"xab", 1) == []
    assert spans("ab$", b"abx", 0, 2) == []
    assert spans("ab\\b", b"ab x", 0, 2) == [b"ab"]
    assert spans("abx", b"abx", 0, 2) == []


@pytest.mark.parametrize("before", [0, 1, MAX_MATCH - 1, MAX_MATCH, 2 * MAX_MATCH, 200_000])
def test_a_long_match_is_whole_wherever_it_begins(before: int) -> None:
    match = b"<" + b"a" * (MAX_MATCH - 2) + b">"
    text = b"\n" * before + match + b"\n" * 100_000 + b"<a>"
    assert spans("<[^>]*>", text) == [match, b"<a>"]


def test_each_byte_of_no_character_is_one() -> None:
    text = b"key=\xe9\xff \xc3\xa9 \xe2\x82 z"
    assert len(in_utf8(text)) == len(text)
    assert in_utf8(text).decode()
    assert in_utf8("é".encode()) == "é".encode()
    assert spans("key=[^ ]{2} . [^x]{2} z", in_utf8(text)) == [in_utf8(text)]


RULE = "[[rules]]\nid = 'r'\nregex = '''{}'''\n"
PATTERNS = [
    "k.y",
    "(?i)K.{2,4}?y",
    "k[^=]y",
    "k\\Wy",
    "k\\Sy",
    "k[\\S=]y",
    "k[^\\s=]{2}y",
    "k[é-ü]?y",
    "ké+y",
    "k\\x{e9}y",
    "k[^\\x{e9}]y",
    "k\\xe9{1,2}y",
    "k\\351y",
    "k\\pL{1,3}y",
    "k[\\pLx]y",
    "k[^\\pL]y",
    "k[[:^alpha:]]y",
    "k[^[:^alpha:]]y",
    "k\\Q.é\\E*y",
    "k(?:é|=){1,3}y",
    "k(?:.?|x){2}y",
    "(?U)k.+y",
    "(?iU)k.*(?U:y)",
    "(?-U:k)(?P<n>.)(?<m>y)",
    "k\\v?y",
    "k[^\\v]y",
    "k[[a-]y",
    "k[]=]y",
    "k\\12y",
    "k[\\x00-\\x{10FFFF}]y",
    "k$|^y",
    "(?m)k$",
    "(?m)^y",
    "k\\by|\\By=",
    "y\\z",
    "k{,2}|k{2}|y{1,}",
    "k\\.\\[|k\\{y",
    "(k(?i)Y|=y)é",
    "k\\C",
    "k\\a?|\\f",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_hint_ends_wherever_its_pattern_does(pattern: str) -> None:
    prefilters = pytest.importorskip("scantling_analyzers.secrets.hyperscan_prefilter")
    (rule,) = read_rules(RULE.format(pattern)).rules
    prefilter = prefilters.HyperscanPrefilter([rule])
    assert prefilter._others is None, "hyperscan takes the hint"
    parts = ["k", "y", "K", "Y", "é", "ü", "€", "=", ".", "\n", "\v", "[", "{", "]", "-", "😀"]
    source = random.Random(pattern)  # noqa: S311  # texts, not keys
    matched = 0
    for _ in range(300):
        text = "".join(source.choices(parts, (9, 9, *[1] * 14), k=24)).encode()
        if source.random() < 0.3:
            text = text.replace("é".encode(), b"\xe9")
        told = set[int]()
        prefilter._all.database.scan(
            text,
            match_event_handler=lambda _number, _start, end, *_rest, told=told: told.add(end),
            scratch=prefilter._all.scratch,
        )
        for end in ends(pattern, text):
            matched += 1
            # What asks for the end of a line may end behind it.
            assert told & {end, end + 1}, (pattern, text)
    assert matched


@pytest.mark.parametrize("by_hyperscan", [True, False])
@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("Paßwort[^:]+: ([a-z0-9]{4,})", "Paßwort für é: ab12".encode(), [b"ab12"]),
        ("key.{1,3}= ([a-z0-9]{4,})", "key äöü= ab12".encode("latin-1"), []),
        ("key.{1,4}= ([a-z0-9]{4,})", "key äöü= ab12".encode("latin-1"), [b"ab12"]),
        ("key.{4}= ([a-z0-9]{4,})", "key äöü= ab12".encode(), [b"ab12"]),
        ("k=([^ ]{4})", b"k=ab\xe9\xff k=\xff", [b"ab\xe9\xff"]),
        ("\\Akey=([a-z]+)", b"key=abc\nkey=def", [b"abc"]),
        ("key=([a-z]+)$", b"key=abc\nkey=def", [b"def"]),
        ("(?s)key.*?=([a-z]+)", b"key\n\n=abc\nkey=def", [b"abc", b"def"]),
        ("k(\\pL+)=", "kéa=".encode(), ["éa".encode()]),
        ("(x+x+)+y", b"xxxxy", [b"xxxx"]),
    ],
)
def test_what_a_rule_of_go_matches_is_found(
    pattern: str, text: bytes, expected: list[bytes], *, by_hyperscan: bool
) -> None:
    read = read_rules(RULE.format(pattern))
    assert not read.problems
    engine = engine_of(read.rules) if by_hyperscan else SecretEngine(read.rules)
    assert [each.value.reveal() for each in engine.find(text)] == expected


def test_a_rule_for_some_paths_finds_the_same() -> None:
    path = "path = '''(?i)\\.TXT\\z'''\n"
    (rule,) = read_rules(RULE.format("(?s)<([^>]{4,})>") + path).rules
    value = b"a" * 16_000
    found = SecretEngine([rule]).find(b"\n" * 10_000 + b"<" + value + b">", path="a/b.txt")
    assert [each.value.reveal() for each in found] == [value]


@pytest.mark.parametrize("by_hyperscan", [True, False])
@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+!", b"a" * 400_000),
        ("x.*y.*z", b"xy" * 200_000),
        ("(?s)a.*b|a", b"a" * 20_000),
        ("[a-z]{1,60}[a-z]{1,60}[a-z]{1,60}=", b"ab" * 200_000),
    ],
)
def test_no_text_makes_a_rule_slow(pattern: str, text: bytes, *, by_hyperscan: bool) -> None:
    (rule,) = read_rules(RULE.format(pattern)).rules
    engine = engine_of([rule]) if by_hyperscan else SecretEngine([rule])
    begun = time.process_time()
    engine.search(text)
    assert time.process_time() - begun < 10
